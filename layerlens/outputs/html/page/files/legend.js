// What the colours mean, with the bytes of each in what is shown.

import { h, replace } from "../dom.js";
import { count, share, size } from "../shown.js";
import { mark } from "./styles.js";

const FIRST = 10;

/**
 * {element, show(title, rows, only)}; a row is {style, note, bytes}, the most bytes first.
 *
 * A row is a switch: `choose(label)` is told which one is to be looked at alone, or null.
 * `only` is the label of the one that is.
 */
export function legend(choose) {
  const element = h("section", { class: "legend", "aria-label": "Legend" });

  function draw(title, rows, only, most) {
    let all = 0;
    for (const row of rows) all += row.bytes;
    const line = ({ style, note, bytes }) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            class: "what",
            title: note ? `${style.label}: ${note}` : style.label,
            "aria-pressed": String(style.label === only),
            onclick: () => choose(style.label === only ? null : style.label),
          },
          mark(style),
          style.label,
          note ? h("span", { class: "faint" }, ` ${note}`) : null,
        ),
        h("span", { class: "number" }, size(bytes)),
        h("span", { class: "number faint" }, share(bytes, all)),
      );
    const rest = rows.length - most;
    replace(
      element,
      h("h2", {}, title),
      rows.length ? h("ul", {}, rows.slice(0, most).map(line)) : h("p", { class: "faint" }, "No bytes here."),
      only === null
        ? null
        : h("button", { type: "button", onclick: () => choose(null) }, `Show all, not only ${only}`),
      rest > 0
        ? h(
            "button",
            { type: "button", onclick: () => draw(title, rows, only, Math.min(rows.length, 500)) },
            `${count(rest)} more`,
          )
        : null,
    );
  }

  function show(title, rows, only = null) {
    // Who chose a row stays on it.
    const at = Array.from(element.querySelectorAll("button")).indexOf(document.activeElement);
    const label = at < 0 ? null : document.activeElement.title;
    // The row that is looked at alone is seen, however small it is.
    const place = rows.findIndex((row) => row.style.label === only);
    draw(title, rows, only, Math.max(FIRST, place + 1));
    if (at < 0) return;
    const buttons = Array.from(element.querySelectorAll("button"));
    (buttons.find((button) => button.title && button.title === label) ?? buttons[0])?.focus({ preventScroll: true });
  }

  return { element, show };
}
