// Earworm's player. Any element with data-audio is a player; its position is the CSS variable --p (0 %–100 %).
// Sounds live outside the document, keyed by address, so that a take keeps playing while others arrive.
(() => {
  const sounds = new Map();
  let playing = null; // address of what plays now
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const players = (url) => document.querySelectorAll(`[data-audio="${CSS.escape(url)}"]`);

  function soundOf(url) {
    if (!sounds.has(url)) {
      const sound = new Audio(url);
      sound.preload = "auto";
      sound.addEventListener("ended", () => { playing = null; sound.currentTime = 0; show(url); });
      sound.addEventListener("pause", () => show(url));
      sound.addEventListener("play", () => { show(url); requestAnimationFrame(tick); });
      sounds.set(url, sound);
    }
    return sounds.get(url);
  }

  function show(url) {
    const sound = sounds.get(url);
    for (const player of players(url)) {
      const length = Number(player.dataset.duration) || sound.duration || 1;
      const card = player.dataset.group ? player.closest(".ew-take, .ew-desk") : player;
      card.style.setProperty("--p", `${Math.min(100, (100 * sound.currentTime) / length)}%`);
      player.classList.toggle("ew-on", !sound.paused);
      card.classList.toggle("ew-on", !sound.paused);
      const button = player.querySelector(".ew-play");
      button.setAttribute("aria-pressed", String(!sound.paused));
      button.setAttribute("aria-label", button.getAttribute("aria-label").replace(/^\w+/, sound.paused ? "Play" : "Pause"));
      player.querySelector(".ew-time b").textContent = clock(sound.currentTime);
      player.querySelector("[role=slider]").setAttribute("aria-valuenow", Math.round(sound.currentTime));
      for (const word of card.querySelectorAll(".ew-sung span")) {
        word.classList.toggle("on", sound.currentTime >= word.dataset.s && sound.currentTime < word.dataset.e);
      }
    }
  }

  function tick() {
    if (!playing) return;
    show(playing);
    if (!sounds.get(playing).paused) requestAnimationFrame(tick);
  }

  function toggle(player) {
    const url = player.dataset.audio, sound = soundOf(url);
    if (!sound.paused) { sound.pause(); playing = null; return; }
    const before = playing && playing !== url ? sounds.get(playing) : null;
    if (before) {
      // another take at the same place: that is how two takes are compared
      const both = player.dataset.group && [...players(playing)].some((p) => p.dataset.group === player.dataset.group);
      if (both && before.currentTime < Number(player.dataset.duration) - 0.5) sound.currentTime = before.currentTime;
      before.pause();
    }
    playing = url;
    sound.play();
  }

  function seek(player, share) {
    const sound = soundOf(player.dataset.audio);
    const length = Number(player.dataset.duration) || sound.duration || 1;
    sound.currentTime = Math.min(Math.max(share, 0), 0.999) * length;
    show(player.dataset.audio);
  }

  Object.assign(window.Earworm ??= {}, { soundOf, toggle }); // for track.js

  const playerOf = (element) =>
    element.closest(".ew-player") || element.closest(".ew-take")?.querySelector(".ew-player[data-group=takes]");

  // A download that is made first: the button becomes a link when it is there.
  async function exportFile(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    const note = button.querySelector("[role=status]");
    button.setAttribute("aria-busy", "true");
    note.textContent = "being made …";
    try {
      const file = await window.Earworm.ask("card_file", [button.closest("[data-take]").dataset.take, button.dataset.export]);
      const link = document.createElement("a");
      link.className = "ew-item";
      link.href = file.address;
      link.download = file.name;
      link.innerHTML = button.innerHTML;
      link.querySelector("[role=status]").textContent = `${note.dataset.hint}, ${file.size}`;
      const here = document.activeElement === button;
      button.replaceWith(link);
      if (here) link.focus();
      link.click();
    } catch (error) {
      button.removeAttribute("aria-busy");
      note.textContent = error.message || "That did not work; try again.";
    }
  }

  // Pictures are drawn when their lid is opened first.
  document.addEventListener("toggle", async (event) => {
    const box = event.target;
    if (!(box instanceof Element) || !box.matches(".ew-pictures[open]:not([data-drawn])")) return;
    box.dataset.drawn = "yes";
    const inside = box.querySelector("div");
    inside.textContent = "Drawing …";
    try {
      inside.innerHTML = (await window.Earworm.ask("card_pictures", [box.closest("[data-take]").dataset.take])).html;
    } catch (error) {
      delete box.dataset.drawn;
      inside.textContent = error.message || "That did not work; close and open to try again.";
    }
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const wanted = target.closest("[data-export]");
    if (wanted) return exportFile(wanted);
    const play = target.closest(".ew-play");
    if (play) return toggle(play.closest(".ew-player"));
    const place = target.closest(":is(.ew-take, .ew-desk) [data-seek]");
    if (place) {
      const box = place.getBoundingClientRect();
      return seek(playerOf(place), (event.clientX - box.left) / box.width);
    }
    const wide = target.closest(".ew-wide");
    if (wide) {
      const slot = wide.closest(".ew-grid > *");
      return wide.setAttribute("aria-pressed", String(slot.classList.toggle("ew-full")));
    }
    const numbers = target.closest("[data-numbers]");
    if (numbers) {
      return numbers.setAttribute("aria-pressed", String(numbers.parentElement.classList.toggle("ew-numbers")));
    }
    const seed = target.closest("[data-copy]");
    if (seed) {
      const words = seed.textContent;
      navigator.clipboard?.writeText(seed.dataset.copy).then(() => {
        seed.textContent = "copied";
        setTimeout(() => { seed.textContent = words; }, 1200);
      });
      return undefined;
    }
    if (target.closest(".ew-dark")) {
      const dark = document.body.classList.toggle("dark");
      try { localStorage.setItem("earworm-dark", dark ? "1" : "0"); } catch { /* private windows refuse; then it is not kept */ }
    }
    return undefined;
  });

  document.addEventListener("keydown", (event) => {
    const bar = event.target instanceof Element && event.target.closest("[role=slider][data-seek]");
    if (!bar || !["ArrowLeft", "ArrowRight", "Home"].includes(event.key)) return;
    event.preventDefault();
    const player = playerOf(bar), sound = soundOf(player.dataset.audio);
    const step = { ArrowLeft: -2, ArrowRight: 2, Home: -1e6 }[event.key];
    seek(player, Math.max(0, sound.currentTime + step) / (Number(player.dataset.duration) || 1));
  });

  // The choice between light and dark is this browser's; without one, the system's stands.
  window.addEventListener("load", () => setTimeout(() => {
    let kept = null;
    try { kept = localStorage.getItem("earworm-dark"); } catch { /* private windows refuse */ }
    if (kept !== null && !location.search.includes("__theme")) document.body.classList.toggle("dark", kept === "1");
  }, 0));
})();
