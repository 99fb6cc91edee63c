// What else can be saved as CSV: layers, findings, waste, and the points of a trend.

import { nameCells, textCell } from "./csv.js";
import { waste } from "./document.js";

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
