// The layers of both images, paired by the step of the build that made them.

import { h } from "../dom.js";
import { layerLink } from "../links.js";
import { change, count, size } from "../shown.js";
import { table } from "../table.js";
import { bars } from "./figures.js";

/** What became of a layer: its sign, and the words for it. */
const STATES = {
  same: ["=", "same"],
  changed: ["~", "changed"],
  added: ["+", "only in new"],
  removed: ["−", "only in old"],
};

function stateOf(pair) {
  if (pair.same) return "same";
  if (pair.old === null) return "added";
  return pair.new === null ? "removed" : "changed";
}

function grownBy(pair) {
  return (pair.size.new ?? 0) - (pair.size.old ?? 0);
}

/** {element, show()}. */
export function layers(report) {
  const pairs = report.comparison.document.layers;
  const counts = { same: 0, changed: 0, added: 0, removed: 0 };
  for (const pair of pairs) counts[stateOf(pair)] += 1;
  const told = Object.entries(counts).filter(([, number]) => number);
  const bar = bars(pairs.map(grownBy));
  const sum = (rows, side) => rows.reduce((all, pair) => all + (pair.size[side] ?? 0), 0);
  const stored = pairs.some((pair) => (pair.compressed_size.new ?? pair.compressed_size.old) !== null);
  const bytes = (id, title, get) => ({
    id,
    title,
    number: true,
    first: "down",
    cell: (pair) => (get(pair) === null ? "" : size(get(pair))),
    sort: (pair) => get(pair) ?? -1,
  });
  return {
    element: h(
      "section",
      {},
      h("h2", {}, "Layers"),
      h(
        "p",
        {},
        told.map(([state, number], at) => [at ? ", " : null, `${count(number)} ${STATES[state][1]}`]),
        ". A layer is the same where its content is, byte for byte; changed where the same step made it.",
      ),
      table({
        caption: "Layers of both images",
        rows: pairs,
        columns: [
          { id: "old", title: "Old", number: true, cell: (pair) => pair.old, sort: (pair) => pair.old ?? -1 },
          {
            id: "new",
            title: "New",
            number: true,
            cell: (pair) => pair.new !== null && layerLink(pair.new, String(pair.new)),
            sort: (pair) => pair.new ?? -1,
          },
          {
            id: "state",
            title: "State",
            cell: (pair) => {
              const [sign, words] = STATES[stateOf(pair)];
              return h(
                "span",
                { class: "state" },
                h("span", { class: "sign", "aria-hidden": "true" }, sign),
                words,
              );
            },
            sort: stateOf,
          },
          {
            ...bytes("old-size", "Old size", (pair) => pair.size.old),
            total: (rows) => size(sum(rows, "old")),
          },
          {
            ...bytes("new-size", "New size", (pair) => pair.size.new),
            total: (rows) => size(sum(rows, "new")),
          },
          {
            id: "change",
            title: "Change",
            number: true,
            first: "down",
            cell: (pair) => (grownBy(pair) ? change(grownBy(pair)) : ""),
            sort: (pair) => Math.abs(grownBy(pair)),
            total: (rows) => change(sum(rows, "new") - sum(rows, "old")),
          },
          {
            id: "bar",
            title: h("span", { class: "unseen" }, "Bar"),
            cell: (pair) => bar(grownBy(pair)),
          },
          ...(stored
            ? [bytes("stored", "Stored", (pair) => pair.compressed_size.new ?? pair.compressed_size.old)]
            : []),
          {
            id: "instruction",
            title: "Instruction",
            header: true,
            cell: (pair) => h("code", { class: "made-by" }, pair.instruction),
            total: () => "All layers",
          },
        ],
      }).element,
    ),
    show() {},
  };
}
