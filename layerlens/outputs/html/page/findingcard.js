// One finding, as a line that opens: what it is, and how it is mended.

import { add, h, replace } from "./dom.js";
import { copyButton, facts } from "./facts.js";
import { broken, fixParts } from "./fixparts.js";
import { findingLink, layerLink, pathLink } from "./links.js";
import { moreButton } from "./more.js";
import { clipped, count, counted, share, size } from "./shown.js";
import { severity } from "./words.js";

const FIRST_PATHS = 6;
/** Of secrets and lines of evidence: what stands there at first, and what a button brings. */
const FIRST = 20;
const LATER = 200;

/** Advice without an if: no alternative, no hint, no price. */
export function isPlain(finding) {
  return !(finding.alternative || finding.trade_off || finding.confidence === "hint");
}

/** What makes a finding something else than plain advice about your own layers. */
function tags(finding) {
  return [
    finding.ignored && "ignored",
    finding.alternative && "alternative",
    finding.trade_off && "trade-off",
    finding.confidence === "hint" && "hint",
    finding.base && "base",
  ].filter(Boolean);
}

/** An exact number of bytes as people write it; the number itself is its value. */
export function bytes(number, text = size(number)) {
  return h("data", { value: String(number), title: `${count(number)} bytes` }, text);
}

/**
 * A finding, by its place in the document's list.
 *
 * `image`: the report's image; `largest`: bytes that the bar is as long as; `tick`: a
 * checkbox to stand before it, or null; `onopen(index, open)` is told when the reader
 * opens or closes it.
 *
 * Gives {element, toggle(open), focus()}.
 */
export function findingCard(image, index, { largest, tick = null, onopen, prefix }) {
  const finding = image.document.findings[index];
  const id = `${prefix}-${index}`;
  const button = h(
    "button",
    { type: "button", "aria-expanded": "false", "aria-controls": id, onclick: () => pressed() },
    clipped(finding.title, 300),
  );
  const body = h("div", { class: "finding-body", id, hidden: true });
  const head = h(
    "div",
    { class: "finding-head", onclick: (event) => clicked(event) },
    h("span", { class: "finding-tick" }, tick),
    severity(finding.severity),
    h("h3", {}, button),
    h("span", { class: "finding-tags" }, tags(finding).map((tag) => h("span", { class: "finding-tag" }, tag))),
    h("span", { class: "finding-where" }, finding.layer !== null && layerLink(finding.layer)),
    bar(finding.bytes, largest),
    h("span", { class: "finding-saving number" }, finding.bytes ? bytes(finding.bytes) : null),
  );
  const element = h("li", { class: "finding", data: { finding: String(index) } }, head, body);
  let made = false;

  function make() {
    if (made) return;
    made = true;
    add(body, details(image, index, finding));
  }
  function toggle(open) {
    if (open) make();
    body.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  }
  function pressed() {
    toggle(body.hidden);
    onopen?.(index, !body.hidden);
  }
  function clicked(event) {
    // A larger target for the mouse; but not for who selects text or follows a link.
    if (event.target.closest("a, button, input, label") || !getSelection().isCollapsed) return;
    pressed();
  }
  const focus = () => button.focus({ preventScroll: true });
  return { element, toggle, make, isOpen: () => !body.hidden, focus };
}

function bar(number, largest) {
  const width = largest ? `${((100 * number) / largest).toFixed(2)}%` : "0";
  return h(
    "span",
    { class: "finding-bar", "aria-hidden": "true" },
    number ? h("span", { style: { "inline-size": width } }) : null,
  );
}

function details(image, index, finding) {
  const rule = image.data.judgement.rules[finding.rule];
  const held = image.data.judgement.held[index];
  const what = [
    rule.why && h("p", {}, rule.why),
    finding.trade_off && h("p", { class: "finding-note" }, h("strong", {}, "At the price: "), finding.trade_off),
    finding.evidence.length > 0 &&
      inPieces("finding-evidence", finding.evidence, null, (line) => h("li", {}, line)),
    held ? heldPaths(finding, held) : paths(finding),
    where(image, finding),
    about(finding, rule),
  ];
  const parts = image.data.judgement.fixes[index];
  const fix = parts.length > 0 && [h("h4", {}, "Fix"), fixParts(parts, "fix")];
  return [h("div", { class: "finding-what" }, what), fix && h("div", { class: "finding-fix" }, fix)];
}

