// Reads and writes the page's text fields, so that what is drawn or clicked becomes part of the form; asks its endpoints.
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

  // Asks one of the page's own endpoints and waits for its answer.
  async function ask(name, data) {
    const call = await fetch(`gradio_api/call/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ data }),
    });
    if (!call.ok) throw new Error(call.status === 503 ? "Too many people at once; try again in a minute." : "");
    const { event_id: id } = await call.json();
    const stream = await (await fetch(`gradio_api/call/${name}/${id}`)).text();
    const last = stream.trim().split(/\n\n/).pop() || "";
    const [, kind, body] = last.match(/^event: (\w+)\ndata: (.*)$/s) || [];
    if (kind !== "complete") {
      let told = null;
      try { told = JSON.parse(body); } catch { /* no words came with it */ }
      throw new Error((told && (told.error || told.message)) || (typeof told === "string" ? told : ""));
    }
    return JSON.parse(body)[0];
  }

  // As whenThere, for elements that are drawn again in place: `begin(element, signal)` is called anew when `data-drawn`
  // has changed, and the signal ends what the call before listened to.
  function whenDrawn(selector, begin) {
    const drawn = new WeakMap();
    const look = () => {
      for (const element of document.querySelectorAll(selector)) {
        const before = drawn.get(element);
        if (before?.mark === element.dataset.drawn) continue;
        before?.listening.abort();
        const listening = new AbortController();
        drawn.set(element, { mark: element.dataset.drawn, listening });
        begin(element, listening.signal);
      }
    };
    const watch = () => new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-drawn"] });
    if (document.body) watch(); else document.addEventListener("DOMContentLoaded", watch);
  }

  return { box, read, write, whenThere, whenDrawn, ask };
})());
