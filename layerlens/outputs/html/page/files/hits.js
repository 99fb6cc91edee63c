// What a search found in a scope.

/** The matches of `found` (marks by node) in a scope: their nodes, how many of what they are, their bytes. */
export class Hits {
  constructor(scope, found, measure) {
    const { tree } = scope;
    const marks = new Uint8Array(tree.count);
    const nodes = [];
    let bytes = 0;
    let files = 0;
    let directories = 0;
    for (let node = 1; node < tree.count; node += 1) {
      if (!found[node] || !scope.isHere(node)) continue;
      nodes.push(node);
      marks[node] = HIT;
      bytes += scope.own(node, measure);
      // A nameless node stands for many files that were too small to be named.
      if (!tree.nameOf(node)) files += scope.files[node];
      else if (scope.isFile(node)) files += 1;
      else directories += 1;
    }
    for (let node = tree.count - 1; node > 0; node -= 1) {
      if (marks[node]) marks[tree.parent[node]] |= ABOVE;
    }
    this.marks = marks;
    this.nodes = nodes;
    this.bytes = bytes;
    this.files = files;
    this.directories = directories;
  }

  /** Whether a node, or something below it, is found. */
  touches(node) {
    return this.marks[node] > 0;
  }
}

const HIT = 1;
const ABOVE = 2;
