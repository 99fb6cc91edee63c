// What the page knows: an image, a comparison, a course over time, or several of these.

import { Comparison } from "./comparison.js";
import { Tree } from "./tree.js";

/** One image: `document` as --json writes it, `tree` its paths, and the rest of the data. */
class Image {
  #tree = null;

  constructor(data) {
    this.data = data;
    this.document = data.document;
    this.dockerfile = data.dockerfile;
    /** Where small files stand as sums: {files, of}, how many of how many; else null. */
    this.folded = data.folded ?? null;
  }

  /** Made when it is first asked for: not every view needs it. */
  get tree() {
    this.#tree ??= new Tree(this.data.tree, this.document.ledger);
    return this.#tree;
  }

  layer(index) {
    return this.document.layers[index];
  }
}

export class Report {
  /** `source`: {bytes, packed}, what the data take in the file. */
  constructor(data, source) {
    this.data = data;
    this.source = source;
    this.image = data.image ? new Image(data.image) : null;
    this.comparison = data.comparison ? new Comparison(data.comparison) : null;
    this.trend = data.trend ?? null;
  }

  get #course() {
    if (!this.trend?.points.length) return null;
    const [first, last] = [this.trend.points[0], this.trend.points.at(-1)];
    return first === last ? first.reference : `${first.reference} → ${last.reference}`;
  }

  /** Where what it is of was read from: what the reader typed. */
  get origin() {
    if (this.comparison) {
      const { old, new: now } = this.comparison.document;
      return `${old.reference} → ${now.reference}`;
    }
    return this.image?.document.image.reference ?? this.title;
  }

  /** What the report is of, for headings. */
  get title() {
    return this.comparison?.title ?? this.image?.data.name ?? this.#course ?? "LayerLens";
  }
}
