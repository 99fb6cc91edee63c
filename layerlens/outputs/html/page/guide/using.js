// How the views work, which keys they have, and how exact their figures are.

import { h } from "../dom.js";
import { hashOf } from "../route.js";

/** Paragraphs about the views that there are; `there` says by a view's id whether it is. */
export function views(there) {
  const link = (view, text) => (there(view) ? h("a", { href: hashOf(view) }, text) : text);
  return [
    [
      "The map of files",
      [
        link("files", "Files"),
        " shows directories as rectangles in rectangles. The larger one is, the more bytes are in it. ",
        "“Show” says which files: those of the final filesystem, of one layer, or all that is shipped. ",
        "“Size” says what is measured: contents, bytes on the wire, or waste alone. ",
        "“Colour” says what colours mean: the layer, the class of bytes, the package or the change. ",
        "The table beside the map has the same figures in words.",
      ],
    ],
    [
      "The matrix",
      [
        link("layers", "Layers"),
        " has a table of dead bytes: a row is the layer that ships them, a column the layer that lost them. ",
        "A number on the diagonal was written and lost in one layer. All numbers together are the dead bytes. ",
        "A number leads to its paths.",
      ],
    ],
    [
      "What if?",
      [
        "Tick ",
        link("findings", "findings"),
        " to see the image as it would be without what they speak of. Bytes that two findings share go once. ",
        "A file with several names goes only when all of them go. ",
        "Nothing is changed: it is a sum over bytes that are known.",
      ],
    ],
    [
      "Links",
      "The address bar keeps the place: view, path, search, order and ticks. Copy it to lead others to the same place in their copy of the file. The browser's back button works.",
    ],
    [
      "Export",
      "“Export” in the head of the page saves the analysis as JSON, and its lists as CSV. The browser makes these files itself.",
    ],
    [
      "On paper",
      "Print the page to get what is open, without buttons and in light colours.",
    ],
  ];
}

/** Keys: view or null for everywhere, keys, what they do. */
export const KEYS = [
  [null, ["Tab", "Shift Tab"], "to the next control, to the one before"],
  [null, ["Enter"], "follow a link, press a button, sort by the column of a heading"],
  [null, ["Esc"], "close the menu of what can be exported"],
  ["changes", ["↑", "↓", "←", "→"], "on the map: to the rectangle that lies in that direction"],
  ["changes", ["Enter"], "on the map: open the directory"],
  ["changes", ["Backspace", "Esc"], "on the map: to the directory above"],
  ["changes", ["Home"], "on the map: to the root"],
  ["changes", ["End"], "on the map: to the smallest, or to those too small to see; Enter shows these alone"],
  ["trend", ["←", "→", "↑", "↓"], "on the chart: to the point before, to the next"],
  ["trend", ["Home", "End", "PgUp", "PgDn"], "on the chart: to the ends, by some points"],
  ["overview", ["←", "→", "Home", "End"], "on the bar of bytes: from class to class"],
  ["files", ["/"], "to the search"],
  ["files", ["↑", "↓", "←", "→"], "on the map: to the rectangle that lies in that direction"],
  ["files", ["PgDn", "PgUp"], "on the map: to the largest inside the rectangle, and back out"],
  ["files", ["Enter"], "on the map: open the directory; in the search: look at once"],
  ["files", ["Backspace", "Esc"], "on the map: to the directory above"],
  ["files", ["Home"], "on the map: to the root"],
  ["files", ["End"], "on the map: to the smallest, or to those too small to see; Enter shows these alone"],
  ["files", ["Esc"], "in the search: clear it"],
  ["layers", ["↑", "↓", "←", "→"], "in the matrix: from number to number; in the tree: up, down, close, open"],
  ["layers", ["Home", "End", "PgUp", "PgDn"], "in the tree: to the ends, by ten rows"],
  ["layers", ["a letter"], "in the tree: to the next name that begins with it"],
];

/** How far each figure is to be trusted. */
export const EXACTNESS = [
  ["Sizes, counts, changes", "exact", "They are read from the entries of the layers. Directories, headers and padding count nothing; a hard link counts nothing, a sparse file its whole length."],
  ["Live, dead, causes", "exact", "As Docker's overlay2 stacks layers, or as the specification says, where that was asked for. Where the two disagree, a diagnostic says so."],
  ["Size of a compressed layer", "exact", "It is the size of the stored blob."],
  ["On the wire, of files and classes", "estimated", "A blob does not say which byte belongs to which file. Each file gets the compressed bytes around the place where it lies: good to a few per cent for files of some hundred kB, rough below a few kB. A layer's files add up to its blob. Marked with ≈."],
  ["Removable", "as sure as the finding", "Only findings that are certain or likely claim bytes. Whether you need a thing, you know better."],
  ["Savings", "exact for these bytes", "They are sums over known bytes. A new build may fetch newer packages and come out at another size."],
  ["Packages", "as the databases say", "Names and versions come from the image's own package databases, sizes from the files that are there."],
  ["Instructions", "as the image says", "The history is written by the builder. An image may leave it out or state anything."],
  ["dive's figures", "exact", "Computed as dive 0.13.1 computes them, to compare with."],
];

/** Rules of how figures are written. */
export const NUMBERS =
  "1 kB is 1,000 bytes. Shares are cut off, not rounded: 100% is all of it, and <0.1% is not nothing. " +
  "A name's hidden characters are shown as escapes such as \\x1b or \\u202e; long texts are cut, and say by how much.";
