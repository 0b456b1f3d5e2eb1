// Stars, links and files: what is starred is shown on every card and row, links are copied, files dropped on the page
// are opened, and what is removed for good is asked about first.
(() => {
  const { whenThere } = window.Earworm;
  const SURE_MS = 4000; // in which a second press on Remove means it
  const OPENED = /\.(json|wav|flac|mp3|ogg|mp4|zip)$/i;

  function showStars() {
    const list = document.querySelector("#starred [data-starred]");
    if (!list) return;
    const starred = new Set(list.dataset.starred.split(" "));
    for (const star of document.querySelectorAll(".ew-star")) {
      const on = String(starred.has(star.closest("[data-take]")?.dataset.take));
      if (star.getAttribute("aria-pressed") !== on) star.setAttribute("aria-pressed", on);
    }
  }
  // The page changes elements in place where it can, so that attributes are watched too.
  const watch = (then, attributes) => new MutationObserver(then).observe(document.documentElement, {
    subtree: true, attributeFilter: attributes,
  });
  whenThere(".ew-star, #starred [data-starred]", showStars);
  watch(showStars, ["data-take", "data-starred"]);

  // A link is only the end of an address on the server; here it gets its beginning.
  function copy(box) {
    const field = box.querySelector("input"), button = box.querySelector("[data-copy-link]");
    field.select();
    navigator.clipboard?.writeText(field.value).then(() => { button.textContent = "Copied"; }, () => {});
  }
  function showLink() {
    const box = document.querySelector(".ew-toast"), field = box?.querySelector("input");
    if (!field) return;
    box.hidden = false;
    field.value = `${location.origin}${location.pathname}${field.dataset.link}`;
    copy(box);
  }
  whenThere(".ew-toast", showLink);
  watch(showLink, ["data-link", "data-nth"]);

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const remove = target?.closest("[data-act=remove]");
    if (remove && !remove.dataset.sure) {
      event.stopImmediatePropagation();
      const words = remove.textContent;
      remove.dataset.sure = "yes";
      remove.textContent = "Remove for good?";
      setTimeout(() => { delete remove.dataset.sure; remove.textContent = words; }, SURE_MS);
    } else if (target?.closest("[data-copy-link]")) copy(target.closest(".ew-toast"));
    else if (target?.closest(".ew-toast [data-close]")) target.closest(".ew-toast").hidden = true;
  }, true);

  // A recipe or sound dropped anywhere but on a box of its own is opened.
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const own = (event) => event.target instanceof Element && event.target.closest("#hum, #reference");
  document.addEventListener("dragover", (event) => { if (carries(event) && !own(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0], input = document.getElementById("open-file")?.parentElement.querySelector("input[type=file]");
    if (!file || own(event) || !OPENED.test(file.name) || !input) return;
    event.preventDefault();
    const list = new DataTransfer();
    list.items.add(file);
    input.files = list.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
