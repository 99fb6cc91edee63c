// All layers as a table, with the rows of the history that made none where they are wanted.

import { h } from "./dom.js";
import { brief, instruction, keywordOf } from "./instruction.js";
import { findingLink, layerLink } from "./links.js";
import { count, counted, share, size } from "./shown.js";
import { table } from "./table.js";
import { WhatIf } from "./whatif.js";

/** When something was made, to the minute; what is no date in UTC stays as it is. */
export function moment(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(text ?? "");
  return found ? `${found[1]} ${found[2]} UTC` : brief(text ?? "", 60);
}

/** Whether a layer comes with the base image. */
export function originOf(layer) {
  return layer.base ? "base" : "yours";
}

/** The findings that blame a layer, as [finding, its place in the document]. */
export function blaming(image, index) {
  const findings = image.document.findings ?? [];
  return Array.from(findings.entries(), ([at, finding]) => [finding, at]).filter(
    ([finding]) => finding.layer === index,
  );
}

/** By layer: the findings that blame it, as `blaming` gives them, in one pass. */
function blamingEach(image) {
  const found = image.document.layers.map(() => []);
  (image.document.findings ?? []).forEach((finding, at) => found[finding.layer]?.push([finding, at]));
  return found;
}

/** By layer: the bytes that its findings speak of, each byte once. */
function together(image, blames) {
  const whatIf = new WhatIf(image.data.judgement.what_if, image.document.scores);
  return blames.map((each) => (each.length ? whatIf.of(new Set(each.map(([, at]) => at))).saved : 0));
}

/** Bytes of a layer as a bar: kept, removable, dead (striped); `whole` is its full length. */
function sizeBar({ size: bytes, dead_bytes: dead }, removable, whole) {
  const part = (amount, colour, pattern) =>
    amount > 0 &&
    h("span", {
      class: `part ${pattern}`,
      style: { "--of": `var(${colour})`, width: `${(100 * amount) / whole}%` },
    });
  return h(
    "span",
    { class: "bar", "aria-hidden": "true" },
    part(bytes - dead - removable, "--kept", "plain"),
    part(removable, "--removable", "dots"),
    part(dead, "--dead", "stripes"),
  );
}

/**
 * The table of an image's layers.  `losses` are its Losses; `open(index)` opens a layer.
 * Gives {element, show({history, current})}.
 */
