// What else can be saved as CSV: layers, findings, waste, and the points of a trend.

import { nameCells, textCell } from "./csv.js";
import { changedPaths, waste } from "./document.js";
import { nameOf } from "./names.js";

const text = (value) => (value === null || value === undefined ? "" : textCell(value));

/** {heads, rows} of the layers. */
export function layersTable({ document }) {
  return {
    heads: [
      "index", "keyword", "instruction", "created", "compression", "size", "compressed_size", "base",
      "added_files", "added_bytes", "modified_files", "modified_bytes", "removed_files",
      "removed_bytes", "dead_bytes", "kills_bytes", "digest", "diff_id",
    ],
    rows: document.layers.map((layer) => [
      layer.index, text(layer.keyword), text(layer.instruction), text(layer.created),
      text(layer.compression), layer.size, layer.compressed_size, layer.base,
      layer.added.files, layer.added.bytes, layer.modified.files, layer.modified.bytes,
      layer.removed.files, layer.removed.bytes, layer.dead_bytes, layer.kills_bytes,
      text(layer.digest), text(layer.diff_id),
    ]),
  };
}

/** {heads, rows} of the findings, with the largest path of each. */
export function findingsTable({ document }) {
  return {
    heads: [
      "rule", "severity", "confidence", "topic", "title", "bytes", "transfer_bytes", "claimed_bytes",
      "class", "layer", "line", "base", "instruction", "path", "path_count", "fix", "ignored",
    ],
    rows: document.findings.map((each) => [
      text(each.rule), each.severity, each.confidence, each.topic, text(each.title), each.bytes,
      each.transfer_bytes, each.claimed_bytes, each.class, each.layer, each.line, each.base,
      text(each.instruction), text(each.paths[0]), each.path_count, text(each.fix), each.ignored,
    ]),
  };
}

/** {heads, rows} of dead files, the largest first. */
export function wasteTable(image) {
  const { layers } = image.document;
  return {
    heads: ["path", "cause", "bytes", "added_in", "lost_in", "base", "path_base64"],
    rows: waste(image).map((row) => {
      const [path, exact] = nameCells(row.name);
      return [path, row.cause, row.size, row.addedIn, row.lostIn, layers[row.addedIn].base, exact];
    }),
  };
}

/** {heads, rows} of the paths that differ, the largest change first. */
export function changesTable(comparison) {
  const { tree } = comparison;
  return {
    heads: [
      "path", "type", "change", "how", "old_bytes", "new_bytes", "bytes", "moved_from", "sure",
      "path_base64", "moved_from_base64",
    ],
    rows: changedPaths(comparison).map(({ name, record, from, old, now }) => {
      const [path, exact] = nameCells(name);
      const [origin, exactOrigin] = from < 0 ? ["", ""] : nameCells(nameOf(tree, tree.node[from]));
      return [
        path, tree.kinds[tree.kind[record]], tree.word(record), tree.howOf(record), old, now, now - old,
        origin, !tree.unsure.has(record), exact, exactOrigin,
      ];
    }),
  };
}

/** {heads, rows} of the packages, the largest first. */
export function packagesTable({ document, data }) {
  const { rows, databases } = data.packages;
  return {
    heads: [
      "ecosystem", "name", "version", "arch", "licence", "bytes", "transfer_bytes", "files", "layer",
      "base", "reason", "database",
    ],
    rows: [...rows]
      .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
      .map((each) => [
        each.ecosystem, text(each.name), text(each.version), text(each.arch), text(each.licence),
        each.bytes, each.transfer, each.files, each.layer, document.layers[each.layer]?.base, each.reason,
        text(databases[each.database]),
      ]),
  };
}

const SEVERITIES = ["info", "low", "medium", "high", "critical"];

/** {heads, rows} of the points of a trend, those that could not be read among them. */
export function pointsTable(trend) {
  const changes = new Map(trend.steps.map((step) => [step.after, step.size]));
  const rows = trend.points.map((point, at) => ({
    place: point.place,
    cells: [
      text(point.reference), text(point.id), text(point.created), point.size, point.transfer_bytes,
      point.live_bytes, point.dead_bytes, point.removable_bytes, point.efficiency, point.lean_score,
      point.user_wasted_percent, point.layers, point.file_count, point.packages,
      ...SEVERITIES.map((word) => point.findings?.[word]), changes.get(at), null,
    ],
  }));
  for (const { place, reference, problem } of trend.gaps) {
    rows.push({ place, cells: [text(reference), ...Array(19).fill(null), text(problem)] });
  }
  return {
    heads: [
      "reference", "id", "created", "size", "transfer_bytes", "live_bytes", "dead_bytes",
      "removable_bytes", "efficiency", "lean_score", "user_wasted_percent", "layers", "files",
      "packages", ...SEVERITIES.map((word) => `findings_${word}`), "size_change", "problem",
    ],
    rows: rows.sort((a, b) => a.place - b.place).map((row) => row.cells),
  };
}
