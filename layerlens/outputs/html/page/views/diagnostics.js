// What was odd about the image: how often each oddity, what it means, and every single one.

import { MEANINGS } from "../diagnosticwords.js";
import { h, replace } from "../dom.js";
import { layerLink, pathLink } from "../links.js";
import { go, hashOf } from "../route.js";
import { clipped, count, counted } from "../shown.js";
import { figures, table } from "../table.js";

const VIEW = "diagnostics";

/** What stands for those of a code and a layer that were too many to keep. */
const MORE = /^and (\d+) more like it$/;

/** By code, the most frequent first: {code, count}. */
function grouped(notes) {
  const counts = new Map();
  for (const note of notes) {
    const more = MORE.exec(note.message);
    counts.set(note.code, (counts.get(note.code) ?? 0) + (more ? Number(more[1]) : 1));
  }
  return Array.from(counts, ([code, number]) => ({ code, count: number })).sort((a, b) => b.count - a.count);
}

const COLUMNS = [
  {
    id: "code",
    title: "Code",
    header: true,
    cell: (note) => h("code", { class: "diagnostic-code" }, note.code),
    sort: (note) => note.code,
  },
  { id: "message", title: "What was found", cell: (note) => h("span", { class: "message" }, clipped(note.message, 600)) },
  {
    id: "layer",
    title: "Layer",
    cell: (note) => note.layer !== null && layerLink(note.layer, String(note.layer)),
    sort: (note) => note.layer ?? -1,
  },
  {
    id: "path",
    title: "Path",
    cell: (note) =>
      note.path !== null &&
      h(
        "span",
        { class: "place" },
        pathLink(note.path, {
          of: note.layer === null ? "all" : String(note.layer),
          text: clipped(`/${note.path}`, 400),
        }),
      ),
    sort: (note) => note.path ?? "",
  },
];

class Diagnostics {
  constructor(report) {
    this.notes = report.image.document.diagnostics;
    const groups = grouped(this.notes);
    this.choice = h(
      "select",
      { onchange: () => go(VIEW, { code: this.choice.value }, { quietly: true }) },
      h("option", { value: "" }, "all"),
      groups.map(({ code }) => h("option", { value: code }, code)),
    );
    this.status = h("span", { class: "faint", role: "status" });
    this.table = table({
      columns: COLUMNS,
      rows: this.notes,
      caption: "Diagnostics",
      empty: "Nothing odd was found in this image.",
    });
    const total = groups.reduce((sum, group) => sum + group.count, 0);
    this.element = h(
      "section",
      { class: "diagnostics-view" },
      h("h1", {}, "Diagnostics"),
      this.notes.length
        ? [
            h(
              "p",
              {},
              `${counted(total, "oddity", "oddities")} met while the image was read: where tools disagree ` +
                "on what a layer means, or where something could not be read.",
            ),
            groups.length > 1 || total > this.notes.length ? this.groups(groups) : null,
            h("h2", {}, "Each of them"),
            groups.length > 1
              ? h("p", { class: "choice" }, h("label", {}, "Code ", this.choice), " ", this.status)
              : h("p", {}, MEANINGS[groups[0].code]),
            this.table.element,
          ]
        : h("p", {}, "Nothing odd was found in this image."),
    );
  }

  groups(groups) {
    return [
      h("h2", {}, "By code"),
      table({
        caption: "Diagnostics by code",
        rows: groups,
        sorted: { id: "count", down: true },
        columns: [
          {
            id: "code",
            title: "Code",
            header: true,
            cell: (group) => h("a", { href: hashOf(VIEW, { code: group.code }) }, h("code", { class: "diagnostic-code" }, group.code)),
            sort: (group) => group.code,
          },
          figures("count", "How many", count, (group) => group.count),
          { id: "meaning", title: "What it means", cell: (group) => MEANINGS[group.code] },
        ],
      }).element,
    ];
  }

  show({ code = "" }) {
    if (this.shown === code || !this.notes.length) return;
    this.shown = code;
    this.choice.value = code;
    const rows = code ? this.notes.filter((note) => note.code === code) : this.notes;
    this.table.show(rows);
    replace(this.status, code ? `${counted(rows.length, "line")} of this code` : "");
  }
}

export const diagnostics = {
  id: VIEW,
  title: "Diagnostics",
  has: (report) => report.image !== null,
  count: (report) => report.image.document.diagnostics.length || null,
  make: (report) => new Diagnostics(report),
};
