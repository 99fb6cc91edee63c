// The exact names of paths: what the data shows of one that is not UTF-8 is not its bytes.

import { bytesOf } from "./csv.js";

/**
 * All nodes but the root, in path order, each with its path: {node, text, bytes}.
 *
 * `bytes` has a character for each byte, and is null where these are the text's own UTF-8.
 */
export function* paths(tree) {
  const line = [{ text: "", bytes: null }];
  for (let node = 1; node < tree.count; node += 1) {
    const depth = tree.depth[node];
    line[depth] = below(line[depth - 1], tree, node, depth === 1);
    yield { node, ...line[depth] };
  }
}

/** The path of one node, as `paths` gives it. */
export function nameOf(tree, node) {
  return tree
    .line(node)
    .slice(1)
    .reduce((above, at, depth) => below(above, tree, at, depth === 0), { text: "", bytes: null });
}

function below(above, tree, node, first) {
  const name = tree.nameOf(node);
  const exact = tree.exact.get(tree.name[node]);
  const slash = first ? "" : "/";
  const text = above.text + slash + name;
  if (exact === undefined && above.bytes === null) return { text, bytes: null };
  const own = exact === undefined ? bytesOf(name) : atob(exact);
  return { text, bytes: (above.bytes ?? bytesOf(above.text)) + slash + own };
}

/** `path`, and `path_base64` where it is not UTF-8, as the fields of a JSON object. */
export function pathFields({ text, bytes }, before = "") {
  return fieldsOf("path", { text: before + text, bytes: bytes === null ? null : before + bytes });
}

/** A name as fields of a JSON object: `key`, and `key_base64` where it is not UTF-8. */
export function fieldsOf(key, { text, bytes }) {
  const fields = { [key]: text };
  if (bytes !== null) fields[`${key}_base64`] = btoa(bytes);
  return fields;
}

/** Sort rows of {name, bytes}: the most bytes first, then by the bytes of the name. */
export function byBytes(rows) {
  for (const row of rows) row.key = row.name.bytes ?? bytesOf(row.name.text);
  // Equal rows stay in the order in which they came.
  return rows.sort((a, b) => b.size - a.size || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
