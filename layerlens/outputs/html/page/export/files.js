// Lists of files: the final filesystem, or what one layer changed, as `layerlens files` has them;
// but the layer of a directory is the first that made it what it is, not the last that lists it.

import { nameCells, textCell } from "./csv.js";
import { nameOf, paths } from "./names.js";
import { FINAL } from "../tree.js";

export const FILE_HEADS = [
  "path", "type", "size", "mode", "uid", "gid", "target", "layer", "change", "modified_kind",
  "path_base64", "transfer",
];

/** Rows of cells of a scope: "final", or the number of a layer. */
export function* fileRows(tree, scope) {
  const rows = scope === FINAL ? finalRows(tree) : (node) => changeRows(tree, node, scope);
  for (const path of paths(tree)) {
    for (const row of rows(path.node)) yield cells(tree, path, row);
  }
}

function cells(tree, path, { record, type, from, target, change = "", how = "" }) {
  const [mode, uid, gid] = tree.attributes[tree.owner[record]];
  const [name, exact] = nameCells(path);
  const size = from < 0 ? 0 : tree.size[from];
  const transfer = size ? (tree.wireOf(from) ?? "") : 0;
  return [
    name, type, size, mode.toString(8).padStart(4, "0"), uid, gid,
    target === undefined ? "" : textCell(target), tree.layer[record], change, how, exact, transfer,
  ];
}

/** What gives the rows of a node in the final filesystem. */
function finalRows(tree) {
  const firstName = namesakes(tree);
  return function* rowsOf(node) {
    for (const record of tree.recordsOf(node, FINAL)) {
      if (tree.folded.has(record)) continue;
      const from = tree.source[record];
      // Of the names of one file that are left the first is the file.
      const other = from < 0 || (from === record && isLink(tree, record));
      if (!tree.isFile(record)) yield row(tree, record);
      else if (other) yield { record, type: "hardlink", from: -1, target: firstName(record) };
      else yield { record, type: "file", from };
    }
  };
}

function isLink(tree, record) {
  return tree.kinds[tree.kind[record]] === "hardlink";
}

/** What gives the first of the names that a file still has, by the record of another of them. */
function namesakes(tree) {
  const standsAt = new Map();
  const nodes = new Map();
  for (let record = 0; record < tree.recordCount; record += 1) {
    if (tree.source[record] >= 0) standsAt.set(tree.source[record], record);
    if (isLink(tree, record)) nodes.set(tree.targets.get(record), -1);
  }
  if (nodes.size) {
    for (const { node, text } of paths(tree)) if (nodes.has(text)) nodes.set(text, node);
  }
  return (record) => {
    const target = tree.targets.get(record);
    let ships = record;
    if (isLink(tree, record)) {
      const node = nodes.get(target);
      // The latest version that a link of this layer can lead to.
      ships = (node < 0 ? [] : tree.recordsOf(node))
        .filter((each) => tree.layer[each] <= tree.layer[record] && !isLink(tree, each))
        .at(-1);
    }
    const first = standsAt.get(ships);
    return first === undefined ? target : nameOf(tree, tree.node[first]).text;
  };
}

const CHANGE_WORDS = [
  ["added", ""],
  ["modified", "content"],
  ["modified", "metadata"],
  ["modified", "type"],
];

function* changeRows(tree, node, layer) {
  const every = tree.recordsOf(node).filter((record) => !tree.folded.has(record));
  for (const record of every) {
    const words = CHANGE_WORDS[tree.change[record]];
    if (tree.layer[record] === layer && words) {
      yield { ...row(tree, record), change: words[0], how: words[1] };
    }
  }
  for (const record of every) {
    if (tree.taken[record] && tree.gone[record] === layer + 1) {
      yield { ...row(tree, record), change: "removed" };
    }
  }
}

function row(tree, record) {
  return {
    record,
    type: tree.kinds[tree.kind[record]],
    from: record,
    target: tree.targets.get(record),
  };
}
