// How to read the report, with this image's own numbers, and what data the file holds.

import { block, h } from "../dom.js";
import { copyButton, facts, inParts } from "../facts.js";
import { COMMANDS, NOT_THERE, holds } from "../guide/contents.js";
import { EXACTNESS, KEYS, NUMBERS, views } from "../guide/using.js";
import { CLASSES, WORDS } from "../guide/words.js";
import { hashOf } from "../route.js";
import { clipped, count, lowest, percent, share, size } from "../shown.js";
import { table } from "../table.js";
import { classStyle, labelled } from "../words.js";

const VIEW = "guide";

const sentence = (text) => h("span", { class: "sentence" }, text);

function wordsPart() {
  return facts(WORDS);
}

/** All classes with their swatches; where an image is there, with its bytes. */
function classesPart(image) {
  const bytes = new Map(image?.document.ledger.map((row) => [`${row.kind} ${row.class}`, row.bytes]));
  const total = image?.document.scores.total_bytes;
  const rows = CLASSES.map(([kind, name, meaning]) => ({
    kind,
    meaning,
    style: classStyle({ kind, class: name }),
    bytes: bytes.get(`${kind} ${name}`) ?? 0,
  }));
  return [
    h(
      "p",
      {},
      "Every byte belongs to one class. Dead bytes are striped, removable ones plain or dotted, in all views.",
    ),
    table({
      caption: "Classes of bytes",
      rows,
      columns: [
        { id: "class", title: "Class", header: true, cell: (row) => labelled(row.style) },
        { id: "kind", title: "Kind", cell: (row) => row.kind },
        { id: "meaning", title: "What it is", cell: (row) => sentence(row.meaning) },
        image && {
          id: "bytes",
          title: "In this image",
          number: true,
          cell: (row) => (row.bytes ? `${size(row.bytes)}, ${share(row.bytes, total)}` : h("span", { class: "faint" }, "none")),
        },
      ].filter(Boolean),
    }).element,
  ];
}

/** Formulas, worked out with the numbers of the image. */
function scoresPart(image) {
  const { scores, base, savings, findings } = image.document;
  const { total_bytes: total, live_bytes: live, dead_bytes: dead, removable_bytes: removable } = scores;
  const yours = total - base.bytes;
  const score = (bytes) => (total ? share(bytes, total) : "100%");
  const rows = [
    {
      name: "Dead bytes",
      formula: "total − live",
      worked: `${count(total)} − ${count(live)} = ${count(dead)}`,
    },
    {
      name: "Kept bytes",
      formula: "total − dead − removable",
      worked: `${count(total)} − ${count(dead)} − ${count(removable)} = ${count(total - dead - removable)}`,
    },
    {
      name: "Efficiency",
      formula: "live ÷ total",
      worked: `${count(live)} ÷ ${count(total)} = ${score(live)}`,
      says: "How well the layers are made. 100% where nothing is dead.",
    },
    {
      name: "Lean score",
      formula: "(total − dead − removable) ÷ total",
      worked: `${count(total - dead - removable)} ÷ ${count(total)} = ${score(total - dead - removable)}`,
      says:
        "How much of the image has to be there." +
        (findings === null ? " Rules did not run, so nothing counts as removable here." : ""),
    },
    {
      name: "User wasted",
      formula: "(your bytes that are dead, or repeat what lies below) ÷ your bytes",
      worked: `${percent(scores.user_wasted_percent)} of ${count(yours)}`,
      says: base.layers ? "Your layers alone, without the base." : "No base is known, so all layers are yours.",
    },
    savings && {
      name: "With all plain advice followed",
      formula: "total − the bytes that it frees, each once",
      worked: `${count(total)} − ${count(savings.bytes)} = ${count(savings.total_bytes)}`,
      says: "Hints, alternatives and trade-offs are not in it.",
    },
  ].filter(Boolean);
  return [
    table({
      caption: "Scores and formulas, with the numbers of this image",
      rows,
      columns: [
        {
          id: "name",
          title: "Figure",
          header: true,
          cell: (row) => [row.name, row.says && h("span", { class: "remark" }, row.says)],
        },
        { id: "formula", title: "Formula", cell: (row) => sentence(row.formula) },
        { id: "worked", title: "In this image", number: true, cell: (row) => h("span", { class: "worked" }, row.worked) },
      ],
    }).element,
    total ? null : h("p", {}, "This image ships no bytes; then both scores are 100%."),
    h("p", {}, NUMBERS),
  ];
}

const SIZES = [
  ["content", "Bytes of file contents, uncompressed. All figures are of this kind unless they say otherwise."],
  ["transfer", "Compressed bytes: what a pull moves. A registry's page shows them."],
  ["tar", "Layers with headers and padding: what docker save writes."],
  ["docker", "Contents of all layers and the targets of links: what docker images shows."],
  ["unpacked", "What a container sees. du differs, because it counts whole blocks."],
  ["waste", "Of a path or a layer: its dead bytes and its removable ones."],
];

