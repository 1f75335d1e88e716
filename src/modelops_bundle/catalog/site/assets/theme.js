// Colours: those of the system, or those that were chosen, which the browser remembers where it may.
"use strict";
(() => {
  const KEY = "catalog-theme";
  const CHOICES = ["system", "light", "dark"];
  const root = document.documentElement;
  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is switched off
    }
  };
  let chosen = CHOICES.includes(remembered()) ? remembered() : "system";
  const apply = () => {
    if (chosen === "system") delete root.dataset.theme;
    else root.dataset.theme = chosen;
  };
  apply();
  // The plain table waits unseen for the scripts that make more of it, and is shown when one of them fails.
  root.classList.add("scripted");
  addEventListener("error", () => root.classList.remove("scripted"), true);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const word = button.querySelector("span");
    word.textContent = chosen;
    button.hidden = false;
    button.addEventListener("click", () => {
      chosen = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
      word.textContent = chosen;
      apply();
      try {
        localStorage.setItem(KEY, chosen);
      } catch {
        // It holds for this page, then.
      }
    });
  });
})();
