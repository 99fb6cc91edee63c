// The figures of both images, why the size changed, and what a client fetches.

import { h, replace } from "../dom.js";
import { layerLink } from "../links.js";
import { hashOf } from "../route.js";
import { change, count, counted, share, size } from "../shown.js";
import { table } from "../table.js";
import { bars, changed, known, more, word } from "./figures.js";

/** Causes that are shown one by one; the others are one row, until they are asked for. */
const MOST_CAUSES = 12;

/** {element, show()}. */
export function summary(report) {
  const { document } = report.comparison;
  return {
    element: h(
      "div",
      {},
      headline(report.comparison),
      h("div", { class: "beside" }, figures(document), pull(document)),
      causes(report.comparison),
    ),
    show() {},
  };
}

function headline({ document, data }) {
  if (document.same) return h("p", { class: "lead" }, "Nothing differs.");
  const told = document.causes.slice(0, 3);
  const left = document.causes.length - told.length;
  return h(
    "p",
    { class: "lead" },
    sizes(document.size),
    told.length ? ", mostly " : null,
    told.map((cause, at) => [at ? ", " : null, `${change(cause.bytes)} ${data.causes[at]}`]),
    left ? ` and ${counted(left, "smaller cause")}` : null,
    ".",
  );
}

/** From which size to which, and what that is in words. */
function sizes({ old, new: now, change: bytes }) {
  if (bytes === null) return h("strong", {}, "Image size: not known");
  const how = bytes
    ? h("strong", {}, `${changed({ old, change: bytes })}, ${word(bytes, ["larger", "smaller"])}`)
    : h("strong", {}, "no change in size");
  return [`Image size: ${size(old)} → ${size(now)}, `, how];
}

// ---------------------------------------------------------------------------- both images

function figures(document) {
  const { old, new: now } = document;
  const bytes = (name, delta) => ({
    name,
    old: known(delta.old),
    new: known(delta.new),
    change: changed(delta),
    word: word(delta.change, ["larger", "smaller"]),
  });
  const of = (was, is) => ({ old: was, new: is, change: was === null || is === null ? null : is - was });
  const number = (name, was, is) =>
    was === null || is === null
      ? null
      : {
          name,
          old: count(was),
          new: count(is),
          change: more(is - was),
          word: word(is - was, ["more", "fewer"]),
        };
  const score = (name, was, is) => {
    const points = Math.round((is - was) * 1000) / 10;
    return {
      name,
      old: percent(was),
      new: percent(is),
      change: points ? `${points > 0 ? "+" : ""}${points.toFixed(1)} points` : "no change",
      word: word(points, ["better", "worse"]),
    };
  };
  const judged = old.package_count !== null && now.package_count !== null;
  const rows = [
    bytes("Size", document.size),
    document.transfer.old === null && document.transfer.new === null
      ? null
      : bytes("Transfer", document.transfer),
    bytes("Live bytes", document.live),
    bytes("Dead bytes", document.dead),
    judged ? bytes("Removable bytes", of(old.removable_bytes, now.removable_bytes)) : null,
    number("Layers", old.layer_count, now.layer_count),
    number("Files", old.file_count, now.file_count),
    number("Packages", old.package_count, now.package_count),
    score("Efficiency", old.efficiency, now.efficiency),
    score("Lean score", old.lean_score, now.lean_score),
  ].filter(Boolean);
  const columns = [
    { id: "name", title: "Figure", header: true, cell: (row) => row.name },
    { id: "old", title: "Old", number: true, cell: (row) => row.old },
    { id: "new", title: "New", number: true, cell: (row) => row.new },
    { id: "change", title: "Change", number: true, cell: (row) => unbroken(row.change) },
    { id: "word", title: "", cell: (row) => row.word },
  ];
  columns[4].title = h("span", { class: "unseen" }, "In a word");
  return h(
    "section",
    { class: "both" },
    h("h2", {}, "Both images"),
    table({ columns, rows, caption: "Figures of both images" }).element,
  );
}

/** A change that may only be broken before its share. */
function unbroken(text) {
  const [bytes, part] = text.split(" (");
  return part === undefined ? bytes : [h("span", {}, bytes), " ", h("span", {}, `(${part}`)];
}

function percent(score) {
  return share(Math.round(score * 1e9), 1e9);
}

// ---------------------------------------------------------------------------------- causes

