// Runs before the first paint so that the page never flashes in the wrong theme.
// The same key and values as Django's admin, so both faces agree.
(() => {
  "use strict";
  const root = document.documentElement;
  let saved = "auto";
  try {
    saved = localStorage.getItem("theme") || "auto";
  } catch {
    // Storage may be refused; the system's theme is then right.
  }
  root.dataset.theme = saved;
  root.classList.add("js");
})();
