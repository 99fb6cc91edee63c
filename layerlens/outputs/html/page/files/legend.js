// What the colours mean, with the bytes of each in what is shown.

import { h, replace } from "../dom.js";
import { count, share, size } from "../shown.js";
import { mark } from "./styles.js";

const FIRST = 10;

/** {element, show(title, rows)}; a row is {style, note, bytes}, the most bytes first. */
export function legend() {
  const element = h("section", { class: "legend", "aria-label": "Legend" });

  function draw(title, rows, most) {
    let all = 0;
    for (const row of rows) all += row.bytes;
    const line = ({ style, note, bytes }) =>
      h(
        "li",
        {},
        h(
          "span",
          { class: "what", title: note ? `${style.label}: ${note}` : style.label },
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
      rest > 0
        ? h(
            "button",
            { type: "button", onclick: () => draw(title, rows, Math.min(rows.length, 500)) },
            `${count(rest)} more`,
          )
        : null,
    );
  }

  return { element, show: (title, rows) => draw(title, rows, FIRST) };
}
