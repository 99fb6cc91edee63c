// What a search found in a scope.

/** The matches of `found` (marks by node) in a scope: their nodes, how many, their bytes. */
export class Hits {
  constructor(scope, found, measure) {
    const { tree } = scope;
    const marks = new Uint8Array(tree.count);
    const nodes = [];
    let bytes = 0;
    let files = 0;
    const directory = tree.kinds.indexOf("dir");
    for (let node = 1; node < tree.count; node += 1) {
      if (!found[node] || !scope.isHere(node)) continue;
      nodes.push(node);
      marks[node] = HIT;
      let file = false;
      for (let record = tree.firstRecord[node]; record < tree.firstRecord[node + 1]; record += 1) {
        if (!tree.isIn(record, scope.of)) continue;
        bytes += tree.bytes(record, scope.of, measure);
        if (tree.kind[record] !== directory) file = true;
      }
      if (file) files += 1;
    }
    for (let node = tree.count - 1; node > 0; node -= 1) {
      if (marks[node]) marks[tree.parent[node]] |= ABOVE;
    }
    this.marks = marks;
    this.nodes = nodes;
    this.bytes = bytes;
    this.files = files;
    this.directories = nodes.length - files;
  }

  /** Whether a node, or something below it, is found. */
  touches(node) {
    return this.marks[node] > 0;
  }
}

const HIT = 1;
const ABOVE = 2;
