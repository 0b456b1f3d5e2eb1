// The mixer. While a fader moves, the parts are mixed here (Web Audio); when it rests, the studio's own mix of it takes
// over at the same place. Settings go as JSON into the field #mix-order when the mix is kept.
(() => {
  const { write, whenDrawn, ask } = window.Earworm;
  const OFF = -30; // dB of a level at its lowest: silent
  const LONG_S = 75; // from here on parts are held at half the sampling rate, so that they fit into memory
  const FADE_S = 0.04;
  const BANDS = { low_db: ["lowshelf", 150], mid_db: ["peaking", 1000], high_db: ["highshelf", 4000] };
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const decibels = (v) => 10 ** (v / 20);
  let count = 0;

  whenDrawn(".ew-mix", (panel, signal) => {
    const on = (target, kind, does) => target.addEventListener(kind, does, { signal });
    const take = panel.dataset.take, length = Number(panel.dataset.duration), presets = JSON.parse(panel.dataset.presets);
    const strips = [...panel.querySelectorAll(".ew-mixstrip")], lanes = strips.map((s) => s.dataset.lane);
    const heard = panel.querySelector(".ew-hearing"), playButton = panel.querySelector("[data-play]"), place = panel.querySelector("[data-at]");
    let preset = "", mute = new Set(), solo = new Set();
    let audio = null, parts = null, whole = null, loading = null, graph = null; // graph: what plays now
    let at = 0, startedAt = 0, wanted = 0, fresh = true; // fresh: the studio's mix fits the faders
    const knobs = [...panel.querySelectorAll("[data-knob]")];
    const value = (lane, knob) => Number(panel.querySelector(`[data-lane="${lane}"][data-knob="${knob}"]`).value);

    function sheet() {
      const out = { target_lufs: Number(panel.querySelector("[data-lufs]").value) };
      for (const knob of knobs) {
        const v = Number(knob.value);
        if (v) (out[knob.dataset.knob] ??= {})[knob.dataset.lane] = knob.dataset.knob === "gain_db" && v <= OFF ? -90 : v;
      }
      if (mute.size) out.mute = [...mute];
      if (solo.size) out.solo = [...solo];
      if (preset) out.preset = preset;
      return out;
    }
    function lay(data) {
      for (const knob of knobs) knob.value = Math.max(Number(knob.min), (data[knob.dataset.knob] || {})[knob.dataset.lane] || 0);
      mute = new Set((data.mute || []).filter((lane) => lanes.includes(lane)));
      solo = new Set((data.solo || []).filter((lane) => lanes.includes(lane)));
      preset = data.preset || "";
      const loud = panel.querySelector("[data-lufs]"), target = String(data.target_lufs ?? -14);
      if (![...loud.options].some((o) => o.value === target)) loud.add(new Option(`${target} LUFS`, target));
      loud.value = target;
      words();
    }
    function words() {
      for (const knob of knobs) {
        const v = Number(knob.value), kind = knob.dataset.knob;
        const text = kind === "pan" ? (v ? `${Math.round(Math.abs(v) * 100)} ${v < 0 ? "left" : "right"}` : "as is") : kind === "gain_db" && v <= OFF ? "off" : `${v > 0 ? "+" : v < 0 ? "−" : ""}${Math.abs(v)} dB`;
        knob.nextElementSibling.textContent = text;
        knob.setAttribute("aria-valuetext", text);
      }
      for (const lane of lanes) {
        panel.querySelector(`[data-mute="${lane}"]`).setAttribute("aria-pressed", String(mute.has(lane)));
        panel.querySelector(`[data-solo="${lane}"]`).setAttribute("aria-pressed", String(solo.has(lane)));
        panel.querySelector(`.ew-mixstrip[data-lane="${lane}"]`).classList.toggle("ew-unheard", !hears(lane));
      }
      for (const chip of panel.querySelectorAll("[data-preset]")) chip.setAttribute("aria-pressed", String(chip.dataset.preset === (preset || (untouched() ? "as_made" : ""))));
    }
    const hears = (lane) => !mute.has(lane) && (!solo.size || solo.has(lane));
    const untouched = () => knobs.every((knob) => !Number(knob.value)) && !mute.size && !solo.size;
    const now = () => (graph ? Math.min(length, at + audio.currentTime - startedAt) : at);

    async function sound(address) {
      const data = await (await fetch(address)).arrayBuffer();
      const rate = length > LONG_S ? 22050 : 44100;
      return new OfflineAudioContext(2, 1, rate).decodeAudioData(data);
    }
    // the parts and the mix as it is, once
    function load() {
      loading ??= (async () => {
        heard.textContent = "getting the parts …";
        const addresses = await ask("card_stems", [take]);
        const names = lanes.filter((lane) => addresses[lane]);
        const [first, ...rest] = await Promise.all([sound(panel.dataset.sound), ...names.map((lane) => sound(addresses[lane]))]);
        whole ??= first;
        parts = Object.fromEntries(names.map((lane, i) => [lane, rest[i]]));
        panel.dataset.ready = "yes";
        heard.textContent = "as it is";
      })().catch((error) => { loading = null; heard.textContent = error.message || "The parts could not be fetched; try again."; throw error; });
      return loading;
    }
    // the parts' sum is louder or softer than the master: brought to one level by what is heard of both
    function level(buffers) {
      const step = 997, n = Math.min(whole.length, ...buffers.map((b) => b.length));
      let a = 0, b = 0;
      for (let i = 0; i < n; i += step) {
        let x = 0;
        for (const buffer of buffers) x += buffer.getChannelData(0)[i];
        a += x * x;
        b += whole.getChannelData(0)[i] ** 2;
      }
      return a > 0 ? Math.min(8, Math.sqrt(b / a)) : 1;
    }
    function begin() {
      audio ??= new AudioContext();
      audio.resume();
      const draft = audio.createGain(), studio = audio.createGain(), sources = [], nodes = {};
      draft.connect(audio.destination);
      studio.connect(audio.destination);
      const start = (buffer, target) => {
        const source = audio.createBufferSource();
        source.buffer = buffer;
        source.connect(target);
        source.start(0, at);
        sources.push(source);
        return source;
      };
      const gain = level(Object.values(parts));
      for (const [lane, buffer] of Object.entries(parts)) {
        const bands = Object.entries(BANDS).map(([name, [type, hz]]) => {
          const band = audio.createBiquadFilter();
          Object.assign(band, { type });
          band.frequency.value = hz;
          band.Q.value = 0.7;
          return [name, band];
        });
        const pan = audio.createStereoPanner(), fader = audio.createGain();
        const chain = [...bands.map(([, band]) => band), pan, fader, draft];
        chain.slice(0, -1).forEach((node, i) => node.connect(chain[i + 1]));
        start(buffer, chain[0]);
        nodes[lane] = { bands: Object.fromEntries(bands), pan, fader };
      }
      graph = { draft, studio, sources, nodes, gain, studioSource: start(whole, studio) };
      startedAt = audio.currentTime;
      turn(0);
      hear(0);
      playButton.textContent = "■ Stop";
      playButton.setAttribute("aria-pressed", "true");
      requestAnimationFrame(tick);
    }
    function end() {
      if (!graph) return;
      at = now() >= length - 0.05 ? 0 : now();
      for (const source of graph.sources) source.stop();
      graph = null;
      playButton.textContent = "▶ Play";
      playButton.setAttribute("aria-pressed", "false");
    }
    function tick() {
      if (!panel.isConnected || signal.aborted) { end(); return; }
      place.value = (1000 * now()) / length;
      panel.querySelector(".ew-time b").textContent = clock(now());
      if (graph && now() >= length - 0.02) { end(); place.value = 0; }
      if (graph) requestAnimationFrame(tick);
    }
    const glide = (param, to, seconds) => { param.cancelScheduledValues(audio.currentTime); param.setTargetAtTime(to, audio.currentTime, seconds / 3 || 0.001); };
    // the browser's own mix follows the faders at once
    function turn(seconds = FADE_S) {
      if (!graph) return;
      for (const [lane, node] of Object.entries(graph.nodes)) {
        const db = value(lane, "gain_db");
        glide(node.fader.gain, hears(lane) && db > OFF ? graph.gain * decibels(db) : 0, seconds);
        glide(node.pan.pan, value(lane, "pan"), seconds);
        for (const [name, band] of Object.entries(node.bands)) glide(band.gain, value(lane, name), seconds);
      }
    }
    function hear(seconds = FADE_S) {
      if (!graph) return;
      glide(graph.studio.gain, fresh ? 1 : 0, seconds);
      glide(graph.draft.gain, fresh ? 0 : 1, seconds);
    }
    // the studio's mix of what the faders say, then heard from the same place
    async function settle() {
      const mine = (wanted += 1);
      heard.textContent = "the studio mixes it …";
      try {
        const found = await ask("card_mix", [take, JSON.stringify(sheet())]);
        if (mine !== wanted) return;
        const buffer = parts || graph ? await sound(found.address) : null;
        if (mine !== wanted) return;
        whole = buffer || whole;
        panel.dataset.sound = found.address;
        fresh = true;
        if (graph && buffer) {
          const source = audio.createBufferSource();
          source.buffer = buffer;
          source.connect(graph.studio);
          graph.studioSource.stop();
          source.start(0, now());
          graph.sources.push(source);
          graph.studioSource = source;
          hear();
        }
        heard.textContent = `mixed: ${found.lufs.toFixed(1)} LUFS, true peak ${found.dbtp.toFixed(1)} dBTP`.replace(/-/g, "−");
        panel.dataset.settled = String(mine);
      } catch (error) { if (mine === wanted) heard.textContent = error.message || "That could not be mixed; move a fader again."; }
    }
    function touched() { fresh = false; wanted += 1; words(); turn(); hear(); }

    on(panel, "input", (event) => {
      if (event.target.matches("[data-knob]")) { if (preset && preset !== "as_made") preset = ""; touched(); }
      if (event.target === place) { const was = Boolean(graph); end(); at = (Number(place.value) / 1000) * length; if (was) begin(); else panel.querySelector(".ew-time b").textContent = clock(at); }
    });
    on(panel, "change", (event) => { if (event.target.matches("[data-knob], [data-lufs]")) { words(); settle(); } });
    on(panel, "dblclick", (event) => {
      if (event.target.matches("[data-knob]")) { event.target.value = 0; touched(); settle(); }
    });
    on(panel, "click", async (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const data = button.dataset;
      if ("close" in data) { end(); write("chosen-mix", ` ${(count += 1)}`); return; }
      if (data.mute || data.solo) {
        const set = data.mute ? mute : solo, lane = data.mute || data.solo;
        if (set.has(lane)) set.delete(lane); else set.add(lane);
        touched();
        settle();
      } else if (data.preset) {
        lay(presets[data.preset]);
        touched();
        settle();
      } else if ("play" in data) {
        if (graph) { end(); return; }
        document.querySelectorAll(".ew-player.ew-on .ew-play").forEach((other) => other.click());
        await load();
        begin();
      } else if ("keep" in data) {
        end();
        write("mix-order", JSON.stringify({ take, kind: "mix", sheet: sheet(), n: (count += 1) }));
      }
    });
    signal.addEventListener("abort", end);
    lay(JSON.parse(panel.dataset.sheet));
    panel.scrollIntoView({ behavior: "smooth", block: "start" });
  });
})();
