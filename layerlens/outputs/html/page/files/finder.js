// The search: what matches the text, whether that is known at once or later.

import { Hits } from "./hits.js";
import { match, parsePattern } from "./match.js";
import { RegexSearch } from "./regex.js";

/** `found()` is told of an answer that came later, `problem(text)` of why there is none. */
export class Finder {
  constructor(tree, { found, problem }) {
    this.tree = tree;
    this.on = { found, problem };
    this.regex = new RegexSearch(tree);
    this.text = "";
    this.marks = null;
    this.waits = false;
  }

  /**
   * The hits of a text in a scope, of a group's bytes alone where there is one (see Hits);
   * null where nothing is searched for or nothing is known yet (then `waits` is true).
   */
  hits(text, scope, measure, group = null) {
    if (text !== this.text) this.#begin(text);
    if (this.waits || this.trouble) return null;
    return this.marks || group ? new Hits(scope, this.marks, measure, group) : null;
  }

  /** Make what a search needs, so that the first one takes no longer than others. */
  prepare(scope, measure) {
    this.tree.lowerNames();
    scope.own(measure);
    this.regex.prepare();
  }

  #begin(text) {
    this.regex.stop();
    this.text = text;
    this.marks = null;
    this.waits = false;
    this.trouble = null;
    const pattern = parsePattern(text);
    if (!pattern) return;
    if (pattern.kind !== "regex") {
      this.marks = match(this.tree, pattern);
      return;
    }
    this.waits = true;
    this.regex.run(pattern).then(({ found, problem }) => {
      if (this.text !== text) return;
      this.waits = false;
      if (found) {
        this.marks = found;
        this.on.found();
      } else if (problem) {
        this.trouble = problem;
        this.on.problem(problem);
      }
    });
  }
}