export function layerTable(image, losses, open) {
  const { layers, scores, findings } = image.document;
  const largest = Math.max(1, ...layers.map((layer) => layer.size));
  const stored = layers.some((layer) => layer.compressed_size !== null);
  const blames = blamingEach(image);
  const gone = findings === null ? [] : together(image, blames);
  const found = (row) => gone[row.layer.index];

  const figure = (id, title, of, { shown = size, help } = {}) => ({
    id,
    title,
    help,
    number: true,
    first: "down",
    cell: (row) => row.layer && zero(of(row.layer), shown),
    sort: (row) => (row.layer ? of(row.layer) : -1),
    total: () => shown(layers.reduce((sum, layer) => sum + of(layer), 0)),
  });
  const columns = [
    {
      id: "index",
      title: "Layer",
      header: true,
      cell: (row) =>
        row.layer
          ? [
              labelled(layerLink(row.layer.index, row.layer.index), `layer ${row.layer.index}`),
              h("span", { class: `origin ${originOf(row.layer)}` }, originOf(row.layer)),
            ]
          : h("span", { class: "faint" }, "none"),
      sort: (row) => row.at,
      total: () => counted(layers.length, "layer"),
    },
    {
      id: "instruction",
      title: "Instruction",
      cell: (row) => [
        instruction(row.text, row.keyword),
        row.created && h("span", { class: "faint made", title: row.created }, moment(row.created)),
      ],
      total: () => "",
    },
    figure("size", "Size", (layer) => layer.size, { help: "Content bytes that the layer ships" }),
    stored &&
      figure("stored", "Compressed", (layer) => layer.compressed_size ?? 0, {
        help: "Bytes of the stored blob",
      }),
    {
      id: "share",
      title: "Share",
      help: "Of all bytes of the image",
      cell: (row) =>
        row.layer && [
          h("span", { class: "of" }, share(row.layer.size, scores.total_bytes)),
          sizeBar(row.layer, losses.removable[row.layer.index], largest),
        ],
      total: () => share(scores.total_bytes, scores.total_bytes),
    },
    figure("dead", "Dead", (layer) => layer.dead_bytes, {
      help: "Waste it suffered: its own bytes that this or a later layer made unreachable",
    }),
    figure("kills", "Kills", (layer) => layer.kills_bytes, {
      help: "Waste it caused: bytes of this and lower layers that it made unreachable",
    }),
    findings !== null &&
      figure("removable", "Removable", (layer) => losses.removable[layer.index], {
        help: "Bytes in it that are there in the end and need not be, by the findings",
      }),
    ...["added", "modified", "removed"].map((what) =>
      figure(what, what[0].toUpperCase() + what.slice(1), (layer) => layer[what].files, {
        shown: count,
        help: `Files ${what}; directories are not counted`,
      }),
    ),
    findings !== null && {
      id: "findings",
      title: "Findings",
      help: "Findings that blame it, and what they speak of, each byte once, whichever layer ships it",
      number: true,
      first: "down",
      cell: (row) => row.layer && blamed(blames[row.layer.index], found(row), row.layer.index),
      sort: (row) => (row.layer ? found(row) * 1000 + blames[row.layer.index].length : -1),
      total: () => count(blames.flat().length),
    },
  ].filter(Boolean);

  const rows = layers.map((layer, at) => ({
    at,
    layer,
    text: layer.instruction,
    keyword: layer.keyword,
    created: layer.created,
  }));
  const shown = table({
    columns,
    rows,
    caption: "Layers, lowest first",
    sorted: { id: "index", down: false },
    empty: "This image has no layers.",
    onrow(row, line) {
      line.classList.add(row.layer ? "layer" : "no-layer");
      if (!row.layer) return;
      line.addEventListener("click", (event) => {
        if (!event.target.closest("a, button") && getSelection().isCollapsed) open(row.layer.index);
      });
    },
  });
  let withHistory = false;
  return {
    element: shown.element,
    show({ history = false }) {
      if (history === withHistory) return;
      withHistory = history;
      shown.show(history ? between(rows, image.document.history) : rows);
    },
  };
}

/** How many rows of a history stand for no layer. */
export function withoutLayer(history) {
  return history.filter((row) => row.layer === null).length;
}

/** Rows of layers, and between them those of the history that made none. */
function between(rows, history) {
  const others = history
    .filter((row) => row.layer === null)
    .map((row) => ({
      row: row.row,
      layer: null,
      text: row.instruction,
      keyword: keywordOf(row.instruction),
      created: row.created,
    }));
  const found = [];
  let next = 0;
  for (const row of rows) {
    const until = row.layer.history_row;
    while (until !== null && next < others.length && others[next].row < until) {
      found.push({ ...others[next], at: row.at - 0.5 });
      next += 1;
    }
    found.push(row);
  }
  return [...found, ...others.slice(next).map((row) => ({ ...row, at: rows.length }))];
}

/** Nothing is told apart from something at a glance. */
function zero(amount, show) {
  return amount ? show(amount) : h("span", { class: "faint" }, show(0));
}

/** Say more of a link than there is room for. */
function labelled(link, text) {
  link.setAttribute("aria-label", text);
  return link;
}

function blamed(blames, bytes, index) {
  if (!blames.length) return h("span", { class: "faint" }, "0");
  const text = count(blames.length);
  // One leads to it, several to the layer, which lists them.
  const link = blames.length === 1 ? findingLink(blames[0][1], text) : layerLink(index, text);
  labelled(link, `${counted(blames.length, "finding")} of layer ${index}`);
  return bytes ? [link, h("br"), h("span", { class: "faint" }, size(bytes))] : link;
}
