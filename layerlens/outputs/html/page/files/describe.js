// What is known of a path, in words: for tooltips, the table and the details.

import { clipped, counted, share, size } from "../shown.js";
import { CAUSES, classStyle } from "../words.js";
import { LAST_PLACED, packages } from "./colouring.js";
import { CHANGES } from "./styles.js";

const KINDS = {
  file: "file",
  dir: "directory",
  symlink: "symbolic link",
  hardlink: "hard link",
  char: "character device",
  block: "block device",
  fifo: "named pipe",
};

/** What a kind of the tree is called. */
export function kindName(tree, record) {
  const word = tree.kinds[tree.kind[record]];
  return KINDS[word] ?? word;
}

/** A layer's instruction, shortened to what names it. */
export function instruction(layer, most = 60) {
  const text = (layer.instruction || layer.created_by || "no instruction").replace(/\s+/g, " ").trim();
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

/** `3 · RUN apt-get …`. */
export function layerName(layer, most) {
  return `${layer.index} · ${instruction(layer, most)}`;
}

/** What became of a record's path: `replaced in layer 4`; `""` for one that is there still. */
export function ending(tree, record) {
  if (!tree.gone[record] || tree.change[record] > LAST_PLACED) return "";
  return `${tree.taken[record] ? "removed" : "replaced"} in layer ${tree.gone[record] - 1}`;
}

/** What became of a record's bytes: who killed them and why, or what class they are in. */
export function fate(tree, record) {
  const row = tree.ledgerRow(record);
  if (!row || !tree.size[record]) return "";
  if (row.kind === "dead") {
    const why = CAUSES[row.class] ?? row.class;
    return `dead: ${why}` + (tree.lost[record] ? `, by layer ${tree.lost[record] - 1}` : "");
  }
  if (row.kind === "kept") return "kept";
  const part = tree.claimed.get(record);
  return `removable: ${classStyle(row).label}` + (part === undefined ? "" : `, ${size(part)} of it`);
}

/** What a layer did to a path. */
export function changeName(tree, record) {
  const word = tree.changes[tree.change[record]];
  return CHANGES[word]?.label ?? word;
}

/** A path with its slash. */
export function fullPath(tree, node) {
  const path = `/${tree.path(node)}`;
  return tree.nameOf(node) || !node ? path : path + tree.label(node);
}

/** A share that says what it is of. */
function shares(part, whole, all, name) {
  const of = `${share(part, whole)} of ${clipped(name, 60)}`;
  return whole === all ? of : `${of}, ${share(part, all)} of all`;
}

/**
 * Facts of a node in a scope, as [name, text] pairs.
 *
 * `root` is the directory whose share is told; `colouring(name)` gives the ways to colour.
 */
export function facts(image, scope, node, { root, colouring, measure }) {
  const { tree } = image;
  const content = scope.bytes("content");
  const waste = scope.bytes("waste");
  const record = scope.record(node);
  const folder = scope.folder(node);
  const found = [];
  const add = (name, text) => text && found.push([name, text]);
  if (record < 0) add("Kind", folder || scope.tree.hasChildren(node) ? "directory" : "not in this scope");
  else add("Kind", kindName(tree, record));
  if (record >= 0 && tree.targets.has(record)) add("Leads to", tree.targets.get(record));
  if (folder) add("Files", counted(scope.files[node], "file"));
  add(
    "Size",
    `${size(content[node])}, ${shares(content[node], content[root], content[0], fullPath(tree, root))}`,
  );
  if (tree.wire) add("Transfer ≈", size(scope.bytes("transfer")[node]));
  add("Waste", waste[node] ? size(waste[node]) : "none");
  for (const [name, way] of [
    ["Layer", "layer"],
    ["Class", "class"],
    ["Package", "package"],
    ["Change", "change"],
  ]) {
    if (way === "package" && !packages(image)) continue;
    const text = colouring(way).over(scope, measure).text(node);
    const at = way === "layer" && text ? Number(/\d+/.exec(text)?.[0]) : NaN;
    add(name, Number.isNaN(at) ? text : `${text}: ${instruction(image.layer(at), 80)}`);
  }
  if (record >= 0) {
    const { mode, octal, owner } = tree.ownership(record);
    add("Mode, owner", `${mode} (${octal}), ${owner}`);
    add("Then", ending(tree, record));
  }
  if (scope.isTaken(node)) add("Change", `removed by layer ${scope.of}`);
  return found;
}
