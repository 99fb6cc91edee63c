// Where the bytes are, what is fetched again for nothing, and what only moved.

import { h } from "../dom.js";
import { layerLink, pathLink } from "../links.js";
import { hashOf } from "../route.js";
import { change, count, counted, size } from "../shown.js";
import { figures, table } from "../table.js";
import { classStyle, labelled } from "../words.js";
import { bars } from "./figures.js";

/** Paths that are named of what is fetched again; the document has up to a hundred. */
const MOST_PATHS = 8;

/** What is fetched again, by the reason. */
const TITLES = {
  same: "Unchanged content",
  moved: "Content that moved",
  bytecode: "Compiled Python",
  log: "Logs and caches",
};

/** {element, show()}. */
export function why(report) {
  const { document, data } = report.comparison;
  return {
    element: h("div", {}, classes(document), again(document, data), moved(document)),
    show() {},
  };
}

function classes(document) {
  const rows = document.classes.map((row) => ({ ...row, style: classStyle(row) }));
  const sum = (side) => rows.reduce((all, row) => all + row.bytes[side], 0);
  const rest = document.size.old - sum("old");
  if (rest) rows.push({ kind: "", bytes: { old: rest, new: rest, change: 0 }, style: null });
  const bar = bars(rows.map((row) => row.bytes.change));
  const heading = h("h2", {}, "Where the bytes are");
  if (!document.classes.length) return h("section", {}, heading, h("p", {}, "No class of bytes changed."));
  const column = (id, title, show) => ({
    id,
    title,
    number: true,
    first: "down",
    cell: (row) => show(row.bytes[id]),
    sort: (row) => Math.abs(row.bytes[id]),
    total: () => show(document.size[id]),
  });
  return h(
    "section",
    {},
    heading,
    h(
      "p",
      { class: "faint" },
      "Each byte of each image is kept, dead by its cause, or removable by its class.",
    ),
    table({
      caption: "The ledger of both images",
      rows,
      columns: [
        {
          id: "class",
          title: "Class",
          header: true,
          cell: (row) => (row.style ? labelled(row.style) : "classes that did not change"),
          total: () => "Size",
        },
        { id: "kind", title: "Kind", cell: (row) => row.kind },
        column("old", "Old", size),
        column("new", "New", size),
        column("change", "Change", change),
        { id: "bar", title: h("span", { class: "unseen" }, "Bar"), cell: (row) => bar(row.bytes.change) },
      ],
    }).element,
  );
}

function again(document, data) {
  const rows = document.refetched;
  const total = rows.reduce((sum, row) => sum + row.bytes, 0);
  return h(
    "section",
    {},
    h("h2", {}, "Fetched again for nothing"),
    rows.length
      ? h(
          "p",
          {},
          h("strong", {}, size(total)),
          " of content in layers that a client must fetch, although nothing in it changed that matters.",
        )
      : h("p", {}, "Nothing: what a client fetches is what changed."),
    rows.map((row) =>
      h(
        "article",
        { class: "again" },
        h("h3", {}, `${TITLES[row.reason]}: ${size(row.bytes)} in ${counted(row.files, "file")}`),
        h(
          "p",
          {},
          data.reasons[row.reason],
          row.transfer_bytes === null ? "" : `; about ${size(row.transfer_bytes)} on the wire`,
          `; in layer${row.layers.length === 1 ? "" : "s"} `,
          row.layers.map((index, at) => [at ? ", " : null, layerLink(index, String(index))]),
          ".",
        ),
        h("p", { class: "advice" }, h("strong", {}, "What to do: "), row.advice),
        h(
          "ul",
          { class: "few" },
          row.paths
            .slice(0, MOST_PATHS)
            .map((path) => h("li", {}, pathLink(path, { of: "all", text: `/${path}` }))),
          row.files > MOST_PATHS
            ? h("li", { class: "faint" }, `and ${count(row.files - MOST_PATHS)} more`)
            : null,
        ),
      ),
    ),
  );
}

/** A path among those that differ. */
function placeLink(path) {
  return h("a", { class: "path", href: hashOf("changes", { part: "files", at: path }) }, `/${path}`);
}

function moved(document) {
  const rows = document.moved_directories;
  return h(
    "section",
    {},
    h("h2", {}, "Moved directories"),
    rows.length
      ? table({
          caption: "Directories all of whose files are elsewhere now",
          rows,
          columns: [
            {
              id: "from",
              title: "From",
              header: true,
              cell: (row) => placeLink(row.old_path),
              sort: (row) => row.old_path,
            },
            {
              id: "to",
              title: "To",
              cell: (row) => placeLink(row.new_path),
              sort: (row) => row.new_path,
            },
            figures("files", "Files", count, (row) => row.files),
            figures("bytes", "Bytes", size, (row) => row.bytes),
          ],
        }).element
      : h("p", {}, "No directory moved as a whole."),
  );
}