function where(image, finding) {
  const { scores } = image.document;
  const rows = [];
  if (finding.bytes) {
    rows.push([
      "Saves",
      [
        bytes(finding.bytes),
        finding.transfer_bytes !== null && [", ≈ ", bytes(finding.transfer_bytes), " to transfer"],
        `, ${share(finding.bytes, scores.total_bytes)} of the image`,
      ],
    ]);
  }
  if (finding.claimed_bytes) {
    rows.push(["Counted as", [bytes(finding.claimed_bytes), ` of ${finding.class.replaceAll("-", " ")}`]]);
  }
  const line = finding.line !== null && `${image.dockerfile ?? "Dockerfile"}, line ${finding.line}`;
  const from = [
    finding.layer !== null && layerLink(finding.layer),
    finding.base && "base image",
    line,
  ].filter(Boolean);
  if (from.length) rows.push(["From", from.flatMap((part, at) => (at ? [" · ", part] : [part]))]);
  if (finding.instruction) rows.push(["Instruction", h("code", {}, clipped(finding.instruction, 600))]);
  rows.push(["Rule", [h("code", {}, finding.rule), ` · ${finding.topic} · ${finding.confidence}`]]);
  if (finding.also_matched_by.length) rows.push(["Also matched by", others(image, finding)]);
  return facts(rows);
}

/** What matters for who doubts the rule. */
function about(finding, rule) {
  const rows = [
    ["What it finds", rule.title],
    ["Does not flag", rule.keep],
    ["Also known as", finding.also.join(", ")],
    ["Source", rule.source],
  ].filter(([, text]) => text);
  return h("details", { class: "finding-about" }, h("summary", {}, "About the rule"), facts(rows));
}

/** The other rules that speak of some of the same bytes, with links to their findings. */
function others(image, finding) {
  const { findings } = image.document;
  return finding.also_matched_by.flatMap((id, at) => {
    const index = findings.findIndex((each) => each.rule === id);
    const shownAs = index < 0 ? h("code", {}, id) : findingLink(index, id);
    return at ? [", ", shownAs] : [shownAs];
  });
}

/** Where a path of a finding is looked for: of dead bytes and secrets in all that is shipped. */
function scopeOf(finding) {
  return finding.topic === "structure" || finding.topic === "secrets" ? "all" : undefined;
}

function pathItem(finding, path, ...more) {
  return h("li", {}, pathLink(path, { of: scopeOf(finding), text: "/" + clipped(path, 400) }), more);
}

function rest(finding, listed) {
  const left = finding.path_count - listed;
  return left > 0 ? h("li", { class: "faint" }, `and ${count(left)} more`) : null;
}

/** The paths of a finding: some, then a button for the others that are told. */
function paths(finding) {
  if (!finding.paths.length) return null;
  const list = h("ul", { class: "finding-paths" });
  const lay = (from, to) => add(list, finding.paths.slice(from, to).map((path) => pathItem(finding, path)));
  const told = finding.paths.length;
  // One or two more are not worth a button.
  if (told <= FIRST_PATHS + 2) {
    lay(0, told);
    add(list, [rest(finding, told)]);
    return list;
  }
  lay(0, FIRST_PATHS);
  const button = h(
    "button",
    {
      type: "button",
      class: "finding-small",
      data: { left: count(finding.path_count - FIRST_PATHS) },
      onclick: () => {
        item.remove();
        lay(FIRST_PATHS, told);
        add(list, [rest(finding, told)]);
        list.children[FIRST_PATHS].querySelector("a").focus();
      },
    },
    `Show ${counted(told - FIRST_PATHS, "more path")}` +
      (finding.path_count > told ? ` of ${count(finding.path_count - FIRST_PATHS)}` : ""),
  );
  const item = h("li", {}, button);
  list.append(item);
  return list;
}

/** The paths of a secret: whether each is still seen, and how to get it out of its layer. */
function heldPaths(finding, held) {
  return inPieces("finding-paths finding-held", finding.paths, rest(finding, finding.paths.length), (path, at) => {
    const { command } = held[at];
    return pathItem(finding, path, stateOf(finding, held[at]), command && commandLine(command));
  });
}

/** A list of many: the first of them, then a button for some more, and at the end `last`. */
function inPieces(name, things, last, make) {
  const list = h("ul", { class: name });
  let laid = 0;
  const end = h("li");
  const onclick = () => lay(LATER, true);
  function lay(some, pressed) {
    const from = laid;
    // One or two more are not worth a button.
    laid = things.length <= from + some + 2 ? things.length : from + some;
    end.remove();
    add(list, things.slice(from, laid).map((thing, at) => make(thing, from + at)));
    const left = things.length - laid;
    if (left) {
      replace(end, moreButton(LATER, left, { class: "finding-small", onclick }));
      list.append(end);
    } else add(list, [last]);
    if (pressed) list.children[from].querySelector("a, button")?.focus();
  }
  lay(FIRST, false);
  return list;
}

function stateOf(finding, { lost, command }) {
  if (lost !== null) {
    const where = [": lost in ", layerLink(lost), ", still shipped in ", layerLink(finding.layer)];
    return [" ", h("strong", {}, "recoverable"), where];
  }
  // Without a command nobody knows where it is.
  return command ? " in the final filesystem" : null;
}

function commandLine(command) {
  return h(
    "span",
    { class: "finding-command" },
    h("code", {}, broken(clipped(command))),
    copyButton(command, "command"),
  );
}
