// Regular expressions over all paths, in a worker: one that runs away can only be ended
// from outside.

/** How long an expression may take. */
const LIMIT = 1500;

/**
 * Marks of all nodes by a regular expression, as a promise of {found} or {problem}, and
 * `stop()`, which ends the search.  Paths have no leading slash.
 */
export class RegexSearch {
  constructor(tree) {
    this.tree = tree;
    this.worker = null;
    this.waits = null;
  }

  /** Start the worker and tell it the paths; where that is not possible a search says so. */
  prepare() {
    try {
      this.worker ??= this.#start();
    } catch {
      // Tried again when it is needed.
    }
  }

  run({ source, flags }) {
    this.stop();
    try {
      new RegExp(source, flags + "u");
    } catch (error) {
      return Promise.resolve({ problem: error.message });
    }
    return new Promise((done) => {
      this.waits = done;
      try {
        this.worker ??= this.#start();
      } catch {
        this.#end({ problem: "this browser runs no regular expressions in files" });
        return;
      }
      this.timer = setTimeout(() => {
        this.#kill();
        this.#end({ problem: "the expression took too long and was stopped" });
      }, LIMIT);
      this.worker.postMessage({ source, flags: flags + "u" });
    });
  }

  /** Forget what is searched for. */
  stop() {
    if (!this.waits) return;
    this.#kill();
    this.#end({ problem: null });
  }

  #start() {
    const script = URL.createObjectURL(new Blob([`"use strict";(${work})();`], { type: "text/javascript" }));
    const worker = new Worker(script);
    URL.revokeObjectURL(script);
    worker.onmessage = ({ data }) => this.#end({ found: data });
    worker.onerror = () => {
      this.#kill();
      this.#end({ problem: "this browser runs no regular expressions in files" });
    };
    const { names, name, parent } = this.tree;
    worker.postMessage({ names, name, parent });
    return worker;
  }

  #kill() {
    this.worker?.terminate();
    this.worker = null;
  }

  #end(result) {
    clearTimeout(this.timer);
    const done = this.waits;
    this.waits = null;
    done?.(result);
  }
}

/** What the worker runs: it is its source that goes there, so it uses nothing from here. */
function work() {
  const paths = [""]; // made once: joining them takes longer than most expressions
  let nameless = null;
  onmessage = ({ data }) => {
    if (data.names) {
      const { names, name, parent } = data;
      nameless = new Uint8Array(name.length);
      for (let node = 1; node < name.length; node += 1) {
        const own = names[name[node]];
        const above = paths[parent[node]];
        paths[node] = above ? `${above}/${own}` : own;
        nameless[node] = own ? 0 : 1;
        /^/.test(paths[node]); // makes one piece of it
      }
      return;
    }
    const test = new RegExp(data.source, data.flags);
    const found = new Uint8Array(paths.length);
    for (let node = 1; node < paths.length; node += 1) {
      if (!nameless[node] && test.test(paths[node])) found[node] = 1;
    }
    postMessage(found, [found.buffer]);
  };
}
