// All that is known of one package, and of what no package owns.

import { h } from "./dom.js";
import { facts, some } from "./facts.js";
import { layerLink, pathLink } from "./links.js";
import { ecosystemStyle } from "./packages.js";
import { clipped, count, counted, share, size } from "./shown.js";
import { figures, table } from "./table.js";
import { FINAL } from "./tree.js";
import { swatch } from "./words.js";

/** Names of other packages that are laid out before the reader asks for more. */
const MOST_NAMES = 40;

const REASONS = {
  "asked for": "somebody asked for it by name",
  essential: "the system needs it, whatever asks for it",
  development: "for development only",
  "there for another": "another package needs it",
  "needed by nothing": "nothing needs it any more, and nobody asked for it",
  "not known": "not known",
};

/** A package: facts, dependencies, what layers did, files; `linkTo(index, text)` leads to another. */
export function aboutPackage(packages, row, linkTo) {
  const { image } = packages;
  const live = image.document.scores.live_bytes;
  const layer = image.layer(row.layer);
  const database = packages.data.databases[row.database];
  const link = (index) => linkTo(index, packages.name(index));
  const names = (title, indexes) =>
    indexes.length
      ? [h("h3", {}, `${title} (${count(indexes.length)})`), some(indexes, MOST_NAMES, link)]
      : null;
  const changes = packages.changes(row.index);
  return h(
    "article",
    { "aria-label": "Package" },
    h("h2", { tabindex: "-1" }, h("span", { class: "path" }, clipped(row.name, 300)), " ", clipped(row.version, 120)),
    facts([
      ["Ecosystem", [swatch(ecosystemStyle(row.ecosystem)), ecosystemStyle(row.ecosystem).label]],
      ["Architecture", row.arch || null],
      ["Size", `${exact(row.bytes)}, ${share(row.bytes, live)} of the live bytes`],
      ["On the wire", row.transfer === null ? null : `≈ ${size(row.transfer)}`],
      ["Its database says", row.declared === null ? null : size(row.declared)],
      ["Brought by", [layerLink(row.layer), row.base && " of the base image", layer && brief(layer)]],
      ["Why", why(packages, row, link)],
      ["Licence", row.licence || null],
      ["Listed in", pathLink(database, { of: FINAL, text: `/${database}` })],
      ...Object.entries(row.details)
        .filter(([, value]) => value)
        .map(([key, value]) => [clipped(key, 60), clipped(value, 300)]),
    ]),
    names("Needs", row.requires),
    names("Recommends", row.recommends),
    names("Needed by", packages.neededBy(row.index)),
    names("Recommended by", packages.recommendedBy(row.index)),
    changes.length
      ? [
          h("h3", {}, "What layers did"),
          h(
            "ul",
            { class: "plain-list" },
            changes.slice(0, MOST_CHANGES).map((each) => h("li", {}, layerLink(each.layer), ` ${each.text}`)),
            changes.length > MOST_CHANGES &&
              h("li", {}, `and ${count(changes.length - MOST_CHANGES)} more changes`),
          ),
        ]
      : null,
    files(packages, row),
  );
}

const MOST_CHANGES = 200;

/** What no package owns, by the topmost directories. */
export function aboutUnowned(packages) {
  const { bytes, base_bytes: base, files: number, directories, more_directories: more } = packages.data.unowned;
  const live = packages.image.document.scores.live_bytes;
  return h(
    "article",
    { "aria-label": "Files that no package owns" },
    h("h2", { tabindex: "-1" }, "Owned by no package"),
    facts([
      ["Size", `${exact(bytes)}, ${share(bytes, live)} of the live bytes`],
      ["Of the base image", size(base)],
      ["Yours", size(bytes - base)],
      ["Files", count(number)],
    ]),
    h("h3", {}, "Where they lie"),
    table({
      caption: "Bytes that no package owns, by directory",
      rows: directories,
      sorted: { id: "bytes", down: true },
      columns: [
        {
          id: "path",
          title: "Directory",
          header: true,
          cell: (each) => pathLink(each.path, { of: FINAL, text: `/${each.path}` }),
          sort: (each) => each.path,
        },
        figures("bytes", "Size", size, (each) => each.bytes),
        { id: "share", title: "Share", number: true, cell: (each) => share(each.bytes, bytes) },
      ],
    }).element,
    more ? h("p", { class: "faint" }, `and ${counted(more, "smaller directory", "smaller directories")}`) : null,
  );
}

function exact(bytes) {
  return bytes < 1000 ? size(bytes) : `${size(bytes)} (${count(bytes)} bytes)`;
}

function brief(layer) {
  const text = layer.instruction.replaceAll("⏎", " ");
  return text ? h("code", { class: "by" }, clipped(text, 200)) : null;
}

function why(packages, row, link) {
  const chain = packages.chain(row.index);
  const word = REASONS[row.reason] ?? row.reason;
  if (chain.length < 2) return word;
  return [
    word,
    h(
      "ol",
      { class: "chain", "aria-label": "Who needs it, from what was asked for down" },
      chain.map((index) => h("li", {}, index === row.index ? packages.name(index) : link(index))),
    ),
  ];
}

function files(packages, row) {
  const { tree } = packages.image;
  const records = packages.files(row.index);
  if (!row.files) return h("p", { class: "faint" }, "It has no files of its own in the final filesystem.");
  const left = row.files - records.length;
  return [
    h("h3", {}, `Files (${count(row.files)})`),
    records.length
      ? table({
          caption: "Files of the package",
          rows: records,
          sorted: { id: "bytes", down: true },
          columns: [
            {
              id: "path",
              title: "Path",
              header: true,
              cell: (record) => {
                const path = tree.path(tree.node[record]);
                return pathLink(path, { of: FINAL, text: `/${path}` });
              },
              sort: (record) => record,
            },
            {
              id: "bytes",
              title: "Size",
              number: true,
              first: "down",
              cell: (record) =>
                tree.kinds[tree.kind[record]] === "hardlink" && !tree.bytes(record, FINAL, "content")
                  ? "hard link"
                  : size(tree.bytes(record, FINAL, "content")),
              sort: (record) => tree.bytes(record, FINAL, "content"),
            },
          ],
        }).element
      : null,
    left > 0 ? h("p", { class: "faint" }, `${counted(left, "small file")} of it are not listed one by one.`) : null,
  ];
}
