// The image itself: what it is, what it is set to run, and how it came to be.

import { h } from "../dom.js";
import { copyButton, facts, inParts } from "../facts.js";
import { layerLink } from "../links.js";
import { clipped, count, counted, lowest, share, size } from "../shown.js";
import { table } from "../table.js";

const HOW_SURE = {
  exact: "layers were compared with those of the base",
  declared: "the builder's own note says so",
  guessed: "the shape of the history suggests it",
  none: "not known, so all layers count as yours",
};

/** What stands in place of a secret's value, as layerlens/image/redaction.py writes it. */
const REDACTED = "[redacted]";

const faint = (text) => h("span", { class: "faint" }, text);
const exact = (bytes) => (bytes < 1000 ? size(bytes) : `${size(bytes)} (${count(bytes)} bytes)`);

function identity({ document, data }) {
  const { image, base, layers } = document;
  const id = (value, what) =>
    value === null ? faint("unknown") : [h("code", {}, value), copyButton(value, what)];
  return facts([
    ["Reference", [h("code", {}, image.reference), copyButton(image.reference, "the reference")]],
    ["Read from", image.source],
    ["Tags", image.tags.length ? image.tags.slice(0, 50).map((tag) => h("code", { class: "image-tag" }, tag)) : faint("none")],
    ["Id", [id(image.id, "the id"), h("span", { class: "remark" }, "digest of the configuration")]],
    ["Digest", [id(image.digest, "the digest"), h("span", { class: "remark" }, "digest of the manifest")]],
    ["Platform", image.platform ?? faint("unknown")],
    ["System", data.packages.distribution],
    ["Created", image.created ?? faint("unknown")],
    ["Author", image.author],
    [
      "Size",
      `${exact(image.size)} in ${counted(layers.length, "layer")}` +
        (image.compressed_size === null ? "" : `, ${size(image.compressed_size)} compressed`),
    ],
    ["Files", `${count(image.file_count)} names in the final filesystem`],
    ["Overhead", [exact(image.overhead), h("span", { class: "remark" }, "headers and padding of the layers, in no other figure")]],
    ["Attestations", image.attestation_bytes ? `${exact(image.attestation_bytes)}, in no other figure` : null],
    [
      "Base image",
      base.layers
        ? [
            base.name && [h("code", {}, clipped(base.name, 300)), ": "],
            `${lowest(base.layers)}, ${size(base.bytes)} ` +
              `(${share(base.bytes, document.scores.total_bytes)}), ${size(base.dead_bytes)} of it dead`,
          ]
        : faint("not known"),
    ],
    [
      "How that is known",
      [
        `${base.boundary}: ${HOW_SURE[base.boundary] ?? ""}`,
        base.rests_on && h("span", { class: "remark" }, clipped(base.rests_on, 300)),
      ],
    ],
  ]);
}

function sizes({ document }) {
  return [
    h(
      "p",
      {},
      "One image has several sizes: each tool counts other bytes. All of them are right, and they are of the same image.",
    ),
    table({
      caption: "The image by four meters",
      rows: document.sizes,
      columns: [
        { id: "meter", title: "Meter", header: true, cell: (row) => row.meter },
        {
          id: "bytes",
          title: "Size",
          number: true,
          cell: (row) =>
            row.bytes === null ? "unknown" : `${row.approximate ? "≈ " : ""}${size(row.bytes)}`,
        },
        {
          id: "exact",
          title: "Bytes",
          number: true,
          cell: (row) => (row.bytes === null ? "" : count(row.bytes)),
        },
        {
          id: "why",
          title: "What it counts",
          cell: (row) => [
            h("span", { class: "why" }, row.why),
            row.repeated_bytes
              ? h(
                  "span",
                  { class: "remark" },
                  `${size(row.bytes + row.repeated_bytes)} with repeated layers counted each time`,
                )
              : null,
          ],
        },
      ],
    }).element,
  ];
}

const percent = (ratio) => (ratio === null ? "not a number" : share(ratio, 1));

function scores({ document }) {
  const { scores: ours } = document;
  const ruled = document.findings !== null;
  const rows = [
    {
      label: "Efficiency",
      ours: percent(ours.efficiency),
      dive: percent(ours.dive.efficiency),
      why: "Live bytes of all bytes. dive weighs paths that are written more than once in its own way.",
    },
    {
      label: "Wasted",
      ours: exact(ours.dead_bytes),
      dive: exact(ours.dive.wasted_bytes),
      why: "Dead bytes. dive counts every copy of a path that was written more than once, the last one too.",
    },
    {
      label: "User wasted",
      ours: `${share(ours.user_wasted_percent, 100)}`,
      dive: percent(ours.dive.user_wasted_percent),
      why:
        "Bytes of your layers that are dead or only repeat what lies below. dive divides its wasted " +
        "bytes by all bytes above the first layer.",
    },
    {
      label: "Lean score",
      ours: percent(ours.lean_score),
      dive: faint("has none"),
      why: ruled
        ? "Bytes that are neither dead nor removable, of all bytes."
        : "Bytes that are not dead, of all bytes. Rules did not run, so nothing counts as removable.",
    },
  ];
  return table({
    caption: "Scores of LayerLens and of dive",
    rows,
    columns: [
      { id: "label", title: "Figure", header: true, cell: (row) => row.label },
      { id: "ours", title: "LayerLens", number: true, cell: (row) => row.ours },
      { id: "dive", title: "dive 0.13.1", number: true, cell: (row) => row.dive },
      { id: "why", title: "What it is, and why they differ", cell: (row) => h("span", { class: "why" }, row.why) },
    ],
  }).element;
}

