// Chips of what was understood: set aside or used again, their words changed in place; ideas go into the prompt.
(() => {
  const { box, read, write } = window.Earworm;

  function setAside(name) {
    const names = read("set-aside").split("\n").filter(Boolean);
    const kept = names.filter((other) => other !== name);
    write("set-aside", (kept.length < names.length ? kept : [...names, name]).join("\n"));
  }

  // The words a chip came from become a small box; Enter puts the new ones in their place, Escape leaves them.
  function change(button) {
    const chip = button.closest("li"), before = button.dataset.words;
    const field = document.createElement("input");
    field.value = before;
    field.size = Math.max(8, before.length + 2);
    field.setAttribute("aria-label", `Instead of “${before}”`);
    button.hidden = true;
    chip.prepend(field);
    field.focus();
    field.select();
    let open = true;
    const close = (keep) => {
      if (!open) return;
      open = false;
      field.remove();
      button.hidden = false;
      const words = field.value.trim();
      if (keep && words !== before) replaceWords(before, words); else button.focus();
    };
    field.addEventListener("blur", () => close(true));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); close(true); }
      if (event.key === "Escape") close(false);
    });
  }

  function replaceWords(before, words) {
    for (const id of ["prompt", "negative"]) {
      const text = read(id), at = text.toLowerCase().indexOf(before.toLowerCase());
      if (at >= 0) {
        write(id, (text.slice(0, at) + words + text.slice(at + before.length)).replace(/ {2,}/g, " ").trim());
        return;
      }
    }
  }

  function openLid(id) {
    const lid = document.getElementById(id), button = lid?.querySelector("button");
    if (button && !lid.querySelector(".ew-map, .ew-curve")?.offsetParent) button.click();
    lid?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    if (button.dataset.aside) setAside(button.dataset.aside);
    else if (button.dataset.words) change(button);
    else if (button.dataset.open) openLid(button.dataset.open);
    else if (button.dataset.clear) {
      write(button.dataset.clear, "");
      document.dispatchEvent(new Event("ew-cleared"));
    } else if (button.dataset.prompt) write("prompt", button.dataset.prompt);
    else if (button.dataset.add) {
      write("prompt", `${read("prompt").trim().replace(/[,;.]$/, "")}, ${button.dataset.add}`);
      box("prompt")?.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const chip = event.target instanceof Element && event.target.closest(".ew-chips li button");
    const aside = chip && chip.closest("li").querySelector("[data-aside]");
    if (aside && ["Delete", "Backspace"].includes(event.key)) { event.preventDefault(); setAside(aside.dataset.aside); }
  });
})();
