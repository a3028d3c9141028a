// A page that shows money follows the stream of events, and draws what moved anew.
// Without the stream it is as right as any page when it is loaded.
(() => {
  "use strict";

  const BETWEEN = 1500; // two drawings
  const SLACK = 10000; // a change may be so much older than a page that does not show it
  const FIRST_WAIT = 1000;
  const LONGEST_WAIT = 60000;
  const FLASH = 2000;

  let stream = null;
  let wait = FIRST_WAIT;
  let again = 0;
  let due = 0;
  let drawnAt = 0;
  let interrupted = false;
  let before = { figures: new Map(), focus: null };

  const part = () => document.getElementById("now");

  function follow() {
    const address = part()?.dataset.live;
    if (!address || stream || document.hidden) return;
    stream = new EventSource(address);
    stream.addEventListener("hello", greeted);
    stream.addEventListener("change", draw);
    stream.addEventListener("reload", draw);
    stream.addEventListener("ended", ended);
    stream.addEventListener("error", failed);
  }

  function leave() {
    clearTimeout(again);
    stream?.close();
    stream = null;
    interrupted = true;
  }

  // What was missed while nobody followed is not told again: the page is drawn.
  function greeted(event) {
    wait = FIRST_WAIT;
    const changed = Date.parse(JSON.parse(event.data).changed_at || "");
    if (interrupted || changed > Date.parse(part().dataset.at) - SLACK) draw();
    interrupted = false;
  }

  // The browser comes again by itself, and resumes, unless it was refused.
  function failed() {
    if (stream?.readyState !== EventSource.CLOSED) return;
    leave();
    again = setTimeout(follow, wait * (0.5 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  // Signed out, here or elsewhere: drawing leads to the sign-in page, and no figure stays.
  function ended(event) {
    if (JSON.parse(event.data).why !== "signed_out") return;
    leave();
    draw();
  }

  function draw() {
    if (due) return;
    due = setTimeout(() => {
      due = 0;
      drawnAt = Date.now();
      part()?.dispatchEvent(new Event("moved"));
    }, Math.max(0, drawnAt + BETWEEN - Date.now()));
  }

  function figures() {
    const cards = part()?.querySelectorAll("[data-balance]") || [];
    return new Map([...cards].map((card) => [card.dataset.balance, figure(card)]));
  }

  function figure(card) {
    return card.querySelector(".vault-figure").textContent;
  }

  function flash() {
    const words = [];
    for (const card of part()?.querySelectorAll("[data-balance]") || []) {
      const was = before.figures.get(card.dataset.balance);
      if (was === undefined || was === figure(card)) continue;
      card.dataset.flash = "";
      setTimeout(() => delete card.dataset.flash, FLASH);
      words.push(`${card.dataset.balance} available: ${figure(card)}`);
    }
    const live = document.getElementById("live");
    if (live && words.length) live.textContent = words.join(", ");
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "now") return;
    const focus = document.activeElement?.closest("#now a")?.getAttribute("href");
    before = { figures: figures(), focus };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "now") return;
    const links = part().querySelectorAll("a");
    if (before.focus) [...links].find((a) => a.getAttribute("href") === before.focus)?.focus();
    flash();
  });

  // A page that nobody sees holds no connection: browsers have few of them for a site.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", follow);
})();
