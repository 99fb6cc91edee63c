// One layer: what it is, what became of its bytes, what it did.

import { changeTree } from "./changetree.js";
import { add, h, replace } from "./dom.js";
import { copyButton } from "./facts.js";
import { instruction, raw } from "./instruction.js";
import { CHANGED, LayerChanges } from "./layerchanges.js";
import { blaming, moment, originOf } from "./layertable.js";
import { findingLink, layerLink } from "./links.js";
import { causeOf } from "./matrix.js";
import { hashOf } from "./route.js";
import { count, counted, share, size } from "./shown.js";
import { table } from "./table.js";
import { classStyle, labelled, severity } from "./words.js";

/**
 * The details of one layer; `choose(params)` changes {kinds, q, sort} in the route.
 * Gives {element, title, show(params)}.
 */
export function layerDetails(image, losses, index, choose) {
  const layer = image.layer(index);
  const title = h(
    "h1",
    { tabindex: "-1" },
    `Layer ${index} `,
    h("span", { class: `origin ${originOf(layer)}` }, originOf(layer)),
  );
  const blames = blaming(image, index);
  const lines = [...new Set(blames.map(([finding]) => finding.line).filter((line) => line !== null))];
  const changes = changesOf(image, layer, choose);
  const element = h(
    "div",
    {},
    title,
    h(
      "div",
      { class: "said-in-full" },
      instruction(layer.instruction, layer.keyword, { lines: 40, chars: 4000 }),
      lines.length > 0 &&
        h("p", { class: "faint" }, lines.map((line) => `line ${line}`).join(", "), " of the Dockerfile"),
      layer.build_args.length > 0 && [
        h("h2", {}, "Build arguments"),
        h(
          "ul",
          { class: "args" },
          layer.build_args.slice(0, 200).map((arg) => h("li", {}, h("code", {}, arg))),
        ),
      ],
      layer.created_by && raw(layer.created_by, "As the image records it (created_by)"),
    ),
    facts(image, layer),
    h(
      "div",
      { class: "two" },
      h("section", {}, h("h2", {}, "What became of its bytes"), fate(image, losses, layer)),
      h("section", {}, h("h2", {}, "What it made unreachable"), kills(image, losses, layer)),
    ),
    image.document.findings !== null &&
      h("section", {}, h("h2", {}, "Findings that blame it"), findings(blames)),
    changes.element,
  );
  return { element, title, show: changes.show };
}

function facts(image, layer) {
  const list = h("dl", { class: "facts" });
  const fact = (name, ...value) => line("", name, value);
  const line = (kind, name, value) =>
    add(list, [h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value))]);
  const digest = (text, what) =>
    text
      ? [
          h("code", { class: "digest" }, text),
          copyButton(text, what),
        ]
      : h("span", { class: "faint" }, "not known from where the image was read");
  fact("Size", `${size(layer.size)} (${share(layer.size, image.document.scores.total_bytes)} of the image)`);
  if (layer.compressed_size !== null) {
    const times =
      layer.tar_size > 0 && layer.compressed_size > 0 ? layer.tar_size / layer.compressed_size : 0;
    fact("Compressed", size(layer.compressed_size), times > 0 && ` (1 : ${times.toFixed(1)})`);
  }
  fact("Tar", `${size(layer.tar_size)}, ${size(layer.tar_size - layer.size)} of it headers and padding`);
  fact("Compression", layer.compression);
  fact(
    "Created",
    layer.created ? h("span", { title: layer.created }, moment(layer.created)) : "not recorded",
  );
  if (layer.media_type) fact("Media type", h("code", {}, layer.media_type));
  if (layer.comment) fact("Comment", layer.comment);
  line("long", "Digest (of the stored blob)", digest(layer.digest, "digest"));
  line("long", "diff_id (of the tar)", digest(layer.diff_id, "diff_id"));
  return list;
}

/** Kept, dead by cause and by the layer that killed, removable by class: adds up to the size. */
function fate(image, losses, layer) {
  const { ledger } = image.document;
  const rows = [];
  const row = (what, where, bytes, files) => rows.push({ what, where, bytes, files });
  const removable = losses.removable[layer.index];
  const kept = layer.size - layer.dead_bytes - removable;
  if (kept > 0) row({ kind: "kept", class: "live" }, null, kept, null);
  for (const loss of losses.all()) {
    if (loss.added === layer.index) row(ledger[loss.row], loss.lost, loss.bytes, loss.files);
  }
  const classes = Array.from(losses.classes[layer.index]).sort((a, b) => b[1].bytes - a[1].bytes);
  for (const [at, { bytes, files }] of classes) row(ledger[at], null, bytes, files);
  if (!rows.length) return h("p", { class: "faint" }, "It ships no bytes.");
  return figures(
    "What became of its bytes",
    ["Bytes", "Lost in", "Size", "Share", "Files"],
    rows.map(({ what, where, bytes, files }) => {
      const style = classStyle(what);
      const label = what.kind === "removable" ? `removable: ${style.label}` : style.label;
      return [
        labelled(style, label),
        where === null ? "" : where === layer.index ? "itself" : layerLink(where),
        size(bytes),
        share(bytes, layer.size),
        files === null ? "" : count(files),
      ];
    }),
    ["All", "", size(layer.size), share(layer.size, layer.size), ""],
  );
}

