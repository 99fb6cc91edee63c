// The document that `--json` writes, put together again from what the page holds.

import { byBytes, fieldsOf, nameOf, pathFields, paths } from "./names.js";

/** Every dead file with bytes, the largest first: {name, cause, size, addedIn, lostIn}. */
export function waste(image) {
  const { tree } = image;
  const found = [];
  for (let record = 0; record < tree.recordCount; record += 1) {
    if (!tree.lost[record] || !tree.size[record] || tree.folded.has(record)) continue;
    const last = tree.lostAt.get(record) ?? record;
    found.push({
      last,
      name: nameOf(tree, tree.node[last]),
      cause: tree.ledgerRow(record).class,
      size: tree.size[record],
      addedIn: tree.layer[record],
      lostIn: tree.lost[record] - 1,
    });
  }
  // Of one path and size, those that were lost first stand first, as names follow each other.
  found.sort((a, b) => a.last - b.last);
  return byBytes(found);
}

/** Dive's inefficient files, the largest first: {name, size, count}. */
function inefficient(image) {
  const { tree } = image;
  const { node: steps, count, more, other } = image.data.inefficient;
  let node = 0;
  const found = steps.map((step, at) => {
    node += step;
    let size = more[at];
    for (const record of tree.recordsOf(node)) size += tree.size[record];
    return { name: nameOf(tree, node), size, count: count[at] };
  });
  for (const row of other) {
    const bytes = row.path_base64 === undefined ? null : atob(row.path_base64).slice(1);
    found.push({ name: { text: row.path.slice(1), bytes }, size: row.bytes, count: row.count });
  }
  return byBytes(found);
}

/** The whole document of an image; what was folded is not in its two long lists. */
export function wholeDocument(image) {
  const { document } = image;
  const { scores } = document;
  const files = inefficient(image).map(({ name, size, count }) => ({
    ...pathFields(name, "/"),
    count,
    bytes: size,
  }));
  return {
    ...document,
    scores: { ...scores, dive: { ...scores.dive, inefficient_files: files } },
    waste: waste(image).map(({ name, cause, size, addedIn, lostIn }) => ({
      ...pathFields(name),
      cause,
      bytes: size,
      added_in: addedIn,
      lost_in: lostIn,
    })),
  };
}

/** Every path that differs between two images, the largest change first. */
export function changedPaths({ tree }) {
  const found = [];
  for (const name of paths(tree)) {
    for (let at = tree.firstRecord[name.node]; at < tree.firstRecord[name.node + 1]; at += 1) {
      const from = tree.from.get(at) ?? -1;
      if (tree.word(at) === "left" || tree.folded.has(at)) continue;
      const old = from < 0 ? tree.old[at] : tree.old[from];
      found.push({ name, record: at, from, old, now: tree.new[at] });
    }
  }
  // Those that are left of equal ones stay in the order of their paths.
  return found.sort(
    (a, b) =>
      Math.abs(b.now - b.old) - Math.abs(a.now - a.old) || Math.max(b.old, b.now) - Math.max(a.old, a.now),
  );
}

/** The whole document of a comparison; what was folded is not among its paths. */
export function wholeComparison(comparison) {
  const { tree } = comparison;
  return {
    ...comparison.document,
    paths: changedPaths(comparison).map(({ name, record, from, old, now }) => ({
      ...pathFields(name),
      ...(from < 0 ? {} : fieldsOf("moved_from", nameOf(tree, tree.node[from]))),
      change: tree.word(record),
      old_bytes: old,
      new_bytes: now,
      bytes: now - old,
      sure: !tree.unsure.has(record),
    })),
  };
}

/**
 * JSON in ASCII, as the command line writes it.  `exact`: [keys from the top, digits] of numbers
 * beyond what a number holds here.
 */
export function jsonText(value, exact = []) {
  let [text, mark] = [JSON.stringify(value, null, 2), "exact"];
  if (exact.length) {
    // A text that is nowhere in the document stands for each of them at first.
    while (text.includes(mark)) mark += "-";
    const found = new Map();
    for (const [keys, digits] of exact) {
      const holder = keys.slice(0, -1).reduce((each, key) => each[key], value);
      found.set(holder, { ...found.get(holder), [keys.at(-1)]: digits });
    }
    text = JSON.stringify(
      value,
      function replacer(key, each) {
        const digits = found.get(this);
        return digits && Object.hasOwn(digits, key) ? mark + digits[key] : each;
      },
      2,
    ).replaceAll(new RegExp(`"${mark}(-?\\d+)"`, "g"), "$1");
  }
  const escaped = (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0");
  return text.replace(/[\u007f-\uffff]/g, escaped) + "\n";
}
