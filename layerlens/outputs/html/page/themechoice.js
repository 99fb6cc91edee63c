// Light, dark, or as the system says; remembered where the browser allows it.

import { h } from "./dom.js";

const KEY = "layerlens-theme";

/** The control that chooses the theme.  Listeners of "themechange" on window draw anew. */
export function themeChoice() {
  const root = document.documentElement;
  const choose = (event) => {
    const theme = event.target.value;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      if (theme === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // Then the choice lasts as long as the page is open.
    }
    window.dispatchEvent(new Event("themechange"));
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    window.dispatchEvent(new Event("themechange"));
  });
  const now = root.dataset.theme ?? "system";
  return h(
    "label",
    { class: "theme" },
    h("span", {}, "Theme"),
    h(
      "select",
      { onchange: choose },
      ["system", "light", "dark"].map((theme) =>
        h("option", { value: theme, selected: theme === now }, theme),
      ),
    ),
  );
}
