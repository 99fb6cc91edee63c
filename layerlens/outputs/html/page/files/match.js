// Which paths match a text or a glob.  A name is looked at once, however many paths have
// it, and no path is put together: what of the pattern was met so far goes down the tree.

import { wildcard } from "./wildcard.js";

/**
 * What somebody typed: {kind: "text" | "glob" | "regex", …}; null for nothing.
 *
 * `/…/` and `/…/i` are regular expressions; what holds `*`, `?` or `[` is a glob; anything
 * else is part of a path, in any case.
 */
export function parsePattern(text) {
  const trimmed = text.trim();
  if (!trimmed) return null;
  const expression = /^\/(.+)\/(i?)$/su.exec(trimmed);
  if (expression) return { kind: "regex", source: expression[1], flags: expression[2] };
  return { kind: /[*?[]/u.test(trimmed) ? "glob" : "text", text: trimmed };
}

/** Marks (0 or 1) of all nodes by a pattern that is no regular expression. */
export function match(tree, pattern) {
  return pattern.kind === "glob" ? matchGlob(tree, pattern.text) : matchText(tree, pattern.text);
}

/**
 * Part of a path: of one name, or the end of one, whole ones, and the start of another.
 * All that is below a match has it in its path, too.
 */
function matchText(tree, text) {
  const parts = text.toLowerCase().split("/");
  const names = tree.lowerNames();
  const last = parts.length - 1;
  // Bit k of a name: it can be the part k.
  const roles = names.map((name) => {
    if (!last) return name.includes(parts[0]) ? 1 : 0;
    let role = name.endsWith(parts[0]) ? 1 : 0;
    for (let k = 1; k < last && k < MOST_PARTS; k += 1) if (name === parts[k]) role |= 1 << k;
    return name.startsWith(parts[last]) ? role | (1 << Math.min(last, MOST_PARTS)) : role;
  });
  const done = 1 << Math.min(last, MOST_PARTS);
  const found = new Uint8Array(tree.count);
  if (last > MOST_PARTS) return found;
  const met = new Int32Array(tree.count);
  met[0] = last && !parts[0] ? 1 : 0;
  for (let node = 1; node < tree.count; node += 1) {
    const parent = tree.parent[node];
    if (found[parent]) {
      found[node] = 1;
      continue;
    }
    const role = roles[tree.name[node]];
    const now = (role & 1) | ((met[parent] << 1) & role);
    met[node] = now;
    if (now & done) found[node] = 1;
  }
  return found;
}

const MOST_PARTS = 30;

/** A glob without a slash is of a name anywhere, one with a slash of the whole path. */
function matchGlob(tree, text) {
  const found = new Uint8Array(tree.count);
  if (!text.includes("/")) {
    const test = wildcard(text);
    const names = tree.names.map((name) => (name && test(name) ? 1 : 0));
    for (let node = 1; node < tree.count; node += 1) found[node] = names[tree.name[node]];
    return found;
  }
  const parts = text
    .split("/")
    .filter(Boolean)
    .filter((part, at, all) => part !== "**" || all[at - 1] !== "**");
  if (!parts.length || parts.length > MOST_PARTS) return found;
  let deep = 0; // bit k: part k is **
  parts.forEach((part, k) => {
    if (part === "**") deep |= 1 << k;
  });
  const tests = parts.map((part) => (part === "**" ? null : wildcard(part)));
  const roles = tree.names.map((name) => {
    let role = 0;
    if (!name) return role;
    tests.forEach((test, k) => {
      if (test?.(name)) role |= 1 << k;
    });
    return role;
  });
  // Bit k: the parts before k are met; ** may stand for nothing, so what follows it is next, too.
  const skip = (open) => open | ((open & deep) << 1);
  const open = new Int32Array(tree.count);
  open[0] = skip(1);
  const done = 1 << parts.length;
  for (let node = 1; node < tree.count; node += 1) {
    const before = open[tree.parent[node]] & ~done;
    if (!before) continue;
    const now = skip(((before & roles[tree.name[node]]) << 1) | (before & deep));
    open[node] = now;
    if (now & done) found[node] = 1;
  }
  return found;
}