function sizesPart(image) {
  const known = new Map(image?.document.sizes.map((row) => [row.meter, row]));
  if (image) known.set("content", { bytes: image.document.scores.total_bytes });
  if (image) known.set("waste", { bytes: image.document.scores.dead_bytes + image.document.scores.removable_bytes });
  return [
    table({
      caption: "Kinds of sizes",
      rows: SIZES,
      columns: [
        { id: "size", title: "Size", header: true, cell: ([name]) => name },
        { id: "meaning", title: "What it counts", cell: ([, meaning]) => sentence(meaning) },
        image && {
          id: "bytes",
          title: "Of this image",
          number: true,
          cell: ([name]) => {
            const row = known.get(name);
            if (!row || row.bytes === null) return h("span", { class: "faint" }, "unknown");
            return `${row.approximate ? "≈ " : ""}${size(row.bytes)}`;
          },
        },
      ].filter(Boolean),
    }).element,
    image && h("p", {}, "More about them is in ", h("a", { href: hashOf("image", { part: "sizes" }) }, "Image"), "."),
  ];
}

function keysPart(there) {
  const rows = KEYS.filter(([view]) => view === null || there(view)).map(([view, keys, does]) => ({
    view: view === null ? "everywhere" : view[0].toUpperCase() + view.slice(1),
    keys,
    does,
  }));
  return table({
    caption: "Keys",
    rows,
    columns: [
      { id: "view", title: "In", header: true, cell: (row) => row.view },
      { id: "keys", title: "Keys", cell: (row) => row.keys.map((key) => h("kbd", {}, key)) },
      { id: "does", title: "What they do", cell: (row) => sentence(row.does) },
    ],
  }).element;
}

function exactPart(image) {
  const rows = [...EXACTNESS];
  if (image) {
    const { base } = image.document;
    const line = base.layers
      ? `The base is ${lowest(base.layers)} of this image. That rests on: ${clipped(base.rests_on, 300)}.`
      : "No base is known of this image.";
    rows.push(["Base and yours", base.boundary, line]);
  }
  return table({
    caption: "How exact figures are",
    rows,
    columns: [
      { id: "figure", title: "Figure", header: true, cell: ([figure]) => figure },
      { id: "how", title: "How exact", cell: ([, how]) => how },
      { id: "why", title: "Why", cell: ([, , why]) => sentence(why) },
    ],
  }).element;
}

function dataPart(report) {
  const whole = report.image?.document;
  const command = report.source.packed ? COMMANDS.packed : COMMANDS.plain;
  return [
    h("h3", {}, "What is in it"),
    facts([
      ...holds(report),
      whole && ["Written by", `LayerLens ${whole.layerlens}, in the form ${whole.schema_version} of its JSON`],
    ].filter(Boolean)),
    h("h3", {}, "What is not in it"),
    h("ul", { class: "sentences" }, NOT_THERE.map((text) => h("li", {}, text))),
    h("h3", {}, "How to get it out again"),
    h(
      "p",
      {},
      whole && "“Export” in the head of the page saves what is of use elsewhere. ",
      "The data are one JSON document in the element with the id “data”. In a shell, this gets it out",
      report.source.packed ? " and unpacks it:" : ":",
    ),
    h("div", { class: "shell-line" }, block(command, { tabindex: "0" }), copyButton(command, "the command")),
    whole &&
      h(
        "p",
        {},
        "In it, image.document is what --json writes, but for its two long lists, which image.tree holds in columns. " +
          "To open an image again in LayerLens without the image, keep it with --save: that form has everything.",
      ),
  ];
}

function limitsPart() {
  return h(
    "ul",
    { class: "sentences" },
    [
      "The report shows one moment. It does not notice when an image is built anew.",
      "It shows no contents of files. The terminal UI does: layerlens IMAGE.",
      "It runs nothing and scans for no vulnerabilities. It says what is there, not whether it is safe.",
      "Tables lay out 200 rows at a time. Sums and searches are over all rows, always.",
      "In very large images the smallest files of a directory stand together in one line. All sums stay exact.",
      "It needs JavaScript, and a browser from 2023 on. --html-plain writes one for older browsers.",
    ].map((text) => h("li", {}, text)),
  );
}

function viewsPart(there) {
  return views(there).map(([title, text]) => [h("h3", {}, title), h("p", {}, text)]);
}

export const guide = {
  id: VIEW,
  title: "Guide",
  has: () => true,
  make(report) {
    const { image } = report;
    // Links lead only to views that this report has.
    const there = (id) => report.views.has(id);
    return inParts(
      VIEW,
      "Guide",
      h(
        "p",
        { class: "lead" },
        "This report answers three questions about a container image: which bytes are waste, which instruction is to " +
          "blame, and how much comes back with which change.",
      ),
      [
        { id: "words", title: "Words", body: wordsPart() },
        { id: "classes", title: "Classes of bytes", body: classesPart(image) },
        image && { id: "scores", title: "Scores", body: scoresPart(image) },
        { id: "sizes", title: "Which size is which", body: sizesPart(image) },
        { id: "views", title: "How the views work", body: viewsPart(there) },
        { id: "keys", title: "Keys", body: keysPart(there) },
        { id: "exact", title: "How exact the figures are", body: exactPart(image) },
        { id: "limits", title: "Limits", body: limitsPart() },
        { id: "data", title: "What data this file contains", body: dataPart(report) },
      ],
    );
  },
};
