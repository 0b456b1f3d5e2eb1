// Reads and writes the page's text fields, so that what is drawn or clicked becomes part of the form.
Object.assign(window.Earworm ??= {}, (() => {
  const box = (id) => document.querySelector(`#${id} textarea, #${id} input`);

  function read(id) {
    return box(id)?.value || "";
  }

  function write(id, text) {
    const field = box(id);
    if (!field || field.value === text) return;
    const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Calls `begin` once for every element that matches, now and whenever one is put into the page.
  function whenThere(selector, begin) {
    const known = new WeakSet();
    const look = () => {
      for (const element of document.querySelectorAll(selector)) {
        if (!known.has(element)) { known.add(element); begin(element); }
      }
    };
    const watch = () => { look(); new MutationObserver(look).observe(document.body, { childList: true, subtree: true }); };
    if (document.body) watch(); else document.addEventListener("DOMContentLoaded", watch);
  }

  return { box, read, write, whenThere };
})());
