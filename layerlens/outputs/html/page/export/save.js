// Files for the reader to keep, made in the page: no server is asked.

import { h } from "../dom.js";

/** Give the reader a file; `pieces` are texts, `type` what they are. */
export function save(name, type, pieces) {
  const url = URL.createObjectURL(new Blob([...pieces], { type: `${type};charset=utf-8` }));
  h("a", { href: url, download: name }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** A file's name, made of what the report is of, without its suffix; as the terminal UI makes it. */
export function fileName(report) {
  const image = report.image?.document.image;
  const name = image?.tags[0] ?? report.title.split("/").at(-1);
  const kept = name.replace(/[^A-Za-z0-9._-]/gu, "-").replace(/^[.-]+|[.-]+$/g, "");
  return kept.slice(0, 60) || (image ? "image" : "trend");
}
