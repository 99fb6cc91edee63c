// What data this very file holds, counted from the data themselves.

import { counted, size } from "../shown.js";

/** What there is, as pairs of a name and what it consists of; null for what is not there. */
export function holds(report) {
  const { source, image, comparison, trend } = report;
  return [
    [
      "Data section",
      `${size(source.bytes)}, ` +
        (source.packed ? "packed with gzip and written in base64" : "plain JSON, as --html-plain asks for"),
    ],
    ...(image ? ofImage(image) : []),
    comparison ? ["Comparison", "what differs between two images: paths, layers, packages, findings and figures"] : null,
    trend ? ["Course over time", "the figures of several images, one after the other"] : null,
  ].filter(Boolean);
}

function ofImage(image) {
  const { document: whole, tree } = image;
  const { config } = whole.image;
  const folded = Array.from(tree.folded.values()).reduce((sum, files) => sum + files, 0);
  const packages = image.data.packages.rows.length;
  return [
    ["Image", "the reference as it was given (which may be a path), tags, platform, digests, sizes, time of the build"],
    [
      "Paths",
      `${counted(tree.count - 1, "path")} in ${counted(tree.recordCount, "version")}, of ` +
        `${counted(tree.names.length - 1, "distinct name")}, with sizes, kinds, modes, numeric owners and the ` +
        "targets of links",
    ],
    [
      "Small files",
      folded
        ? `${counted(folded, "small file")} stand together in ${counted(tree.folded.size, "line")}; all sums are exact`
        : "each is listed by itself",
    ],
    [
      "Layers",
      `${counted(whole.layers.length, "layer")}: digests, sizes, media types, and ${counted(whole.history.length, "row")} of history`,
    ],
    [
      "Configuration",
      `${counted(config.env.length, "variable")}, ${counted(Object.keys(config.labels).length, "label")}, ` +
        `${counted(Object.keys(whole.image.annotations).length, "annotation")}, user, command, ports, volumes`,
    ],
    ["Figures", `scores, sizes, and ${counted(whole.ledger.length, "class", "classes")} of bytes`],
    [
      "Findings",
      whole.findings === null
        ? "none: rules did not run"
        : `${counted(whole.findings.length, "finding")} with evidence, paths and fixes`,
    ],
    ["Packages", packages ? `${counted(packages, "package")} with versions, licences and dependencies` : "none"],
    ["Diagnostics", whole.diagnostics.length ? counted(whole.diagnostics.length, "line") : "none"],
    ["Verdict", whole.verdict ? "what the gate said: limits, figures, and what was ignored" : null],
    ["Dockerfile", image.dockerfile === null ? null : `its text, ${counted(image.dockerfile.length, "character")}`],
  ].filter(([, what]) => what !== null);
}

/** What no report holds. */
export const NOT_THERE = [
  "Contents of files. Of a secret there is its kind, its place, its length and the beginning of its hash.",
  "Secrets' values. In variables, labels and instructions [redacted] stands in their place.",
  "Times of files, and names of users: owners are numbers.",
  "The machine on which the report was made, who made it and when. One image and one version of LayerLens give the same file, always.",
  "Anything from elsewhere. The file fetches nothing and sends nothing, and its policy forbids both. The browser keeps one thing: the theme that you chose.",
];

/** Commands that get the data out of the file again. */
export const COMMANDS = {
  packed:
    `sed -n 's/^<script.* data-packed="gzip">\\([^<]*\\)<.*/\\1/p' report.html | base64 -d | gunzip > report.json`,
  plain: `sed -n 's/^<script.* id="data">\\([^<]*\\)<.*/\\1/p' report.html > report.json`,
};
