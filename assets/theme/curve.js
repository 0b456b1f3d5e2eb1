// The energy curve: drawn with pointer, touch or keys; kept as "time:energy, …" in the field #energy-curve.
(() => {
  const { read, write, whenThere } = window.Earworm;
  const N = 49; // places along the time that can be drawn
  const TOLERANCE = 0.015; // of the height that a simpler line may lie off what was drawn
  const SHAPES = {
    rise: (x) => 0.1 + 0.85 * x, fall: (x) => 0.95 - 0.85 * x, arch: (x) => 0.12 + 0.85 * Math.sin(Math.PI * x),
    drop: (x) => (x < 0.5 ? 0.2 + 0.25 * x : 0.95), waves: (x) => 0.5 - 0.4 * Math.cos(4 * Math.PI * x),
  };
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.round(s % 60)).padStart(2, "0")}`;

  const said = () => document.querySelector("[data-said-length]");
  // The length set by hand, else the one in the words, else the usual one.
  function lengthOf(curve) {
    const auto = document.querySelector("#auto-duration_s input");
    const dial = document.querySelector("#dial-duration_s input[type=range]");
    if (dial && auto && !auto.checked) return Number(dial.value);
    return Number(said()?.dataset.saidLength) || Number(curve.dataset.length);
  }
  const pairs = (text) => text.split(",").filter(Boolean).map((part) => part.split(":").map(Number));
  function sample(points, length) {
    return Array.from({ length: N }, (_, i) => {
      const t = (i / (N - 1)) * length, after = points.findIndex(([time]) => time >= t);
      if (after < 0) return points[points.length - 1][1];
      if (after === 0) return points[0][1];
      const [[t0, v0], [t1, v1]] = [points[after - 1], points[after]];
      return t1 > t0 ? v0 + ((v1 - v0) * (t - t0)) / (t1 - t0) : v1;
    });
  }
  // Douglas & Peucker 1973: the fewest points that stay near the drawn line.
  function simple(values, from = 0, to = N - 1) {
    let worst = 0, at = 0;
    for (let i = from + 1; i < to; i++) {
      const off = Math.abs(values[i] - (values[from] + ((values[to] - values[from]) * (i - from)) / (to - from)));
      if (off > worst) { worst = off; at = i; }
    }
    return worst <= TOLERANCE ? [from, to] : [...simple(values, from, at).slice(0, -1), ...simple(values, at, to)];
  }
  const path = (values) => values.map((v, i) => `${i ? "L" : "M"}${((100 * i) / (N - 1)).toFixed(2)} ${(100 - 100 * v).toFixed(1)}`).join("");

  whenThere(".ew-curve", (curve) => {
    const board = curve.querySelector(".ew-board"), mark = curve.querySelector(".ew-curve-at");
    let length = lengthOf(curve), at = Math.floor(N / 2), last = null;
    let values = read("energy-curve") ? sample(pairs(read("energy-curve")), length) : null;
    let shape = values ? "drawn" : ""; // which button, if any, is pressed

    function keep() {
      const points = values ? simple(values).map((i) => `${((length * i) / (N - 1)).toFixed(2)}:${values[i].toFixed(3)}`) : [];
      write("energy-curve", points.join(", "));
    }
    function show() {
      const words = said()?.dataset.saidCurve || "";
      curve.classList.toggle("ew-drawn", Boolean(values));
      curve.querySelector(".ew-curve-said").setAttribute("d", !values && words ? path(sample(pairs(words), length)) : "");
      curve.querySelector(".ew-curve-line").setAttribute("d", values ? path(values) : "");
      curve.querySelector(".ew-curve-area").setAttribute("d", values ? `${path(values)}V100H0Z` : "");
      curve.querySelectorAll(".ew-times span").forEach((span, i) => { span.textContent = clock((length * i) / 4); });
      const here = values ? values[at] : 0.5;
      mark.style.left = `${(100 * at) / (N - 1)}%`;
      mark.style.top = `${100 - 100 * here}%`;
      board.setAttribute("aria-valuenow", Math.round(100 * here));
      board.setAttribute("aria-valuetext", `${clock((length * at) / (N - 1))}, ${values ? `${Math.round(100 * here)} %` : "auto"}`);
      curve.querySelectorAll("[data-shape]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.shape === shape)));
    }
    function begin() {
      const words = said()?.dataset.saidCurve || "";
      if (!values) values = words ? sample(pairs(words), length) : Array(N).fill(0.5);
      shape = "drawn";
    }
    function draw(event) {
      const frame = board.getBoundingClientRect();
      const i = Math.min(N - 1, Math.max(0, Math.round(((event.clientX - frame.left) / frame.width) * (N - 1))));
      const edge = i <= 1 ? 0 : i >= N - 2 ? N - 1 : i; // to the very end of the board
      const v = Math.min(1, Math.max(0, 1 - (event.clientY - frame.top) / frame.height));
      begin();
      const [i0, v0] = last || [i, v];
      for (let k = Math.min(i, i0); k <= Math.max(i, i0); k++) values[k] = i === i0 ? v : v0 + ((v - v0) * (k - i0)) / (i - i0);
      for (let k = Math.min(i, edge); k <= Math.max(i, edge); k++) values[k] = v;
      last = [i, v];
      at = i;
      show();
    }
    board.addEventListener("pointerdown", (event) => { last = null; board.setPointerCapture(event.pointerId); draw(event); });
    board.addEventListener("pointermove", (event) => {
      if (board.hasPointerCapture(event.pointerId)) (event.getCoalescedEvents?.() || [event]).concat(event).forEach(draw);
    });
    board.addEventListener("pointerup", () => { last = null; keep(); });
    board.addEventListener("pointercancel", () => { last = null; keep(); });
    board.addEventListener("focus", () => { mark.hidden = false; show(); });
    board.addEventListener("blur", () => { mark.hidden = true; });
    board.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1, Home: -N, End: N }[event.key];
      const lift = { ArrowUp: 0.05, ArrowDown: -0.05 }[event.key];
      if (move === undefined && lift === undefined) return;
      event.preventDefault();
      if (move !== undefined) at = Math.min(N - 1, Math.max(0, at + move));
      else {
        begin();
        for (let k = Math.max(0, at - 3); k <= Math.min(N - 1, at + 3); k++) {
          values[k] = Math.min(1, Math.max(0, values[k] + lift * (1 - Math.abs(k - at) / 4)));
        }
        keep();
      }
      show();
    });
    curve.addEventListener("click", (event) => {
      const button = event.target.closest("[data-shape]");
      if (!button) return;
      shape = button.dataset.shape;
      values = SHAPES[shape] ? Array.from({ length: N }, (_, i) => SHAPES[shape](i / (N - 1))) : null;
      keep();
      show();
    });
    // A new length stretches what was drawn.
    const stretch = () => {
      const now = lengthOf(curve);
      if (now !== length) { length = now; if (values) keep(); }
      show();
    };
    document.addEventListener("input", (event) => { if (event.target.closest?.("#dial-duration_s, #auto-duration_s")) setTimeout(stretch, 60); });
    document.addEventListener("change", (event) => { if (event.target.closest?.("#auto-duration_s")) setTimeout(stretch, 60); });
    // The form was filled from a recipe: what is drawn is what the field holds now.
    document.addEventListener("ew-restored", () => {
      length = lengthOf(curve);
      values = read("energy-curve") ? sample(pairs(read("energy-curve")), length) : null;
      shape = values ? "drawn" : "";
      show();
    });
    const words = document.getElementById("understood");
    if (words) new MutationObserver(stretch).observe(words, { childList: true, subtree: true });
    show();
  });
})();
