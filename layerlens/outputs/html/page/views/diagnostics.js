// What was odd about the image.

import { h } from "../dom.js";
import { table } from "../table.js";

const COLUMNS = [
  { id: "code", title: "Code", header: true, cell: (note) => h("code", {}, note.code), sort: (note) => note.code },
  { id: "message", title: "What was found", cell: (note) => note.message },
  {
    id: "layer",
    title: "Layer",
    number: true,
    cell: (note) => note.layer,
    sort: (note) => note.layer ?? -1,
  },
  {
    id: "path",
    title: "Path",
    cell: (note) => note.path !== null && h("span", { class: "path" }, note.path),
    sort: (note) => note.path ?? "",
  },
];

export const diagnostics = {
  id: "diagnostics",
  title: "Diagnostics",
  has: (report) => report.image !== null,
  count: (report) => report.image.document.diagnostics.length || null,
  make(report) {
    const rows = report.image.document.diagnostics;
    const shown = table({
      columns: COLUMNS,
      rows,
      caption: "Diagnostics",
      empty: "Nothing odd was found in this image.",
    });
    return {
      element: h("section", {}, h("h1", {}, "Diagnostics"), shown.element),
      show() {},
    };
  },
};
