// Ctrl-K (Cmd-K): go to a page, or search the activity. The form works without this script's filter.
(() => {
  "use strict";
  const palette = document.querySelector("[data-palette]");
  if (!palette) return;
  const input = palette.querySelector("input");
  const hint = palette.querySelector("[data-palette-hint]");
  const items = [...palette.querySelectorAll("[data-palette-item]")];

  const shown = () => items.filter((item) => !item.parentElement.hidden);

  function filter() {
    const words = input.value.trim().toLowerCase();
    for (const item of items) {
      item.parentElement.hidden = !item.textContent.toLowerCase().includes(words);
    }
    hint.textContent = shown().length ? "Enter opens the first match" : "Enter searches the activity";
  }

  function open() {
    if (palette.open) return;
    input.value = "";
    filter();
    palette.showModal();
    input.focus();
  }

  function step(by) {
    const places = [input, ...shown()];
    const next = (places.indexOf(document.activeElement) + by + places.length) % places.length;
    places[next].focus();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) open();
    if (event.target === palette) palette.close();
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    }
  });
  input.addEventListener("input", filter);
  palette.querySelector("form").addEventListener("submit", (event) => {
    const [first] = shown();
    if (!first) return;
    event.preventDefault();
    window.location.assign(first.href);
  });
})();
