// The image as it would be without what some findings speak of: what Analysis.what_if
// computes, by the atoms that layerlens/outputs/html/whatif.py writes.

/** Computes projections; `data` as written, `scores` those of the document. */
export class WhatIf {
  constructor(data, scores) {
    this.data = data;
    this.scores = scores;
    /** Findings that are plain advice about bytes. */
    this.advised = data.advised;
    /** Findings that bytes may go with: only these move anything. */
    this.speaking = new Set(data.sets.flat());
    for (const file of data.files) for (const [finding] of file[5]) this.speaking.add(finding);
  }

  /**
   * Without what the findings of a set speak of: {saved, wire, total, live, dead, removable}
   * in bytes; `wire` is null where something of it is stored uncompressed.
   */
  of(ticked) {
    const sets = this.data.sets.map((set) => set.some((finding) => ticked.has(finding)));
    const met = (condition) => condition !== null && condition.every((at) => sets[at]);
    let [saved, dead, removable, wire] = [0, 0, 0, 0];
    const take = (bytes, onWire, died, claimed) => {
      saved += bytes;
      dead += died;
      removable += claimed;
      wire = wire === null || onWire === null ? null : wire + onWire;
    };
    for (const [condition, unless, bytes, onWire, died, claimed] of this.data.atoms) {
      if (met(condition) && !met(unless)) take(bytes, onWire, died, claimed);
    }
    for (const [unless, size, onWire, isDead, claimed, parts] of this.data.files) {
      const freed = Math.min(size, partsOf(parts, ticked));
      if (!freed || met(unless)) continue;
      take(freed, scaled(onWire, freed, size), isDead ? freed : 0, Math.min(freed, claimed));
    }
    const total = this.scores.total_bytes - saved;
    dead = this.scores.dead_bytes - dead;
    removable = this.scores.removable_bytes - removable;
    return { saved, wire, total, live: total - dead, dead, removable };
  }
}

/** Bytes of the parts that go: a part that several findings name goes once, at the largest. */
function partsOf(parts, ticked) {
  const largest = new Map();
  for (const [finding, name, bytes] of parts) {
    if (ticked.has(finding)) largest.set(name, Math.max(bytes, largest.get(name) ?? 0));
  }
  return Array.from(largest.values()).reduce((sum, bytes) => sum + bytes, 0);
}

/** A part's share of a file's bytes on the wire; the product may be beyond what a number holds. */
function scaled(wire, part, whole) {
  return wire === null ? null : Number((BigInt(wire) * BigInt(part)) / BigInt(whole));
}

/** A set of small whole numbers as short text: `0.3.5-9`. */
export function asText(numbers) {
  const sorted = Array.from(numbers).sort((a, b) => a - b);
  const runs = [];
  for (const number of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(".");
}

/** The numbers of such a text that are in a set; what is no number is left out. */
export function fromText(text, known) {
  const found = new Set();
  const runs = text.split(".").map((run) => run.match(/^(\d{1,9})(?:-(\d{1,9}))?$/)).filter(Boolean);
  for (const number of known) {
    const within = ([, from, to]) => number >= Number(from) && number <= Number(to ?? from);
    if (runs.some(within)) found.add(number);
  }
  return found;
}
