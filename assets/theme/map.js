// The style map: dots chosen by pointer, touch and keys; a blend of up to three in the field #style-blend.
(() => {
  const { read, write, whenThere } = window.Earworm;
  const MOST = 3;
  const STEP = 0.3; // of the blend that a press on a direction moves
  const LEAST = 0.08; // a style with less is let go
  const NEAR = 0.12; // added to a distance, so that the very nearest style does not win by nearness alone
  const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

  whenThere(".ew-atlas", (atlas) => {
    const styles = JSON.parse(atlas.dataset.styles), names = Object.keys(styles);
    const map = atlas.querySelector(".ew-map"), near = atlas.querySelector(".ew-near"), centre = map.querySelector("u");
    const dots = Object.fromEntries([...map.querySelectorAll(".ew-dot")].map((dot) => [dot.dataset.style, dot]));
    const kept = () => read("style-blend").split(",").filter(Boolean).map((part) => {
      const [name, weight] = part.split(":");
      return { name, weight: Number(weight) };
    }).filter(({ name }) => styles[name]);
    let blend = kept();
    let at = blend[0]?.name || null; // where the keys stand

    const middle = () => ({
      x: blend.reduce((sum, b) => sum + b.weight * styles[b.name].x, 0),
      y: blend.reduce((sum, b) => sum + b.weight * styles[b.name].y, 0),
    });
    const away = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
    const nearest = (point, count) => [...names].sort((a, b) => away(styles[a], point) - away(styles[b], point)).slice(0, count);

    function level() {
      const total = blend.reduce((sum, b) => sum + b.weight, 0) || 1;
      blend = blend.map((b) => ({ ...b, weight: b.weight / total }));
    }
    function keep() {
      level();
      write("style-blend", blend.map((b) => `${b.name}:${b.weight.toFixed(2)}`).join(","));
      show();
    }
    function toggle(name) {
      const there = blend.some((b) => b.name === name);
      blend = there ? blend.filter((b) => b.name !== name) : [...blend.slice(-(MOST - 1)), { name, weight: 1 / MOST }];
      if (!there) blend = blend.map((b) => ({ ...b, weight: 1 })); // a new one begins as an equal
      at = name;
      keep();
    }
    function lean(figure, way) {
      const before = blend.reduce((sum, b) => sum + b.weight * styles[b.name][figure], 0), here = middle();
      const gain = (name) => (way * (styles[name][figure] - before)) / (NEAR + away(styles[name], here));
      const towards = names.filter((name) => way * (styles[name][figure] - before) > 0.08).sort((a, b) => gain(b) - gain(a))[0];
      if (!towards) { near.textContent = "That is as far as it goes."; return; }
      const old = blend.find((b) => b.name === towards);
      blend = blend.filter((b) => b !== old).map((b) => ({ ...b, weight: b.weight * (1 - STEP) }));
      blend.push({ name: towards, weight: STEP + (old ? old.weight * (1 - STEP) : 0) });
      blend = blend.sort((a, b) => b.weight - a.weight).slice(0, MOST).filter((b) => b.weight >= LEAST);
      keep();
    }
    function words(point, own) {
      const close = nearest(point, 3);
      const like = (own.length ? own : close).flatMap((name) => styles[name].like.slice(0, own.length > 1 ? 1 : 2)).slice(0, 3);
      return `${close.map((name) => styles[name].title).join(", ")} · ${like.join(" · ")}`;
    }
    function tell(name) { near.textContent = name ? `${styles[name].title}: ${styles[name].like.join(" · ")}` : blend.length ? `Near it: ${words(middle(), blend.map((b) => b.name))}` : "Nothing chosen: the words decide."; }

    // Marks and names on the map; the list under it stays, so that a slider under the finger is never replaced.
    function mark() {
      for (const name of names) {
        dots[name].classList.toggle("on", blend.some((b) => b.name === name));
        dots[name].classList.toggle("at", name === at && map === document.activeElement);
      }
      const point = middle();
      centre.hidden = blend.length < 2;
      centre.style.left = `${4 + 92 * point.x}%`;
      centre.style.top = `${4 + 92 * point.y}%`;
      label();
      tell(map === document.activeElement ? at : null);
    }
    function show() {
      atlas.querySelector(".ew-leans").hidden = !blend.length;
      atlas.querySelector(".ew-blend").innerHTML = blend.map((b, i) => {
        const title = escape(styles[b.name].title);
        const share = blend.length > 1 ? `<input type="range" min="5" max="95" value="${Math.round(100 * b.weight)}" data-share="${i}" aria-label="Share of ${title}"><b>${Math.round(100 * b.weight)} %</b>` : "";
        return `<div><span>${title}</span>${share}<button type="button" class="ew-drop" data-drop="${b.name}" aria-label="Let go of ${title}">×</button></div>`;
      }).join("");
      mark();
    }
    // Names where there is room: the chosen first, then those round them, then the rest.
    function label() {
      if (!map.offsetParent) return;
      const wide = map.clientWidth, high = map.clientHeight, taken = [];
      const rank = (name) => (dots[name].classList.contains("on") || name === at ? -1 : blend.length ? away(styles[name], middle()) : 0);
      const order = [...names].sort((a, b) => rank(a) - rank(b));
      for (const name of names) {
        const { x, y } = styles[name];
        taken.push([(0.04 + 0.92 * x) * wide - 5, (0.04 + 0.92 * y) * high - 5, 10, 10, name]);
      }
      for (const name of order) {
        const tag = dots[name].firstChild, { x, y } = styles[name], width = tag.offsetWidth, height = tag.offsetHeight - 2;
        const cx = (0.04 + 0.92 * x) * wide, cy = (0.04 + 0.92 * y) * high;
        const gap = dots[name].classList.contains("on") ? 14 : 7;
        const tries = [["", cx + gap, cy - height / 2], ["left", cx - gap - width, cy - height / 2],
          ["above", cx - width / 2, cy - gap - height], ["below", cx - width / 2, cy + gap]];
        const fits = tries.find(([, left, top]) => left > 1 && top > 1 && left + width < wide - 1 && top + height < high - 1
          && !taken.some(([l, t, w, h, owner]) => owner !== name && left < l + w && l < left + width && top < t + h && t < top + height));
        dots[name].dataset.side = fits ? fits[0] : tries[0][1] + width > wide ? "left" : "";
        dots[name].classList.toggle("named", Boolean(fits));
        if (fits) taken.push([fits[1], fits[2], width, height, name]);
      }
    }
    function under(event) {
      const frame = map.getBoundingClientRect();
      const point = { x: ((event.clientX - frame.left) / frame.width - 0.04) / 0.92, y: ((event.clientY - frame.top) / frame.height - 0.04) / 0.92 };
      return nearest(point, 1)[0];
    }
    let over = null;
    const hover = (name) => {
      if (over) dots[over].classList.remove("over");
      over = name;
      if (name) dots[name].classList.add("over");
      tell(name || (map === document.activeElement ? at : null));
    };
    map.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") hover(under(event)); });
    map.addEventListener("pointerleave", () => hover(null));
    map.addEventListener("click", (event) => { const name = under(event); toggle(name); tell(name); });
    map.addEventListener("focus", () => { at ??= blend[0]?.name || nearest({ x: 0.5, y: 0.5 }, 1)[0]; mark(); });
    map.addEventListener("blur", mark);
    map.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (way) {
        const here = styles[at];
        const ahead = (name) => way[0] * (styles[name].x - here.x) + way[1] * (styles[name].y - here.y);
        const cost = (name) => 3 * away(styles[name], here) - 2 * ahead(name);
        at = names.filter((name) => ahead(name) > 0.6 * away(styles[name], here) && name !== at).sort((a, b) => cost(a) - cost(b))[0] || at;
        mark();
      } else if (event.key === "Enter" || event.key === " ") { toggle(at); tell(at); } else return;
      event.preventDefault();
    });
    atlas.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.lean) lean(button.dataset.lean, Number(button.dataset.way));
      if (button?.dataset.drop) toggle(button.dataset.drop);
    });
    atlas.addEventListener("change", (event) => {
      const find = event.target.closest(".ew-find input");
      if (find) {
        const name = names.find((one) => styles[one].title.toLowerCase() === find.value.trim().toLowerCase());
        if (name) { if (!blend.some((b) => b.name === name)) toggle(name); find.value = ""; }
      }
      if (event.target.dataset.share) mark();
    });
    atlas.addEventListener("input", (event) => {
      const slider = event.target.closest("[data-share]");
      if (!slider) return;
      const index = Number(slider.dataset.share), weight = Number(slider.value) / 100;
      const rest = 1 - blend[index].weight || 1;
      blend = blend.map((b, i) => ({ ...b, weight: i === index ? weight : (b.weight / rest) * (1 - weight) }));
      write("style-blend", blend.map((b) => `${b.name}:${b.weight.toFixed(2)}`).join(","));
      atlas.querySelectorAll("[data-share]").forEach((other, i) => {
        if (i !== index) other.value = Math.round(100 * blend[i].weight);
        other.nextElementSibling.textContent = `${Math.round(100 * blend[i].weight)} %`;
      });
    });
    document.addEventListener("ew-cleared", () => { blend = []; show(); });
    document.addEventListener("ew-restored", () => { blend = kept(); show(); });
    new ResizeObserver(label).observe(map);
    show();
  });
})();
