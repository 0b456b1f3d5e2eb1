// Two takes at once: both decoded and playing, one of them heard. Switching is a crossfade of 10 ms at the same place;
// gains from the takes' loudness make both equally loud. Blind, names are hidden and pairs come in an order drawn from
// the seed of this visit. A vote goes into the hidden field #vote.
(() => {
  const { write, whenThere } = window.Earworm;
  const FADE_S = 0.01;
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const takes = () => [...document.querySelectorAll("#takes-grid .ew-take[data-take], #trials .ew-take[data-take]")]
    .filter((card) => card.offsetParent).map((card) => {
      const player = card.querySelector(".ew-player[data-group=takes]");
      return { take: card.dataset.take, name: card.dataset.name, lufs: Number(card.dataset.lufs), url: player.dataset.audio };
    });

  // The seed of this visit, and numbers from it (mulberry32).
  function seedOfVisit() {
    let seed = null;
    try { seed = sessionStorage.getItem("earworm-seed"); } catch { /* private windows refuse; then it is not kept */ }
    if (!seed) {
      seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
      try { sessionStorage.setItem("earworm-seed", seed); } catch { /* as above */ }
    }
    return Number(seed) >>> 0;
  }
  function numbers(seed) {
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }
  // All pairs, in an order and with sides drawn from the seed.
  function drawPairs(list, seed) {
    const draw = numbers(seed), pairs = [];
    list.forEach((a, i) => list.slice(i + 1).forEach((b) => pairs.push(draw() < 0.5 ? [a, b] : [b, a])));
    for (let i = pairs.length - 1; i > 0; i--) {
      const j = Math.floor(draw() * (i + 1));
      [pairs[i], pairs[j]] = [pairs[j], pairs[i]];
    }
    return pairs;
  }

  // Both takes in one clock. Position is in seconds; a take that is shorter is silent at the end.
  class Deck {
    constructor() { this.decoded = new Map(); this.sources = []; this.gains = []; this.heard = 0; this.at = 0; this.length = 0; this.loudness = [1, 1]; }
    get context() { return (this.ctx ??= new AudioContext()); }
    get playing() { return this.sources.length > 0; }
    async load(url) {
      if (!this.decoded.has(url)) {
        const answer = await fetch(url);
        if (!answer.ok) throw new Error("That take is not here any more; open it from your library.");
        this.decoded.set(url, await this.context.decodeAudioData(await answer.arrayBuffer()));
        if (this.decoded.size > 6) this.decoded.delete(this.decoded.keys().next().value);
      }
      return this.decoded.get(url);
    }
    position() { return this.playing ? Math.min(this.context.currentTime - this.begun, this.length) : this.at; }
    async choose(pair, match) {
      const turn = this.turn = (this.turn || 0) + 1; // a later choice wins, whichever is decoded first
      this.going ||= this.playing;
      this.stop();
      const buffers = await Promise.all(pair.map((one) => this.load(one.url)));
      if (turn !== this.turn) return;
      this.buffers = buffers;
      this.length = Math.max(...buffers.map((buffer) => buffer.duration));
      // to the softer of the two, so that nothing clips
      const softest = Math.min(...pair.map((one) => one.lufs));
      this.loudness = pair.map((one) => (match ? 10 ** ((softest - one.lufs) / 20) : 1));
      if (this.at > this.length - 0.2) this.at = 0;
      if (this.going) await this.play();
    }
    async play() {
      this.going = false;
      await this.context.resume();
      const start = this.context.currentTime + 0.02;
      this.begun = start - this.at;
      this.gains = this.buffers.map((_, side) => {
        const gain = this.context.createGain();
        gain.gain.value = side === this.heard ? this.loudness[side] : 0;
        gain.connect(this.context.destination);
        return gain;
      });
      this.sources = this.buffers.map((buffer, side) => {
        const source = this.context.createBufferSource();
        source.buffer = buffer;
        source.connect(this.gains[side]);
        source.start(start, Math.min(this.at, buffer.duration));
        return source;
      });
    }
    stop() {
      this.at = this.position();
      this.sources.forEach((source) => { try { source.stop(); } catch { /* it had ended */ } });
      this.sources = [];
    }
    listen(side) {
      this.heard = side;
      const now = this.playing ? this.context.currentTime : 0;
      this.gains.forEach((gain, index) => {
        if (!this.playing) return;
        gain.gain.cancelScheduledValues(now);
        gain.gain.setValueAtTime(gain.gain.value, now);
        gain.gain.linearRampToValueAtTime(index === side ? this.loudness[index] : 0, now + FADE_S);
      });
    }
    async seek(seconds) {
      const was = this.playing;
      this.stop();
      this.at = seconds;
      if (was) await this.play();
    }
  }

  whenThere(".ew-compare", (panel) => {
    const deck = new Deck(), q = (selector) => panel.querySelector(selector), all = (selector) => [...panel.querySelectorAll(selector)];
    const [seek, time, told, line] = [q(".ew-duel-seek"), q(".ew-time b"), q(".ew-duel-status"), q(".ew-blind-line")];
    const option = (name) => q(`[data-option=${name}]`).checked;
    let list = [], pairs = [], nth = 0, pair = null, count = 0, voted = 0;
    window.Earworm.deck = deck; // for whoever wants to measure it

    function refresh() {
      const now = takes(), same = now.length === list.length && now.every((one, i) => ["take", "url", "lufs"].every((name) => one[name] === list[i][name]));
      document.getElementById("compare").classList.toggle("ew-none", now.length < 2);
      if (same) return;
      list = now;
      pairs = drawPairs(list, seedOfVisit());
      nth = 0;
      voted = 0;
      for (const select of all("select")) {
        select.replaceChildren(...list.map((one, i) => new Option(one.name, String(i))));
      }
      if (list.length < 2) { deck.stop(); return; }
      pair = null;
      if (!q(".ew-duel").hidden) take(pairs[0]);
    }
    async function take(wanted) {
      pair = wanted;
      const blind = option("blind");
      panel.classList.toggle("ew-blind", blind);
      all("select").forEach((select, side) => { select.value = String(list.findIndex((one) => one.take === pair[side].take)); });
      line.textContent = blind ? `Pair ${nth + 1} of ${pairs.length}; names are hidden.` : "";
      all("[data-outcome]").forEach((button) => { button.disabled = pair[0].take === pair[1].take; });
      told.textContent = "Getting both ready …";
      try {
        const mine = pair;
        await deck.choose(pair, option("match"));
        if (mine === pair) told.textContent = voted ? `${voted} vote${voted > 1 ? "s" : ""} counted.` : "";
      } catch (error) {
        told.textContent = error.message || "These could not be played.";
      }
      show();
    }
    function next() {
      nth = (nth + 1) % pairs.length;
      return take(pairs[nth]);
    }
    function show() {
      const at = deck.position();
      if (deck.playing && at >= deck.length) { deck.stop(); deck.at = 0; }
      const play = q(".ew-duel-play");
      play.textContent = deck.playing ? "❚❚" : "▶";
      play.setAttribute("aria-pressed", String(deck.playing));
      play.setAttribute("aria-label", deck.playing ? "Pause" : "Play both");
      all("[data-switch]").forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.switch) === deck.heard)));
      if (document.activeElement !== seek || deck.playing) seek.value = String(deck.length ? at / deck.length : 0);
      seek.setAttribute("aria-valuetext", clock(at));
      time.textContent = clock(at);
      if (deck.playing) requestAnimationFrame(show);
    }
    async function toggle() {
      if (deck.playing) deck.stop();
      else if (deck.buffers) {
        document.querySelectorAll(".ew-player.ew-on .ew-play").forEach((button) => button.click()); // one music at a time
        await deck.play();
      }
      show();
    }
    function listen(side) { deck.listen(side); show(); }
    function vote(outcome) {
      if (!pair || pair[0].take === pair[1].take) return;
      count += 1;
      voted += 1;
      write("vote", JSON.stringify({ one: pair[0].take, other: pair[1].take, outcome, blind: option("blind"), nth: count }));
      told.textContent = `${voted} vote${voted > 1 ? "s" : ""} counted.`;
      if (!option("blind")) { next(); return; }
      if (nth + 1 < pairs.length) { next(); return; }
      q("[data-option=blind]").checked = false; // all pairs were heard: the names come back
      deck.stop();
      take(pair).then(() => { told.textContent = `${pairs.length > 1 ? `All ${pairs.length} pairs heard` : "Counted"}. A was ${pair[0].name}, B was ${pair[1].name}.`; });
    }

    panel.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.compare !== undefined) {
        const box = q(".ew-duel"), open = box.hidden;
        box.hidden = !open;
        button.setAttribute("aria-expanded", String(open));
        document.getElementById("compare").classList.toggle("ew-open", open);
        if (open) { if (!pair) take(pairs[nth]); } else { deck.stop(); show(); }
      } else if (button.classList.contains("ew-duel-play")) toggle();
      else if (button.dataset.switch) listen(Number(button.dataset.switch));
      else if (button.dataset.outcome) vote(button.dataset.outcome);
      else if (button.dataset.next !== undefined) next();
    });
    panel.addEventListener("change", (event) => {
      if (event.target.matches("select")) take(all("select").map((select) => list[Number(select.value)]));
      else if (event.target.matches("[data-option]")) {
        if (event.target.dataset.option === "blind" && event.target.checked) { nth = 0; take(pairs[0]); } else take(pair);
      }
    });
    seek.addEventListener("input", () => deck.seek(Number(seek.value) * deck.length).then(show));
    panel.addEventListener("keydown", (event) => {
      if (event.target.matches("select, input:not([type=range])") || event.ctrlKey || event.metaKey || event.altKey) return;
      const side = { a: 0, b: 1 }[event.key.toLowerCase()];
      if (side !== undefined) { event.preventDefault(); listen(side); }
      if (event.key === " " && !event.target.matches("button")) { event.preventDefault(); toggle(); }
    });
    document.addEventListener("click", (event) => { // a card's own player is heard alone
      if (event.isTrusted && deck.playing && event.target instanceof Element && event.target.closest(".ew-take .ew-play")) { deck.stop(); show(); }
    }, true);
    let due = false; // one look for many changes
    const soon = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => { due = false; refresh(); });
    };
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-take", "data-audio", "data-lufs", "class"] });
    refresh();
  });
})();
