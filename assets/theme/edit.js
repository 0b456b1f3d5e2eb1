// The edit panel: bars and parts chosen by pointer, touch and keys, and the orders that its buttons write into the
// field #edit-order (modules/ui/edit_panel.py).
(() => {
  const { write, whenDrawn, ask } = window.Earworm;
  let count = 0; // so that the same order twice is two events
  let kept = null; // the choice, taken over when the panel is drawn again for the next version
  let pressed = null; // the button that had the focus then
  const order = (panel, data) => write("edit-order", JSON.stringify({ take: panel.dataset.take, ...data, n: (count += 1) }));
  const show = (take) => write("chosen-edit", `${take} ${(count += 1)}`);

  whenDrawn(".ew-edit", (panel, signal) => {
    const on = (target, kind, does) => target.addEventListener(kind, does, { signal });
    const board = panel.querySelector(".ew-board-roll"), said = panel.querySelector(".ew-said");
    const bars = JSON.parse(board.dataset.bars), n = bars.length - 1;
    const rows = [...board.querySelectorAll(".ew-row")], lanes = rows.map((row) => row.dataset.lane);
    const title = (lane) => rows[lanes.indexOf(lane)].dataset.title;
    const sections = [...board.querySelectorAll(".ew-sec")].map((s) => ({ from: +s.dataset.from, to: +s.dataset.to, name: s.textContent }));
    const state = kept && kept.n === n ? kept : { n, from: 0, to: 0, lanes: new Set(), lockedLanes: new Set(), lockedBars: new Set(), bar: 0, row: 1 };
    kept = state;

    const chosen = () => state.to > state.from && state.lanes.size > 0;
    const spanWords = () => (state.to - state.from === n ? "all bars" : state.to - state.from === 1 ? `bar ${state.from + 1}` : `bars ${state.from + 1} to ${state.to}`);
    const list = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : names[0] || "");
    const laneWords = () => {
      const playing = lanes.filter((lane) => lane !== "harmony");
      return playing.every((lane) => state.lanes.has(lane)) && !state.lanes.has("harmony") ? "all parts" : list(lanes.filter((lane) => state.lanes.has(lane)).map(title));
    };
    const runs = (set) => {
      const out = [];
      for (const bar of [...set].sort((a, b) => a - b)) {
        const last = out[out.length - 1];
        if (last && last[1] === bar) last[1] = bar + 1; else out.push([bar, bar + 1]);
      }
      return out.map(([a, b]) => `${a + 1}-${b}`).join(", ");
    };

    function draw(words) {
      const left = `${100 * bars[state.from]}%`, width = `${100 * (bars[state.to] - bars[state.from])}%`;
      rows.forEach((row, i) => {
        const pick = row.querySelector(".ew-pick"), on = chosen() && state.lanes.has(lanes[i]);
        pick.hidden = !on;
        Object.assign(pick.style, { left, width });
        row.classList.toggle("ew-chosen", on);
        row.classList.toggle("ew-locked", state.lockedLanes.has(lanes[i]));
        row.querySelector(".ew-lock").setAttribute("aria-pressed", String(state.lockedLanes.has(lanes[i])));
        row.classList.toggle("ew-at", i === state.row && document.activeElement === board);
      });
      board.querySelectorAll(".ew-lockedbar").forEach((mark) => mark.remove());
      for (const bar of state.lockedBars) {
        const mark = document.createElement("i");
        mark.className = "ew-lockedbar";
        Object.assign(mark.style, { left: `${100 * bars[bar]}%`, width: `${100 * (bars[bar + 1] - bars[bar])}%` });
        board.querySelector(".ew-lines").append(mark);
      }
      const redo = panel.querySelector("[data-do=redo]");
      redo.textContent = chosen() ? `Draw ${laneWords()} again in ${spanWords()}` : "Draw again";
      for (const button of panel.querySelectorAll("[data-do=redo], [data-do=lock-bars], [data-do=alone], [data-do=loop]")) button.disabled = !chosen();
      const locked = chosen() && Array.from({ length: state.to - state.from }, (_, i) => state.from + i).every((bar) => state.lockedBars.has(bar));
      const lock = panel.querySelector("[data-do=lock-bars]");
      lock.textContent = locked ? "Unlock these bars" : "Lock these bars";
      lock.setAttribute("aria-pressed", String(locked));
      if (words !== undefined) said.textContent = words || (chosen() ? `${laneWords()}, ${spanWords()}`.replace(/^./, (c) => c.toUpperCase()) : "Nothing is chosen.");
    }
    const choose = (from, to, names, words = "") => { state.from = Math.max(0, from); state.to = Math.min(n, to); state.lanes = new Set(names); draw(words); };
    const sectionAt = (bar) => sections.find((s) => bar >= s.from && bar < s.to) || { from: 0, to: n, name: "" };

    // pointer and touch: a drag chooses bars and parts, a press a part under a section, with Shift further ones too
    const barAt = (x) => {
      const box = rows[0].querySelector(".ew-row-notes").getBoundingClientRect();
      const share = Math.min(0.99999, Math.max(0, (x - box.left) / box.width));
      return Math.max(0, Math.min(n - 1, bars.findIndex((at) => at > share) - 1 + (bars[n] <= share ? n + 1 : 0)));
    };
    const rowAt = (y) => {
      const found = rows.findIndex((row) => y < row.getBoundingClientRect().bottom);
      return found < 0 ? rows.length - 1 : found;
    };
    let drag = null;
    on(board, "pointerdown", (event) => {
      if (event.button || !event.target.closest(".ew-row-notes")) return;
      drag = { bar: barAt(event.clientX), row: rowAt(event.clientY), x: event.clientX, y: event.clientY, moved: false, add: event.shiftKey };
      board.setPointerCapture(event.pointerId);
    });
    on(board, "pointermove", (event) => {
      if (!drag) return;
      if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 6) return;
      drag.moved = true;
      const bar = barAt(event.clientX), row = event.pointerType === "touch" ? drag.row : rowAt(event.clientY);
      const [a, b] = [Math.min(drag.row, row), Math.max(drag.row, row)];
      choose(Math.min(drag.bar, bar), Math.max(drag.bar, bar) + 1, [...(drag.add ? state.lanes : []), ...lanes.slice(a, b + 1)], undefined);
    });
    const release = () => {
      if (!drag) return;
      if (!drag.moved) {
        const { from, to } = sectionAt(drag.bar);
        choose(from, to, [...(drag.add ? state.lanes : []), lanes[drag.row]]);
      } else draw("");
      state.bar = state.from;
      state.row = drag.row;
      drag = null;
    };
    on(board, "pointerup", release);
    on(board, "pointercancel", () => { drag = null; });

    // keys: arrows move, Shift chooses more
    on(board, "focus", () => draw());
    on(board, "blur", () => draw());
    on(board, "keydown", (event) => {
      if (event.target !== board) return;
      const key = event.key, way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
      if (way) {
        const bar = Math.max(0, Math.min(n - 1, state.bar + way[0])), row = Math.max(0, Math.min(rows.length - 1, state.row + way[1]));
        if (event.shiftKey && chosen()) {
          state.root ??= { bar: state.bar, row: state.row };
          const [a, b] = [Math.min(state.root.row, row), Math.max(state.root.row, row)];
          [state.bar, state.row] = [bar, row];
          choose(Math.min(state.root.bar, bar), Math.max(state.root.bar, bar) + 1, lanes.slice(a, b + 1));
        } else {
          state.root = null;
          [state.bar, state.row] = [bar, row];
          choose(bar, bar + 1, [lanes[row]], `${title(lanes[row])}, bar ${bar + 1}, ${sectionAt(bar).name}`.replace(/^./, (c) => c.toUpperCase()));
        }
      } else if (key === "Enter") {
        const { from, to } = sectionAt(state.bar);
        choose(from, to, state.lanes.size ? state.lanes : [lanes[state.row]]);
      } else if (key === "a" || key === "A") choose(state.from, Math.max(state.to, state.from + 1), lanes.filter((lane) => lane !== "harmony"));
      else if (key === "Escape") choose(0, 0, []);
      else return;
      event.preventDefault();
    });

    on(panel, "click", async (event) => {
      const button = event.target.closest("button");
      if (!button || button.disabled) return;
      const data = button.dataset;
      if (button.matches(".ew-sec")) {
        const names = state.lanes.size ? state.lanes : lanes.filter((lane) => lane !== "harmony");
        return choose(+data.from, +data.to, names);
      }
      if (data.laneName) {
        const span = state.to > state.from ? [state.from, state.to] : [0, n];
        const more = event.shiftKey || event.ctrlKey || event.metaKey;
        return choose(...span, more ? [...state.lanes, data.laneName] : [data.laneName]);
      }
      if (data.lock) {
        const on = !state.lockedLanes.has(data.lock);
        if (on) state.lockedLanes.add(data.lock); else state.lockedLanes.delete(data.lock);
        return draw(`The ${title(data.lock)} is ${on ? "locked" : "unlocked"}.`);
      }
      if (data.version || data.show) {
        const there = data.version && [...document.querySelectorAll("[data-version][data-take]")].find((b) => b.dataset.version === data.version);
        pressed = "undo" in data ? "[data-undo]" : "redo" in data ? "[data-redo]" : null;
        if (data.show || there) return show(data.show || there.dataset.take);
        return order(panel, { kind: "back", what: data.version });
      }
      if ("close" in data) return write("chosen-edit", ` ${(count += 1)}`);
      if (data.do) return act(button, data);
      return undefined;
    });

    async function act(button, data) {
      const span = chosen() ? `${state.from + 1}-${state.to}` : "";
      const typed = data.take ? panel.querySelector(`[data-in=${data.take}]`).value : data.what || "";
      pressed = `[data-do=${data.do}]`;
      if (data.do === "lock-bars") {
        const locked = button.getAttribute("aria-pressed") === "true";
        for (let bar = state.from; bar < state.to; bar++) { if (locked) state.lockedBars.delete(bar); else state.lockedBars.add(bar); }
        return draw(`${spanWords().replace(/^./, (c) => c.toUpperCase())} ${locked ? "unlocked" : "locked"}.`);
      }
      if (data.do === "loop") {
        said.textContent = "The loop is being made …";
        try {
          const file = await ask("card_loop", [panel.dataset.take, span]);
          const link = document.createElement("a");
          Object.assign(link, { href: file.address, download: file.name });
          link.click();
          said.textContent = `A loop of ${spanWords()}, ${file.seconds} seconds.`;
        } catch (error) { said.textContent = error.message || "That did not work; try again."; }
        return undefined;
      }
      if (data.do === "redo") return order(panel, { kind: "redo", what: span, lanes: [...state.lanes] });
      if (data.do === "alone") return order(panel, { kind: "alone", lanes: [...state.lanes] });
      if (data.do === "reroll") {
        const lanesKept = [...state.lockedLanes];
        return order(panel, { kind: "reroll", what: runs(state.lockedBars), lanes: lanesKept });
      }
      if (data.do === "instruments") {
        const changed = [...panel.querySelectorAll("[data-player]")].filter((s) => s.value !== [...s.options].find((o) => o.defaultSelected)?.value);
        if (!changed.length) { said.textContent = "Choose another player first."; return undefined; }
        return order(panel, { kind: "instruments", what: changed.map((s) => `${s.dataset.player}=${s.value}`).join(", ") });
      }
      if (data.take && !String(typed).trim()) { said.textContent = "Write first what it should be."; panel.querySelector(`[data-in=${data.take}]`).focus(); return undefined; }
      const where = ["reharmonise", "progressions", "chords"].includes(data.do) && state.to - state.from < n ? span : "";
      return order(panel, { kind: data.do, what: String(typed), bars: where });
    }

    draw();
    if (pressed) panel.querySelector(`${pressed}:not(:disabled)`)?.focus({ preventScroll: true });
    else panel.scrollIntoView({ behavior: "smooth", block: "start" });
    pressed = null;
  });

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-stop]")) write("edit-stop", String((count += 1)));
    if (event.target instanceof Element && event.target.closest("[data-act=edit]")) pressed = null;
  });
})();
