// Small behaviors of the dashboard, all by delegation so that htmx-swapped parts work too.
(() => {
  "use strict";

  const THEMES = ["auto", "light", "dark"];
  const NAMES = { auto: "System theme", light: "Light theme", dark: "Dark theme" };

  function paintThemeButtons(theme) {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", `${NAMES[theme]}; change theme`);
      for (const face of button.querySelectorAll("[data-theme-face]")) {
        face.toggleAttribute("hidden", face.dataset.themeFace !== theme);
      }
      const label = button.querySelector("[data-theme-name]");
      if (label) label.textContent = NAMES[theme];
    }
  }

  function nextTheme() {
    const root = document.documentElement;
    const theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    root.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Not remembered, but still shown.
    }
    paintThemeButtons(theme);
  }

  async function copy(button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = "";
    announce("Copied");
    setTimeout(() => delete button.dataset.copied, 1600);
  }

  function announce(words) {
    const live = document.getElementById("live");
    if (live) live.textContent = words;
  }

  function localTimes(part) {
    const short = { day: "numeric", month: "short" };
    const day = { ...short, year: "numeric" };
    const clock = { hour: "2-digit", minute: "2-digit", hour12: false };
    for (const time of part.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.getAttribute("datetime"));
      if (Number.isNaN(at.valueOf())) continue;
      const style = time.dataset.style;
      const parts = { clock, day, short, moment: { ...short, ...clock } }[style] || { ...day, ...clock };
      time.textContent = new Intl.DateTimeFormat("en-GB", parts).format(at);
      time.title = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
      time.dataset.local = "";
    }
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier).catch(() => announce("Copying is not allowed here"));
    if (event.target.closest("[data-theme-toggle]")) nextTheme();
    if (event.target.closest("[data-print]")) window.print();
    closeMenus(event.target.closest("details.menu"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
  });

  // One click, one request: the key in the form makes a repeat harmless, this makes it rare.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.dataset.busy = "";
      // After this event, so that the clicked button's own name and value still travel.
      setTimeout(() => (button.disabled = true));
    }
  });

  // Back from the next page (bfcache): the form must be usable again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[data-busy]")) {
        button.disabled = false;
        delete button.dataset.busy;
      }
    }
  });

  // A form that came back refused may stand far down the page: go to what is wrong with it.
  function goToMistake() {
    const main = document.querySelector("main");
    const field = main?.querySelector("[aria-invalid=true]");
    const words = main?.querySelector("form [role=alert]:not([hidden])");
    if (field) field.focus({ preventScroll: true });
    (words || field)?.scrollIntoView({ block: "center" });
  }

  document.addEventListener("DOMContentLoaded", () => {
    goToMistake();
    paintThemeButtons(document.documentElement.dataset.theme || "auto");
    localTimes(document);
  });
  // An address names only the filters that are set.
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, parameters } = event.detail;
    if (verb !== "get") return;
    for (const [name, value] of Object.entries(parameters)) {
      if (value === "") delete parameters[name];
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => localTimes(event.target));
})();
