// What a search, or a group that was chosen, found in a scope.

import { FILE, HERE } from "./scope.js";

/**
 * Matches in a scope: their nodes, how many of what they are, their bytes.
 *
 * `found` marks matches by node, null: all.  All that is in a directory that matches is lit and
 * counted with it, though it is no match itself.  `group`: {amounts (bytes by node), marks}
 * leaves only what has bytes of a group, and counts these alone.
 */
export class Hits {
  constructor(scope, found, measure, group = null) {
    const { tree } = scope;
    const { parent, count, name, names } = tree;
    const places = scope.marks;
    const chosen = group?.marks;
    const marks = new Uint8Array(count);
    const amounts = group ? group.amounts : scope.own(measure);
    const nodes = [];
    let bytes = 0;
    let files = 0;
    let directories = 0;
    for (let node = 1; node < count; node += 1) {
      const match = !found || found[node];
      const inside = !match && marks[parent[node]] & (HIT | INSIDE);
      if (!match && !inside) continue;
      // Directories carry it down, whether they are here themselves or only lead to what is.
      marks[node] = INSIDE;
      if (!group) this.#lead(marks, parent, node);
      if (!(places[node] & HERE) || (chosen && !chosen[node])) continue;
      bytes += amounts[node];
      // Of a group, what has its bytes is listed: directories have none.
      if (inside && !group) continue;
      marks[node] = HIT;
      if (group) this.#lead(marks, parent, node);
      nodes.push(node);
      // A nameless node stands for many files that were too small to be named.
      if (!names[name[node]]) files += scope.files[node];
      else if (places[node] & FILE) files += 1;
      else directories += 1;
    }
    // What lies in a match has nothing of the group unless it says so itself.
    if (group) marks.forEach((mark, node) => mark === INSIDE && (marks[node] = 0));
    this.marks = marks;
    this.nodes = nodes;
    this.bytes = bytes;
    this.files = files;
    this.directories = directories;
  }

  /** Mark what leads to a node, as far as that is not done. */
  #lead(marks, parent, node) {
    for (let at = parent[node]; at >= 0 && !(marks[at] & ABOVE); at = parent[at]) marks[at] |= ABOVE;
  }

  /** Whether a node, or something below it, is found, or lies in what is. */
  touches(node) {
    return this.marks[node] > 0;
  }
}

const HIT = 1;
const ABOVE = 2;
const INSIDE = 4;
