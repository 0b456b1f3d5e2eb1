// A track's corrections and words go into the page's fields; a restyled take changes over to its original at the bar.
(() => {
  // seconds on one clock → seconds on the other, straight between the bars' pairs and going on beyond them
  function across(times, at, from, to) {
    let i = times.findIndex((pair) => pair[from] > at) - 1;
    if (i === -2) i = times.length - 2;
    i = Math.min(Math.max(i, 0), times.length - 2);
    if (times.length < 2) return Math.max(0, at + times[0][to] - times[0][from]);
    const [a, b] = [times[i], times[i + 1]];
    return Math.max(0, a[to] + ((at - a[from]) * (b[to] - a[to])) / (b[from] - a[from]));
  }

  function changeOver(button) {
    const box = button.closest(".ew-original"), card = box.closest(".ew-take");
    const take = card.querySelector(".ew-player[data-group=takes]"), original = box.querySelector(".ew-player");
    const { soundOf, toggle } = window.Earworm, times = JSON.parse(box.dataset.times);
    const [mine, theirs] = [soundOf(take.dataset.audio), soundOf(original.dataset.audio)];
    const back = !theirs.paused; // the original plays: back to the take
    const [from, to, player] = back ? [theirs, mine, take] : [mine, theirs, original];
    const at = across(times, from.currentTime, back ? 1 : 0, back ? 0 : 1);
    if (!from.paused) toggle(back ? original : take);
    to.currentTime = at;
    toggle(player);
  }

  function showSwitch(box) {
    const button = box.querySelector(".ew-bar-switch"), player = box.querySelector(".ew-player");
    new MutationObserver(() => {
      const on = player.classList.contains("ew-on");
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? "⇄ Back to the take at this bar" : "⇄ Hear the original at this bar";
    }).observe(player, { attributes: true, attributeFilter: ["class"] });
  }

  window.Earworm.whenThere(".ew-original", showSwitch);

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const ab = event.target.closest(".ew-bar-switch");
    if (ab) { changeOver(ab); return; }
    const words = event.target.closest("[data-use-words]");
    if (words) {
      window.Earworm.write("prompt", words.dataset.useWords);
      words.textContent = "They stand in Describe now";
      return;
    }
    const fix = event.target.closest("[data-fix]");
    if (fix) {
      const before = window.Earworm.read("reference-fixes");
      window.Earworm.write("reference-fixes", fix.dataset.fix ? [before, fix.dataset.fix].filter(Boolean).join(", ") : "");
    }
  });

  document.addEventListener("change", (event) => {
    const choice = event.target instanceof Element && event.target.closest("[data-fix-key]");
    if (!choice) return;
    const others = window.Earworm.read("reference-fixes").split(",").map((part) => part.trim())
      .filter((part) => part && !part.startsWith("key="));
    window.Earworm.write("reference-fixes", [...others, `key=${choice.value}`].join(", "));
  });
})();