// ------------------------------------------------------------------------- configuration

/** Words of a command as JSON, which is how a Dockerfile has them. */
function words(value) {
  return value === null ? faint("not set") : h("code", {}, clipped(JSON.stringify(value), 2000));
}

function list(values, none = "none") {
  if (!values.length) return faint(none);
  return h(
    "ul",
    { class: "plain-list" },
    values.slice(0, MOST_VALUES).map((value) => h("li", {}, h("code", {}, clipped(value, 500)))),
    values.length > MOST_VALUES && h("li", {}, `and ${count(values.length - MOST_VALUES)} more`),
  );
}
const MOST_VALUES = 200;

/** Nanoseconds as seconds or minutes: `30 s`, `1.5 s`, `2 min`. */
function duration(ns) {
  const seconds = ns / 1e9;
  if (seconds >= 120 && seconds % 60 === 0) return `${count(seconds / 60)} min`;
  return `${Number(seconds.toPrecision(6))} s`;
}

/** A health check in words. */
function healthcheck(check) {
  if (check === null) return faint("not set");
  const [how, ...rest] = check.test;
  if (how === "NONE") return "switched off (NONE)";
  const times = [
    check.interval_ns && `every ${duration(check.interval_ns)}`,
    check.timeout_ns && `given ${duration(check.timeout_ns)} each time`,
    check.start_period_ns && `failures count after the first ${duration(check.start_period_ns)}`,
    check.start_interval_ns && `until then every ${duration(check.start_interval_ns)}`,
    check.retries && `unhealthy after ${counted(check.retries, "failure")} in a row`,
  ].filter(Boolean);
  const command = how === "CMD" || how === "CMD-SHELL" ? rest : check.test;
  return [
    h("code", {}, how === "CMD" ? clipped(JSON.stringify(command), 1000) : clipped(command.join(" "), 1000)),
    how === "CMD-SHELL" && " in a shell",
    times.length ? h("span", { class: "remark" }, times.join(", ")) : null,
  ];
}

function configuration({ document }) {
  const { config } = document.image;
  const text = (value, none) => (value ? h("code", {}, clipped(value, 1000)) : faint(none));
  return facts([
    ["User", text(config.user, "not set: root")],
    ["Working directory", text(config.workdir, "not set: /")],
    ["Entrypoint", words(config.entrypoint)],
    ["Command", words(config.cmd)],
    ["Shell", words(config.shell)],
    ["Ports", list(config.exposed_ports)],
    ["Volumes", list(config.volumes)],
    ["Health check", healthcheck(config.healthcheck)],
    ["Stop signal", text(config.stop_signal, "not set: SIGTERM")],
    ["On build", list(config.on_build)],
  ]);
}

/** A table of names and values. */
function named(caption, title, pairs, empty) {
  if (!pairs.length) return h("p", { class: "faint" }, empty);
  return table({
    caption,
    rows: pairs,
    columns: [
      {
        id: "name",
        title,
        header: true,
        cell: ([name]) => h("code", {}, clipped(name, 500)),
        sort: ([name]) => name,
      },
      {
        id: "value",
        title: "Value",
        cell: ([, value]) =>
          value === null
            ? faint("no value")
            : [
                h("code", { class: "value" }, clipped(value, 2000)),
                value.includes(REDACTED) && h("span", { class: "remark" }, "a secret's value is in no report"),
              ],
        sort: ([, value]) => value ?? "",
      },
    ],
  }).element;
}

