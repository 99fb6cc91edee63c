// What to mend first: the findings that save most, each with its fix to copy.

import { add, h } from "../dom.js";
import { fixParts } from "../fixparts.js";
import { findingLink, layerLink } from "../links.js";
import { hashOf } from "../route.js";
import { count, counted, share, size } from "../shown.js";
import { asText } from "../whatif.js";
import { severity } from "../words.js";

const BASE = "In the base: only another one, or one that you build yourself, is without these.";

/** `fixes` are the indices of the findings to show, the best first. */
export function fixes({ data, document, dockerfile }, { fixes: best, savings }) {
  if (document.findings === null) return null;
  const own = best.filter((at) => !document.findings[at].base).length;
  const list = (found, start) =>
    h("ol", { start }, found.map((at) => fix(document, dockerfile, at, data.judgement.fixes[at])));
  return h(
    "section",
    { class: "fixes" },
    h("h2", {}, heading(best.length)),
    outlook(document, savings ?? document.savings, advice(document, data.judgement)),
    own > 0 && list(best.slice(0, own), 1),
    own < best.length && [h("p", {}, BASE), list(best.slice(own), own + 1)],
    best.length === 0 &&
      h(
        "p",
        {},
        document.findings.length
          ? "No advice that saves bytes: what was found is about other things, or a matter of choice."
          : "✓ Nothing to mend.",
      ),
  );
}

function heading(many) {
  if (!many) return "Fixes";
  return many > 1 ? `The ${many} best fixes` : "The best fix";
}

/** The findings that are plain advice and that the settings do not ignore. */
function advice(document, judgement) {
  return judgement.what_if.advised.filter((index) => !document.findings[index].ignored);
}

/** What is left when all is followed; `advised` are the findings that say it. */
function outlook(document, savings, advised) {
  if (!savings?.bytes) return null;
  const wire = savings.transfer_bytes === null ? "" : `; ≈ ${size(savings.transfer_bytes)} of transfer`;
  return h(
    "p",
    { class: "outlook" },
    "All advice followed: ",
    h("strong", {}, `${size(savings.bytes)} less`),
    ` (${share(savings.bytes, document.scores.total_bytes)}${wire}), ${size(savings.total_bytes)} left. `,
    advised.length > 0 &&
      h("a", { href: hashOf("findings", { tick: asText(new Set(advised)) }) }, "See it with all of it ticked"),
  );
}

function fix(document, dockerfile, at, parts) {
  const finding = document.findings[at];
  const wire = finding.transfer_bytes;
  return h(
    "li",
    { class: "fix" },
    h(
      "div",
      { class: "fix-head" },
      h("h3", {}, findingLink(at, finding.title)),
      severity(finding.severity),
      h(
        "p",
        { class: "saves" },
        "saves ",
        h("strong", {}, size(finding.bytes)),
        wire !== null && h("span", { class: "faint" }, `, ≈ ${size(wire)} of transfer`),
      ),
    ),
    place(finding, dockerfile),
    parts.length > 0 && fixParts(parts, `the fix: ${finding.title.slice(0, 100)}`),
  );
}

function place(finding, dockerfile) {
  const parts = [];
  if (finding.line !== null) {
    const file = dockerfile && [h("span", { class: "path" }, dockerfile), " "];
    parts.push([file, `line ${count(finding.line)}`]);
  }
  if (finding.layer !== null) parts.push(layerLink(finding.layer));
  if (finding.base) parts.push("of the base");
  if (finding.path_count > 1) parts.push(counted(finding.path_count, "path"));
  const line = h("p", { class: "place faint" });
  parts.forEach((part, each) => add(line, [each ? ", " : null, part]));
  if (finding.instruction) {
    add(line, [parts.length ? ": " : null, h("code", {}, finding.instruction.slice(0, 300))]);
  }
  return line.childNodes.length ? line : null;
}
