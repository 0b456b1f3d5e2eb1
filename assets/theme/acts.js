// Buttons on take cards that open something for that take: `data-act="mix"` inside `data-take="NAME"` writes
// "NAME 3" into the hidden field #chosen-mix, which the panel's Python side listens to (modules/ui/acts.py).
(() => {
  let count = 0; // so that pressing the same button twice is two events
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-act]");
    const card = button && button.closest("[data-take]");
    if (!card) return;
    count += 1;
    window.Earworm.write(`chosen-${button.dataset.act}`, `${card.dataset.take} ${count}`);
  });
})();
