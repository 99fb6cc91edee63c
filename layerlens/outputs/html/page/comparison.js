// What is known of two images beside each other.

import { DeltaTree } from "./deltatree.js";

/** `document` is what `compare --json` writes, `tree` the paths that differ. */
export class Comparison {
  #tree = null;

  constructor(data) {
    this.data = data;
    this.document = data.document;
  }

  get tree() {
    this.#tree ??= new DeltaTree(this.data.paths);
    return this.#tree;
  }

  /** `old → new`, by their names. */
  get title() {
    return this.data.names.join(" → ");
  }
}
