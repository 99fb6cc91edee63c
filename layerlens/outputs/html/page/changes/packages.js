// Packages that came, went, or changed their version or size.

import { h, replace } from "../dom.js";
import { packageLink } from "../links.js";
import { change, count, size } from "../shown.js";
import { table } from "../table.js";
import { bars } from "./figures.js";

/** What became of a package: its sign, and the words for it. */
const STATES = {
  added: ["+", "added"],
  removed: ["−", "removed"],
  version: ["~", "other version"],
  size: ["·", "other size"],
};

/** {element, show()}. */
export function packages(report) {
  const { document, data } = report.comparison;
  const rows = document.packages.map((row, at) => ({ ...row, at: data.packages[at] }));
  if (document.old.package_count === null || document.new.package_count === null) {
    return {
      element: h("section", {}, h("h2", {}, "Packages"), h("p", {}, "Packages were not looked for.")),
      show() {},
    };
  }
  const counts = {};
  for (const row of rows) counts[row.change] = (counts[row.change] ?? 0) + 1;
  const told = Object.keys(STATES).filter((state) => counts[state]);
  const bar = bars(rows.map((row) => row.bytes));
  const status = h("p", { role: "status", class: "faint" });
  const search = h("input", { type: "search", oninput: filter });
  const sum = (all, key) => all.reduce((found, row) => found + row[key], 0);
  const shown = table({
    caption: "Packages that differ",
    rows,
    empty: rows.length ? "No package has this in its name." : "All packages are the same.",
    columns: [
      {
        id: "name",
        title: "Package",
        header: true,
        cell: (row) => (row.at === null ? row.name : packageLink(row.at, row.name)),
        sort: (row) => row.name,
        total: (all) => `${count(all.length)} listed`,
      },
      { id: "kind", title: "Of", cell: (row) => row.ecosystem, sort: (row) => row.ecosystem },
      {
        id: "state",
        title: "State",
        cell: (row) => {
          const [sign, words] = STATES[row.change];
          return h(
            "span",
            { class: "state" },
            h("span", { class: "sign", "aria-hidden": "true" }, sign),
            words,
          );
        },
        sort: (row) => row.change,
      },
      {
        id: "was",
        title: "Old version",
        cell: (row) => row.old_version,
        sort: (row) => row.old_version ?? "",
      },
      {
        id: "is",
        title: "New version",
        cell: (row) => row.new_version,
        sort: (row) => row.new_version ?? "",
      },
      {
        id: "old",
        title: "Old size",
        number: true,
        first: "down",
        cell: (row) => row.change !== "added" && size(row.old_bytes),
        sort: (row) => row.old_bytes,
        total: (all) => size(sum(all, "old_bytes")),
      },
      {
        id: "new",
        title: "New size",
        number: true,
        first: "down",
        cell: (row) => row.change !== "removed" && size(row.new_bytes),
        sort: (row) => row.new_bytes,
        total: (all) => size(sum(all, "new_bytes")),
      },
      {
        id: "change",
        title: "Change",
        number: true,
        first: "down",
        cell: (row) => change(row.bytes),
        sort: (row) => Math.abs(row.bytes),
        total: (all) => change(sum(all, "bytes")),
      },
      { id: "bar", title: h("span", { class: "unseen" }, "Bar"), cell: (row) => bar(row.bytes) },
    ],
  });
  function filter() {
    const text = search.value.toLowerCase();
    const found = rows.filter((row) => row.name.toLowerCase().includes(text));
    shown.show(found);
    replace(status, text ? `${count(found.length)} of ${count(rows.length)}` : "");
  }
  return {
    element: h(
      "section",
      {},
      h("h2", {}, "Packages"),
      h(
        "p",
        {},
        told.length
          ? told.map((state, at) => [at ? ", " : null, `${count(counts[state])} ${STATES[state][1]}`])
          : "None differs",
        ".",
      ),
      rows.length > 10 ? h("p", { class: "tools" }, h("label", {}, "Find ", search), status) : null,
      shown.element,
    ),
    show() {},
  };
}