function kills(image, losses, layer) {
  const rows = Array.from(losses.all()).filter((loss) => loss.lost === layer.index);
  if (!rows.length) return h("p", { class: "faint" }, "Nothing: no byte died of it.");
  const { ledger } = image.document;
  return figures(
    "What it made unreachable",
    ["Cause", "Added in", "Size", "Share", "Files"],
    rows.map((loss) => [
      causeOf(ledger[loss.row]),
      loss.added === layer.index ? "itself" : layerLink(loss.added),
      size(loss.bytes),
      share(loss.bytes, layer.kills_bytes),
      count(loss.files),
    ]),
    ["All", "", size(layer.kills_bytes), share(layer.kills_bytes, layer.kills_bytes), ""],
  );
}

/** A small table whose last line is the sum of the others. */
function figures(caption, heads, rows, sums) {
  const cells = (row) =>
    row.map((cell, at) =>
      at ? h("td", { class: at > 1 && "number" }, cell) : h("th", { scope: "row" }, cell),
    );
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: "figures" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((head, at) => h("th", { scope: "col", class: at > 1 && "number" }, head)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) => h("tr", {}, cells(row))),
      ),
      h("tfoot", {}, h("tr", {}, cells(sums))),
    ),
  );
}

function findings(blames) {
  if (!blames.length) return h("p", { class: "faint" }, "None.");
  return table({
    columns: [
      { id: "severity", title: "Severity", cell: ([finding]) => severity(finding.severity) },
      {
        id: "title",
        title: "Finding",
        header: true,
        cell: ([finding, at]) => findingLink(at, finding.title),
      },
      {
        id: "bytes",
        title: "Bytes",
        number: true,
        first: "down",
        cell: ([finding]) => (finding.bytes ? size(finding.bytes) : ""),
        sort: ([finding]) => finding.bytes,
      },
    ],
    rows: blames,
    caption: "Findings that blame this layer",
  }).element;
}

/** The tree of changes, and what filters and sorts it. */
function changesOf(image, layer, choose) {
  const changes = new LayerChanges(image.tree, layer.index);
  const shown = changeTree(`Changes of layer ${layer.index}`);
  const boxes = CHANGED.map((kind, at) =>
    h("input", {
      type: "checkbox",
      value: kind,
      checked: true,
      onchange: filter,
      disabled: !changes.counts[at],
    }),
  );
  const text = h("input", { type: "search", oninput: filter, size: "20" });
  const order = h(
    "select",
    { onchange: filter },
    h("option", { value: "size" }, "largest first"),
    h("option", { value: "name" }, "by name"),
  );
  const status = h("p", { role: "status", class: "faint" });
  const names = ["added", "content", "metadata", "type", "removed"];
  const element = h(
    "section",
    { class: "changes" },
    h("h2", {}, "Changes"),
    h(
      "div",
      { class: "filters" },
      h(
        "fieldset",
        {},
        h("legend", { class: "unseen" }, "Kinds of change"),
        boxes.map((box, at) =>
          h("label", {}, box, ` ${names[at]} `, h("span", { class: "faint" }, count(changes.counts[at]))),
        ),
      ),
      h("label", {}, "Paths with ", text),
      h("label", {}, "Order ", order),
      h("a", { href: hashOf("files", { of: String(layer.index) }) }, "Files of this layer"),
    ),
    status,
    shown.element,
  );
  let drawn = null;

  function filter() {
    const kinds = boxes.filter((box) => box.checked || box.disabled).map((box) => box.value);
    choose({
      kinds: kinds.length === CHANGED.length ? "" : kinds.join(",") || "none",
      q: text.value,
      sort: order.value === "size" ? "" : order.value,
    });
  }

  return {
    element,
    show({ kinds = "", q = "", sort = "" }) {
      const key = JSON.stringify([kinds, q, sort]);
      if (key === drawn) return;
      drawn = key;
      const wanted = kinds ? kinds.split(",") : CHANGED;
      for (const box of boxes) box.checked = wanted.includes(box.value);
      if (text.value !== q) text.value = q;
      order.value = sort === "name" ? "name" : "size";
      const selection = changes.select({ kinds: wanted, text: q });
      const sums = selection.sums(selection.root);
      replace(
        status,
        `${counted(selection.size, "change")} (${counted(sums.added + sums.modified + sums.removed, "file")}): ` +
          `ships ${size(sums.ships)}, takes away ${size(sums.takes)}`,
      );
      shown.show(selection, { order: order.value, scope: layer.index, open: q !== "" });
    },
  };
}