function variable(text) {
  const at = text.indexOf("=");
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

// ------------------------------------------------------------------------- history, layers

function history({ document }) {
  const { layers } = document;
  const rows = document.history;
  const told = new Set(rows.map((row) => row.layer));
  const silent = layers.filter((layer) => !told.has(layer.index));
  return [
    table({
      caption: "History",
      rows,
      empty: "The image has no history.",
      columns: [
        { id: "row", title: "Row", number: true, cell: (row) => row.row, sort: (row) => row.row },
        {
          id: "layer",
          title: "Layer",
          cell: (row) =>
            row.layer === null
              ? faint("none")
              : h(
                  "span",
                  { class: "since" },
                  layerLink(row.layer, String(row.layer)),
                  layers[row.layer].base && faint(" base"),
                ),
          sort: (row) => row.layer ?? -1,
        },
        {
          id: "size",
          title: "Size",
          number: true,
          first: "down",
          cell: (row) => (row.layer === null ? "" : size(layers[row.layer].size)),
          sort: (row) => (row.layer === null ? -1 : layers[row.layer].size),
        },
        {
          id: "instruction",
          title: "Instruction",
          header: true,
          cell: (row) => [
            row.instruction
              ? h("code", { class: "value" }, clipped(row.instruction.replaceAll("⏎", " "), 600))
              : faint("no instruction"),
            row.created_by && row.created_by !== row.instruction ? recorded(row.created_by) : null,
          ],
        },
        {
          id: "created",
          title: "Created",
          cell: (row) => h("span", { class: "when" }, row.created && moment(row.created)),
          sort: (row) => row.created ?? "",
        },
        { id: "comment", title: "Comment", cell: (row) => row.comment && clipped(row.comment, 200) },
        { id: "author", title: "Author", cell: (row) => row.author && clipped(row.author, 200) },
      ].filter((column) => !OPTIONAL.has(column.id) || rows.some((row) => row[column.id])),
    }).element,
    silent.length
      ? h(
          "p",
          {},
          `${counted(silent.length, "layer")} without a row: `,
          silent.slice(0, 50).map((layer, at) => [at ? ", " : "", layerLink(layer.index)]),
        )
      : null,
  ];
}
const OPTIONAL = new Set(["comment", "author"]);

/** A time without its fractions of a second; one that is no time stays as it is. */
function moment(text) {
  return clipped(text, 60).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?=Z|[+-]\d\d:?\d\d|$)/, "$1 $2");
}

/** What the history has word for word, to be opened: the instruction is made of it. */
function recorded(text) {
  return h(
    "details",
    { class: "recorded" },
    h("summary", {}, "as recorded"),
    h("code", { class: "value" }, clipped(text, 20_000)),
    copyButton(text, "what is recorded"),
  );
}

function digests({ document }) {
  const short = (value, what) =>
    value === null
      ? faint("unknown")
      : h(
          "span",
          { class: "digest" },
          h("code", { title: clipped(value, 200) }, clipped(value.replace(/^(\w+:.{12}).+$/, "$1…"), 40)),
          copyButton(value, what),
        );
  return table({
    caption: "Digests of the layers",
    rows: document.layers,
    empty: "The image has no layers.",
    columns: [
      { id: "layer", title: "Layer", header: true, cell: (row) => layerLink(row.index) },
      {
        id: "diff_id",
        title: "diff_id",
        help: "Hash of the uncompressed layer",
        cell: (row) => short(row.diff_id, `the diff_id of layer ${row.index}`),
      },
      {
        id: "digest",
        title: "Digest",
        help: "Hash of the layer as it is stored",
        cell: (row) => short(row.digest, `the digest of layer ${row.index}`),
      },
      { id: "compression", title: "Stored as", cell: (row) => (row.compression === "none" ? "plain tar" : row.compression) },
      {
        id: "compressed_size",
        title: "Stored bytes",
        number: true,
        cell: (row) => (row.compressed_size === null ? "" : count(row.compressed_size)),
      },
      { id: "tar", title: "Tar bytes", number: true, cell: (row) => count(row.tar_size) },
      { id: "media_type", title: "Media type", cell: (row) => row.media_type && h("code", {}, clipped(row.media_type, 120)) },
    ].filter((column) => !RARE.has(column.id) || document.layers.some((row) => row[column.id] !== null)),
  }).element;
}

/** Columns of digests that not every image has. */
const RARE = new Set(["digest", "compressed_size", "media_type"]);

export const image = {
  id: "image",
  title: "Image",
  has: (report) => report.image !== null,
  make(report) {
    const shown = report.image;
    const { config, annotations } = shown.document.image;
    const labels = Object.entries(config.labels);
    const notes = Object.entries(annotations);
    return inParts("image", "Image", null, [
      { id: "identity", title: "Identity", body: identity(shown) },
      { id: "sizes", title: "Which size?", body: sizes(shown) },
      { id: "scores", title: "Scores, and dive's", body: scores(shown) },
      { id: "configuration", title: "Configuration", body: configuration(shown) },
      {
        id: "environment",
        title: `Environment (${count(config.env.length)})`,
        body: named("Environment", "Variable", config.env.map(variable), "No variables are set."),
      },
      {
        id: "labels",
        title: `Labels (${count(labels.length)})`,
        body: named("Labels", "Label", labels, "There are no labels."),
      },
      notes.length && {
        id: "annotations",
        title: `Annotations (${count(notes.length)})`,
        body: named("Annotations", "Annotation", notes),
      },
      { id: "history", title: "History", body: history(shown) },
      { id: "digests", title: "Digests of the layers", body: digests(shown) },
    ]);
  },
};
