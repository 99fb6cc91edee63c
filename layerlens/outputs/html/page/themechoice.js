// Light, dark, or as the system says; remembered where the browser allows it.

import { h } from "./dom.js";

const KEY = "layerlens-theme";

/** The control that chooses the theme; theme.js puts it in force. */
export function themeChoice() {
  const root = document.documentElement;
  const choose = (event) => {
    const theme = event.target.value;
    root.dataset.choice = theme;
    try {
      if (theme === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // Then the choice lasts as long as the page is open.
    }
    window.dispatchEvent(new Event("themechoice"));
  };
  return h(
    "label",
    { class: "theme" },
    h("span", {}, "Theme"),
    h(
      "select",
      { onchange: choose },
      ["system", "light", "dark"].map((theme) =>
        h("option", { value: theme, selected: theme === root.dataset.choice }, theme),
      ),
    ),
  );
}
