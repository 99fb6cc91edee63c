// The packages of an image: who needs whom, why each is there, which files are its own.
// As layerlens/outputs/html/packages.py writes them.

import { clipped } from "./shown.js";
import { FINAL } from "./tree.js";

/** What ecosystems are called, in their order, which also gives them their colours. */
const ECOSYSTEMS = {
  deb: "Debian (deb)",
  apk: "Alpine (apk)",
  rpm: "RPM",
  alpm: "Arch (alpm)",
  pypi: "Python (pypi)",
  npm: "npm",
  gem: "Ruby (gem)",
  composer: "PHP (composer)",
  golang: "Go (golang)",
  maven: "Java (maven)",
};

/** An ecosystem as people read it, with its colour and pattern. */
export function ecosystemStyle(word) {
  const at = Object.keys(ECOSYSTEMS).indexOf(word);
  return {
    label: ECOSYSTEMS[word] ?? word,
    colour: `--c${1 + ((at < 0 ? 0 : at) % 8)}`,
    pattern: at >= 8 ? "dots" : "plain",
  };
}

/** Names of a chain from which on only its ends are told in a line. */
const LONG_CHAIN = 3;

/** Characters of a name or a version in a line. */
const NAME = 120;

export class Packages {
  #needed = null;
  #liked = null;

  constructor(image) {
    this.image = image;
    this.data = image.data.packages;
    this.rows = this.data.rows.map((row, index) => ({ ...row, index }));
    for (const row of this.rows) {
      row.why = this.why(row.index);
      row.base = row.layer < image.document.base.layers;
      const texts = [row.ecosystem, row.name.slice(0, NAME), row.version.slice(0, NAME), row.why];
      row.searched = texts.join(" ").toLowerCase();
    }
  }

  /** What some rows own together, each byte once. */
  sum(rows) {
    const there = new Set(rows.map((row) => row.index));
    let bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    for (const [owners, shared] of this.data.shared) {
      const counting = owners.filter((each) => there.has(each)).length;
      bytes -= shared * Math.max(0, counting - 1);
    }
    return bytes;
  }

  name(index, most = NAME) {
    return clipped(this.data.rows[index].name, most);
  }

  /** From what was asked for down to a package, itself included. */
  chain(index) {
    const found = [];
    for (let at = index; at !== null; at = this.data.rows[at].above) found.unshift(at);
    return found;
  }

  /** Why a package is there, in a line. */
  why(index) {
    const { reason } = this.data.rows[index];
    if (reason === "not known") return "";
    if (reason !== "there for another") return reason;
    const above = this.chain(index)
      .slice(0, -1)
      .map((at) => this.name(at, 60));
    const shown = above.length > LONG_CHAIN ? [above[0], "…", ...above.slice(-2)] : above;
    return `for ${shown.join(" > ")}`;
  }

  /** Who needs a package. */
  neededBy(index) {
    this.#needed ??= turned(this.data.rows, "requires");
    return this.#needed.get(index) ?? [];
  }

  /** Who recommends it. */
  recommendedBy(index) {
    this.#liked ??= turned(this.data.rows, "recommends");
    return this.#liked.get(index) ?? [];
  }

  /** What layers did to a package, lowest first: {layer, text}. */
  changes(index) {
    const { ecosystem, name, arch } = this.data.rows[index];
    const is = (one) =>
      typeof one === "number"
        ? one === index ||
          (this.data.rows[one].ecosystem === ecosystem &&
            this.data.rows[one].name === name &&
            this.data.rows[one].arch === arch)
        : one[0] === ecosystem && one[1] === name;
    const version = (one) => clipped(typeof one === "number" ? this.data.rows[one].version : one[2], NAME);
    const found = [];
    for (const change of this.data.changes) {
      for (const one of change.added) {
        if (is(one)) found.push({ layer: change.layer, text: `added ${version(one)}` });
      }
      for (const [old, now] of change.upgraded) {
        if (is(now)) {
          found.push({ layer: change.layer, text: `replaced ${version(old)} by ${version(now)}` });
        }
      }
      for (const one of change.removed) {
        if (is(one)) found.push({ layer: change.layer, text: `removed ${version(one)}` });
      }
    }
    return found;
  }

  /** The records of a package's files in the final filesystem, the largest first. */
  files(index) {
    const { tree } = this.image;
    const found = [];
    for (let record = 0; record < tree.recordCount; record += 1) {
      if (tree.package[record] === index + 1 && !tree.gone[record] && !tree.folded.has(record)) {
        found.push(record);
      }
    }
    const bytes = (record) => tree.bytes(record, FINAL, "content");
    return found.sort((a, b) => bytes(b) - bytes(a) || a - b);
  }

  /** Why there are none, in sentences; nothing where there are some. */
  whyNone() {
    if (this.rows.length) return [];
    if (this.data.looked) return ["No package is installed.", "No package database was found in this image."];
    if (this.image.data.partial) return ["Package databases are read last, and not all layers were read."];
    return [
      "Nobody has looked for packages.",
      "Packages are looked for together with the findings: write the report without --no-findings.",
    ];
  }
}

function turned(rows, edges) {
  const found = new Map();
  rows.forEach((row, index) => {
    for (const other of row[edges]) {
      if (!found.has(other)) found.set(other, []);
      found.get(other).push(index);
    }
  });
  return found;
}
