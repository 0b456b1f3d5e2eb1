// The notes of a tune: dragged, split, merged, deleted, added by pointer, touch or keys, undone, and heard.
// They stand in data-notes as "step:length:midi, …"; what a person made of them goes into the field #hum-notes.
(() => {
  const { write, whenThere } = window.Earworm;
  const STEP_PX = 7; // least width of a step; longer tunes scroll
  const EDGE_PX = 9, EDGE_OF = 28; // the right end that changes the length, on notes at least that wide
  const NAME_PX = 20; // least width of a note that bears its name
  const STILL_PX = 4; // a pointer that moved less has only pressed
  const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
  const nameOf = (midi) => `${NAMES[midi % 12]}${Math.floor(midi / 12) - 1}`;
  const read = (text) => text.split(",").filter(Boolean).map((note) => note.split(":").map(Number)).map(([step, length, midi]) => ({ step, length, midi }));
  const text = (notes) => notes.map((n) => `${n.step}:${n.length}:${n.midi}`).join(", ");
  const part = (steps, perBeat) => {
    const whole = Math.floor(steps / perBeat), rest = steps % perBeat;
    const sign = { [perBeat / 4]: "¼", [perBeat / 2]: "½", [(3 * perBeat) / 4]: "¾", [perBeat / 3]: "⅓", [(2 * perBeat) / 3]: "⅔", [perBeat / 6]: "⅙", [(5 * perBeat) / 6]: "⅚" }[rest] || "";
    return rest ? `${whole || ""}${sign}` : `${whole}`;
  };

  whenThere(".ew-tune", (tune) => {
    const number = (name) => Number(tune.dataset[name]);
    const perBeat = number("perBeat"), perBar = number("perBar"), first = number("first"), stepS = 60 / number("tempo") / perBeat;
    const board = tune.querySelector(".ew-tune-board"), layer = tune.querySelector(".ew-tune-notes"), said = tune.querySelector(".ew-tune-said");
    const scroll = tune.querySelector(".ew-tune-scroll"), head = tune.querySelector(".ew-tune-head"), heard = tune.dataset.notes;
    const button = (name) => tune.querySelector(`[data-do=${name}]`);
    let last = number("last"), low = number("low"), high = number("high");
    let notes = read(heard), at = 0, past = [], future = [];

    function lay() { // the board's size and what lies under and over the notes
      last = Math.max(last, Math.ceil((notes[notes.length - 1].step + notes[notes.length - 1].length) / perBar) * perBar);
      low = Math.min(low, ...notes.map((n) => n.midi - 2));
      high = Math.max(high, ...notes.map((n) => n.midi + 2));
      board.style.minWidth = `${STEP_PX * (last - first)}px`;
      board.style.setProperty("--rows", high - low + 1);
      tune.querySelectorAll(".ew-tune-board > svg").forEach((svg) => svg.setAttribute("viewBox", `${first} ${-high - 0.5} ${last - first} ${high - low + 1}`));
    }
    const x = (step) => `${(100 * (step - first)) / (last - first)}%`;
    const where = (n) => {
      const bar = Math.floor(n.step / perBar), inside = n.step - bar * perBar, beat = Math.floor(inside / perBeat) + 1, rest = part(inside % perBeat, perBeat);
      return `${bar < 0 ? "pick-up" : `bar ${bar + 1}`}, beat ${beat}${rest === "0" ? "" : rest}`;
    };
    const words = (n) => `${nameOf(n.midi)}, ${where(n)}, ${part(n.length, perBeat)} beat${n.length > perBeat ? "s" : ""}`;

    function show(focus) {
      lay();
      const stepPx = board.getBoundingClientRect().width / (last - first) || STEP_PX;
      while (layer.children.length > notes.length) layer.lastChild.remove();
      while (layer.children.length < notes.length) {
        const box = document.createElement("div");
        box.className = "ew-tune-note";
        box.setAttribute("role", "option");
        box.append(document.createElement("span"));
        layer.append(box);
      }
      notes.forEach((n, i) => {
        const box = layer.children[i];
        box.style.left = x(n.step);
        box.style.width = `${(100 * n.length) / (last - first)}%`;
        box.style.top = `${(100 * (high - n.midi)) / (high - low + 1)}%`;
        box.firstChild.textContent = nameOf(n.midi);
        box.classList.toggle("ew-tight", n.length * stepPx < NAME_PX);
        box.setAttribute("aria-label", words(n));
        box.setAttribute("aria-selected", String(i === at));
        box.tabIndex = i === at ? 0 : -1;
        box.dataset.index = i;
      });
      const changed = text(notes) !== heard;
      write("hum-notes", changed ? text(notes) : "");
      tune.classList.toggle("ew-changed", changed);
      said.textContent = words(notes[at]);
      button("undo").disabled = !past.length;
      button("redo").disabled = !future.length;
      button("split").disabled = notes[at].length < 2;
      button("merge").disabled = at + 1 >= notes.length;
      button("delete").disabled = notes.length < 2;
      if (focus) { layer.children[at].focus({ preventScroll: true }); layer.children[at].scrollIntoView({ block: "nearest", inline: "nearest" }); }
    }
    const copy = (list) => list.map((n) => ({ ...n }));
    function keep(before) { // one more step that can be undone
      if (text(before) === text(notes)) return;
      past = [...past.slice(-99), before];
      future = [];
    }
    function act(change) {
      const before = copy(notes);
      change();
      keep(before);
      show(true);
    }

    // A note placed anew among `base`: its neighbours give way down to one step, and none is passed.
    function place(base, i, { step = base[i].step, length = base[i].length, midi = base[i].midi }) {
      const out = copy(base), floor = i ? base[i - 1].step + 1 : -perBar, ceiling = i + 1 < base.length ? base[i + 1].step - 1 : Infinity;
      const from = Math.min(Math.max(step, floor), ceiling);
      out[i] = { step: from, midi: Math.min(Math.max(midi, 24), 108), length: Math.max(1, Math.min(length, ceiling + 1 - from)) };
      if (i) out[i - 1].length = Math.min(out[i - 1].length, from - out[i - 1].step);
      return out;
    }

    const moves = {
      split: () => {
        const n = notes[at];
        if (n.length < 2) return;
        const half = n.length >= 2 * perBeat ? Math.max(1, Math.round(n.length / 2 / perBeat)) * perBeat : Math.ceil(n.length / 2);
        notes.splice(at, 1, { ...n, length: half }, { ...n, step: n.step + half, length: n.length - half });
      },
      merge: () => {
        const next = notes[at + 1];
        if (!next) return;
        notes.splice(at, 2, { ...notes[at], length: next.step + next.length - notes[at].step });
      },
      delete: () => {
        if (notes.length < 2) return;
        notes.splice(at, 1);
        at = Math.min(at, notes.length - 1);
      },
      add: () => { // in the first gap after the chosen note
        let i = at;
        while (i + 1 < notes.length && notes[i + 1].step <= notes[i].step + notes[i].length) i++;
        const step = notes[i].step + notes[i].length, room = i + 1 < notes.length ? notes[i + 1].step - step : perBeat;
        notes.splice(i + 1, 0, { step, length: Math.min(room, perBeat), midi: notes[at].midi });
        at = i + 1;
      },
    };
    function turn(from, to) { // undo and redo
      if (!from.length) return;
      to.push(copy(notes));
      notes = from.pop();
      at = Math.min(at, notes.length - 1);
      show(true);
    }

    // Heard on a plain soft tone.
    let context = null, recording = null;
    function tone(sound, midi, when, length) {
      const wave = sound.createOscillator(), level = sound.createGain();
      wave.type = "triangle";
      wave.frequency.value = 440 * 2 ** ((midi - 69) / 12);
      level.gain.setValueAtTime(0, when);
      level.gain.linearRampToValueAtTime(0.25, when + 0.02);
      level.gain.setTargetAtTime(0, when + Math.max(length - 0.05, 0.03), 0.04);
      wave.connect(level).connect(sound.destination);
      wave.start(when);
      wave.stop(when + length + 0.3);
    }
    function quiet() {
      context?.close();
      context = null;
      head.hidden = true;
      button("play").classList.remove("ew-on");
      button("play").querySelector("span").textContent = "Notes";
    }
    function play() {
      if (context) { quiet(); return; }
      context = new AudioContext();
      const mine = context, begun = mine.currentTime + 0.05, zero = notes[0].step, end = notes[notes.length - 1].step + notes[notes.length - 1].length;
      notes.forEach((n) => tone(mine, n.midi, begun + (n.step - zero) * stepS, n.length * stepS));
      button("play").classList.add("ew-on");
      button("play").querySelector("span").textContent = "Stop";
      const move = () => {
        if (context !== mine) return;
        const step = zero + (mine.currentTime - begun) / stepS;
        if (step > end + 0.3 / stepS || !tune.isConnected) { quiet(); return; }
        head.hidden = false;
        head.style.left = x(Math.max(zero, Math.min(step, end)));
        requestAnimationFrame(move);
      };
      requestAnimationFrame(move);
    }
    let short = null;
    function blip(midi) {
      short ??= new AudioContext();
      tone(short, midi, short.currentTime + 0.01, 0.18);
    }
    function playRecording(key) {
      recording ??= new Audio(key.dataset.sound);
      recording.onended = recording.onpause = () => { key.classList.remove("ew-on"); key.querySelector("span").textContent = "Recording"; };
      if (!recording.paused) { recording.pause(); recording.currentTime = 0; return; }
      recording.play();
      key.classList.add("ew-on");
      key.querySelector("span").textContent = "Stop";
    }

    tune.querySelector(".ew-tune-tools").addEventListener("click", (event) => {
      const key = event.target.closest("[data-do]"), name = key?.dataset.do;
      if (!name) return;
      if (name === "play") play();
      else if (name === "recording") playRecording(key);
      else if (name === "undo") turn(past, future);
      else if (name === "redo") turn(future, past);
      else act(moves[name]);
      key.focus({ preventScroll: true }); // the toolbar keeps the keys
    });

    board.addEventListener("pointerdown", (event) => {
      const box = event.target.closest(".ew-tune-note");
      if (!box || event.button) return;
      const frame = board.getBoundingClientRect(), stepPx = frame.width / (last - first), rowPx = frame.height / (high - low + 1);
      const ends = box.getBoundingClientRect(), longer = ends.width >= EDGE_OF && ends.right - event.clientX < EDGE_PX;
      at = Number(box.dataset.index);
      const before = copy(notes), from = before[at], start = { x: event.clientX, y: event.clientY, id: event.pointerId };
      let moved = false, sounded = from.midi;
      show(true);
      event.preventDefault();
      box.setPointerCapture(event.pointerId);
      const drag = (now) => {
        if (now.pointerId !== start.id) return;
        const dx = now.clientX - start.x, dy = now.clientY - start.y;
        moved ||= Math.hypot(dx, dy) > STILL_PX;
        if (!moved) return;
        const steps = Math.round(dx / stepPx);
        notes = place(before, at, longer ? { length: from.length + steps } : { step: from.step + steps, midi: from.midi - Math.round(dy / rowPx) });
        if (notes[at].midi !== sounded) blip(sounded = notes[at].midi);
        show(false);
      };
      const drop = (now) => {
        if (now.pointerId !== start.id) return;
        box.removeEventListener("pointermove", drag);
        if (!moved) blip(from.midi);
        keep(before);
        show(true);
      };
      box.addEventListener("pointermove", drag);
      box.addEventListener("pointerup", drop, { once: true });
      box.addEventListener("pointercancel", drop, { once: true });
    });
    board.addEventListener("dblclick", (event) => {
      if (event.target.closest(".ew-tune-note")) return;
      const frame = board.getBoundingClientRect();
      const step = first + Math.floor(((event.clientX - frame.left) / frame.width) * (last - first));
      const midi = high - Math.floor(((event.clientY - frame.top) / frame.height) * (high - low + 1));
      const i = notes.filter((n) => n.step <= step).length, before = notes[i - 1], after = notes[i];
      if (before && before.step + before.length > step) { said.textContent = "A note sounds there already; one at a time."; return; }
      act(() => {
        notes.splice(i, 0, { step, midi, length: Math.min(perBeat, after ? after.step - step : perBeat) });
        at = i;
      });
      blip(midi);
    });
    tune.addEventListener("keydown", (event) => {
      const chord = event.ctrlKey || event.metaKey, onNote = event.target.closest?.(".ew-tune-note");
      if (chord && event.key.toLowerCase() === "z") { event.preventDefault(); if (event.shiftKey) turn(future, past); else turn(past, future); return; }
      if (!onNote || chord || event.altKey) return;
      const n = notes[at], go = { PageDown: at + 1, PageUp: at - 1, Home: 0, End: notes.length - 1 }[event.key];
      const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key], lift = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      const key = { s: "split", m: "merge", a: "add", Delete: "delete", Backspace: "delete" }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (go !== undefined) { at = Math.min(notes.length - 1, Math.max(0, go)); show(true); }
      else if (lift) { act(() => { notes = place(notes, at, { midi: n.midi + (event.shiftKey ? 12 : 1) * lift }); }); blip(notes[at].midi); }
      else if (side) act(() => { notes = place(notes, at, event.shiftKey ? { length: n.length + side } : { step: n.step + side }); });
      else if (key) act(moves[key]);
      else if (event.key.toLowerCase() === "p" || event.key === " ") play();
      else return;
      event.preventDefault();
    });
    show(false);
    scroll.scrollLeft = 0;
  });
})();