function causes({ document, data }) {
  if (!document.causes.length) return null;
  const rows = document.causes.map((cause, at) => ({ cause, words: data.causes[at], bytes: cause.bytes }));
  const few = rows.slice(0, MOST_CAUSES);
  const others = rows.slice(MOST_CAUSES);
  if (others.length > 1) {
    const bytes = others.reduce((sum, row) => sum + row.bytes, 0);
    few.push({ cause: null, words: counted(others.length, "smaller cause"), bytes });
  } else few.push(...others);
  const whole = document.size.change ?? 0;
  const bar = bars([...few.map((row) => row.bytes), whole]);
  const shown = table({
    caption: "Why the size changed",
    rows: few,
    columns: [
      {
        id: "change",
        title: "Change",
        number: true,
        cell: (row) => change(row.bytes),
        total: (all) => change(all.reduce((sum, row) => sum + row.bytes, 0)),
      },
      {
        id: "bar",
        title: h("span", { class: "unseen" }, "Bar"),
        cell: (row) => bar(row.bytes),
        total: () => bar(whole),
      },
      { id: "what", title: "What", header: true, cell: (row) => row.words, total: () => "Change in size" },
      { id: "layer", title: "Layer", cell: (row) => row.cause && whoseLayer(row.cause) },
      { id: "by", title: "Instruction", cell: (row) => row.cause && instruction(row.cause) },
    ],
  });
  const switcher =
    few.length < rows.length
      ? h(
          "button",
          { type: "button", "aria-expanded": "false", onclick: toggle },
          `Show all ${count(rows.length)} causes`,
        )
      : null;
  function toggle() {
    const open = switcher.getAttribute("aria-expanded") === "false";
    switcher.setAttribute("aria-expanded", String(open));
    replace(switcher, open ? "Show the largest only" : `Show all ${count(rows.length)} causes`);
    shown.show(open ? rows : few);
  }
  return h(
    "section",
    { class: "causes" },
    h("h2", {}, `Why ${change(whole)}`),
    h(
      "p",
      { class: "faint" },
      "Each byte of both images is in one row: dead by its cause, removable by its class, of a ",
      "package, or of other files that a step brought. The rows add up to the change in size.",
    ),
    shown.element,
    switcher,
  );
}

function whoseLayer({ bytes, layer }) {
  if (layer === null) return null;
  // The layer is the old image's where it shrank, and that one's layers are not in here.
  return bytes < 0 ? `old ${layer}` : [`new `, layerLink(layer, String(layer))];
}

function instruction(cause) {
  return [
    h("code", { class: "made-by" }, cause.instruction),
    cause.line === null ? null : h("span", { class: "faint" }, ` line ${cause.line}`),
    cause.base ? h("span", { class: "faint" }, " base image") : null,
  ];
}

// ------------------------------------------------------------------------------------ pull

function pull({ pull: it, refetched }) {
  const whole = it.bytes + it.reused_bytes;
  const layers = (indices) => indices.map((index, at) => [at ? ", " : null, layerLink(index, String(index))]);
  return h(
    "section",
    { class: "pull" },
    h("h2", {}, "What a client fetches that has the old image"),
    h(
      "p",
      { class: "big" },
      h("strong", {}, size(it.bytes)),
      ` of ${size(whole)}, ${it.exact ? "as stored" : "content bytes: layers lie uncompressed here"}`,
    ),
    whole
      ? h(
          "div",
          { class: "halves", "aria-hidden": "true" },
          h("span", { class: "fetched", style: { "flex-grow": it.bytes } }),
          h("span", { class: "reused stripes", style: { "flex-grow": it.reused_bytes } }),
        )
      : null,
    h(
      "dl",
      {},
      h("dt", {}, "To fetch"),
      h("dd", {}, part(it.bytes, it.fetched.length), it.fetched.length ? [": ", layers(it.fetched)] : null),
      h("dt", {}, "There already"),
      h(
        "dd",
        {},
        part(it.reused_bytes, it.reused.length),
        it.reused.length ? [": ", layers(it.reused)] : null,
      ),
      it.chained_bytes === it.bytes
        ? null
        : [
            h("dt", {}, "Docker Engine's own store"),
            h(
              "dd",
              {},
              `fetches ${size(it.chained_bytes)}: it reuses a layer only on top of the same layers`,
            ),
          ],
      h("dt", {}, "What broke the cache"),
      h("dd", {}, it.why),
    ),
    refetched.length > 0 &&
      h("p", {}, h("a", { href: hashOf("changes", { part: "why" }) }, "What is fetched again for nothing")),
  );
}

function part(bytes, layers) {
  return `${size(bytes)} in ${counted(layers, "layer")}`;
}
