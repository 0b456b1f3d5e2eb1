// Records a hum with a level meter, to a click if wanted, and keeps its beat: tapped, typed or the click's.
// The recording goes into the upload field #hum, the beat into the field #hum-beat ("tempo=96, meter=4/4, start=2.1,
// file=…"; `start` is the click's first downbeat in that file).
(() => {
  const { write, whenThere } = window.Earworm;
  const CLICK_HZ = [1600, 1050], CLICK_S = 0.03; // the bar's first, the others
  const BLOCK = 2048;
  const TAPE = `registerProcessor("ew-tape", class extends AudioWorkletProcessor {
    constructor() { super(); this.block = new Float32Array(${BLOCK}); this.n = 0; }
    process(inputs) {
      const sound = inputs[0][0];
      if (sound) {
        if (this.n === 0) this.at = currentTime;
        this.block.set(sound, this.n);
        this.n += sound.length;
        if (this.n >= ${BLOCK}) { this.port.postMessage({ at: this.at, sound: this.block.slice(0, this.n) }); this.n = 0; }
      }
      return true;
    }
  });`;
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

  // 16-bit mono WAV.
  function wav(blocks, rate) {
    const length = blocks.reduce((sum, block) => sum + block.length, 0), view = new DataView(new ArrayBuffer(44 + 2 * length));
    const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
    text(0, "RIFF"); view.setUint32(4, 36 + 2 * length, true); text(8, "WAVEfmt "); view.setUint32(16, 16, true);
    view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, rate, true);
    view.setUint32(28, 2 * rate, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
    text(36, "data"); view.setUint32(40, 2 * length, true);
    let at = 44;
    for (const block of blocks) for (const x of block) { view.setInt16(at, 32767 * Math.max(-1, Math.min(1, x)), true); at += 2; }
    return view.buffer;
  }

  // Into the upload field; a file that lies there already makes way first.
  async function hand(file) {
    const place = document.getElementById("hum"), input = () => place.querySelector("input[type=file]");
    if (!input()) place.querySelector("button[aria-label=Clear]")?.click();
    for (let i = 0; i < 100 && !input(); i++) await new Promise((done) => setTimeout(done, 20));
    const files = new DataTransfer();
    files.items.add(file);
    input().files = files.files;
    input().dispatchEvent(new Event("change", { bubbles: true }));
  }

  whenThere(".ew-recorder", (box) => {
    const at = (name) => box.querySelector(name);
    const button = at(".ew-record"), level = at(".ew-level"), said = at(".ew-tape-said"), time = at(".ew-tape-clock");
    const tempo = at(".ew-tempo"), meter = at(".ew-meter"), click = at(".ew-click");
    let tape = null, origin = null; // what records now; { start, file } of the last recording to a click

    function tellBeat() {
      const low = Number(tempo.min), high = Number(tempo.max), bpm = Number(tempo.value);
      const parts = [];
      if (tempo.value && bpm >= low && bpm <= high) parts.push(`tempo=${bpm}`);
      if (meter.value) parts.push(`meter=${meter.value}`);
      if (origin && parts.length) parts.push(`start=${origin.start.toFixed(3)}`, `file=${origin.file}`);
      write("hum-beat", parts.join(", "));
    }
    tempo.addEventListener("change", () => { origin = null; tellBeat(); });
    meter.addEventListener("change", () => { origin = null; tellBeat(); });

    let taps = [];
    const tap = at(".ew-tap");
    tap.addEventListener("pointerdown", (event) => { event.preventDefault(); beat(event.timeStamp); });
    tap.addEventListener("keydown", (event) => {
      if ((event.key === " " || event.key === "Enter") && !event.repeat) { event.preventDefault(); beat(event.timeStamp); }
    });
    let settle = 0;
    function beat(now) {
      if (taps.length && now - taps[taps.length - 1] > 2000) taps = [];
      taps = [...taps.slice(-8), now];
      const gaps = taps.slice(1).map((t, i) => t - taps[i]).sort((a, b) => a - b);
      if (gaps.length < 2) { said.textContent = "Keep tapping …"; return; }
      const middle = gaps.length % 2 ? gaps[(gaps.length - 1) / 2] : (gaps[gaps.length / 2 - 1] + gaps[gaps.length / 2]) / 2;
      tempo.value = Math.min(Number(tempo.max), Math.max(Number(tempo.min), Math.round(60000 / middle)));
      said.textContent = `${tempo.value} BPM`;
      clearTimeout(settle);
      settle = setTimeout(() => { origin = null; tellBeat(); }, 1200);
    }

    function tick(context, when, first) {
      const tone = context.createOscillator(), gain = context.createGain();
      tone.frequency.value = CLICK_HZ[first ? 0 : 1];
      gain.gain.setValueAtTime(0.5, when);
      gain.gain.exponentialRampToValueAtTime(0.001, when + CLICK_S);
      tone.connect(gain).connect(context.destination);
      tone.start(when);
      tone.stop(when + CLICK_S);
    }

    async function begin() {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
      } catch {
        said.textContent = "The microphone cannot be used; allow it in the browser, or upload a recording.";
        return;
      }
      const context = new AudioContext();
      const code = URL.createObjectURL(new Blob([TAPE], { type: "text/javascript" }));
      await context.audioWorklet.addModule(code);
      URL.revokeObjectURL(code);
      const node = new AudioWorkletNode(context, "ew-tape");
      context.createMediaStreamSource(stream).connect(node);
      const mine = { context, stream, blocks: [], from: context.currentTime + 0.05, timers: [] };
      if (click.value) {
        if (!tempo.value) tempo.value = 100;
        if (!meter.value) meter.value = "4/4";
        const beatS = 60 / Number(tempo.value), beats = { "4/4": 4, "3/4": 3, "6/8": 2 }[meter.value];
        const count = meter.value === "6/8" ? 4 : beats, begun = context.currentTime + 0.15;
        const total = click.value === "on" ? count + Math.ceil(Number(box.dataset.most) / beatS) : count;
        for (let i = 0; i < total; i++) {
          tick(context, begun + i * beatS, i % beats === 0);
          if (i < count) mine.timers.push(setTimeout(() => { said.textContent = `${(i % beats) + 1}`; }, 1000 * (begun - context.currentTime + i * beatS)));
        }
        mine.downbeat = begun + count * beatS;
        mine.from = mine.downbeat - 0.9 * beatS; // a pick-up is sung to the last click, whose sound is left out
        mine.timers.push(setTimeout(() => { said.textContent = "Go!"; }, 1000 * (mine.downbeat - context.currentTime)));
      } else said.textContent = "Recording; hum now.";
      node.port.onmessage = ({ data }) => hear(mine, data);
      tape = mine;
      button.setAttribute("aria-pressed", "true");
      button.querySelector("span").textContent = "Stop";
    }

    let peak = 0;
    function hear(mine, { at: when, sound }) {
      if (tape !== mine) return;
      const loud = Math.max(...sound.map(Math.abs));
      peak = Math.max(loud, peak * 0.8);
      const share = Math.max(0, Math.min(100, 100 + (100 / 54) * 20 * Math.log10(peak + 1e-6))); // −54 dB … 0
      level.style.setProperty("--level", `${share}%`);
      level.classList.toggle("ew-hot", peak > 0.97);
      level.setAttribute("aria-valuenow", Math.round(share));
      const late = Math.round((mine.from - when) * mine.context.sampleRate);
      if (late < sound.length) {
        mine.loudest = Math.max(mine.loudest || 0, loud);
        mine.blocks.push(late > 0 ? sound.slice(late) : sound);
      }
      const lasts = when - mine.from;
      time.textContent = clock(Math.max(0, lasts));
      if (lasts > Number(box.dataset.most) - 0.2) end();
    }

    function end() {
      const mine = tape;
      tape = null;
      button.setAttribute("aria-pressed", "false");
      button.querySelector("span").textContent = "Record";
      mine.timers.forEach(clearTimeout);
      mine.stream.getTracks().forEach((track) => track.stop());
      level.style.setProperty("--level", "0%");
      level.setAttribute("aria-valuenow", 0);
      const rate = mine.context.sampleRate, delay = (mine.context.outputLatency || 0) + (mine.context.baseLatency || 0);
      mine.context.close();
      if (!mine.blocks.length) { said.textContent = "Nothing was recorded; hum after the count-in."; return; }
      said.textContent = mine.loudest < 0.02 ? "That was very soft; come closer to the microphone if the notes are wrong."
        : mine.loudest > 0.98 ? "That was too loud in places; step back a little if the notes are wrong." : "";
      const name = `hum-${new Date().toTimeString().slice(0, 8).replaceAll(":", "-")}.wav`; // each recording its own
      const file = new File([wav(mine.blocks, rate)], name, { type: "audio/wav" });
      origin = mine.downbeat === undefined ? null : { start: mine.downbeat + delay - mine.from, file: file.name };
      tellBeat();
      hand(file);
    }
    button.addEventListener("click", () => { if (tape) end(); else begin(); });

    // A file may also be dropped on the tab.
    const tab = box.closest(".tabitem") || box;
    tab.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
    tab.addEventListener("drop", (event) => {
      const [file] = event.dataTransfer?.files || [];
      if (file) { event.preventDefault(); hand(file); }
    });
  });
})();
