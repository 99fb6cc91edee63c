// Secrets in the image, how it is set up, and what was looked for in vain.

import { h } from "../dom.js";
import { facts } from "../facts.js";
import { findingCard } from "../findingcard.js";
import { moreButton } from "../more.js";
import { hashOf } from "../route.js";
import { count, counted } from "../shown.js";
import { SEVERITIES, severity } from "../words.js";
import { bySeverity, counts } from "./findings.js";

const TOPICS = [
  ["secrets", "Secrets", "No secret was found."],
  ["posture", "Posture", "Nothing was found."],
];
const PIECE = 100;
/** Secrets that stand open. */
const OPEN = 10;
const UNSURE = ["contents-missing", "rule-failed", "rules-left-out"];

function rowsOf(document, topic) {
  const rows = [];
  (document.findings ?? []).forEach((finding, index) => {
    if (finding.topic === topic) rows.push(index);
  });
  const rank = (index) => SEVERITIES.indexOf(document.findings[index].severity);
  return rows.sort((a, b) => rank(a) - rank(b) || a - b);
}

export const security = {
  id: "security",
  title: "Security",
  has: (report) => report.image !== null,
  count(report) {
    const all = (report.image.document.findings ?? []).filter(counts);
    return all.filter((each) => TOPICS.some(([topic]) => topic === each.topic)).length || null;
  },
  make(report) {
    const { image } = report;
    const { document } = image;
    const ran = document.findings !== null;
    const cards = [];
    const element = h(
      "section",
      { class: "security" },
      h("h1", {}, "Security"),
      ran && worst(document.findings),
      h("p", { class: "faint" }, "Values of secrets are not in this report: only what they are, and where."),
      ran
        ? TOPICS.map((topic) => group(image, topic, cards))
        : h("p", {}, "The rules did not run for this report, so nothing is known of secrets and posture."),
      settings(document.image.config),
      ran ? checked(image) : null,
    );
    window.addEventListener("beforeprint", () => cards.forEach((card) => card.make()));
    return { element, show() {} };
  },
};

/** How many findings there are of each severity: what is to be seen first. */
function worst(findings) {
  const told = bySeverity(findings.filter((each) => TOPICS.some(([topic]) => topic === each.topic)));
  if (!told.length) return null;
  return h(
    "p",
    { class: "severity-counts" },
    told.map(([word, number]) => h("span", {}, count(number), " ", severity(word))),
  );
}

/** The findings of a topic, the worst first; secrets stand open. */
function group(image, [topic, title, none], cards) {
  const { findings } = image.document;
  const all = rowsOf(image.document, topic);
  const told = all.filter((index) => !findings[index].ignored);
  const ignored = all.filter((index) => findings[index].ignored);
  const list = (rows, open) => {
    const element = h("ol", { class: "finding-list" });
    const more = h("p");
    const lay = (from) => {
      rows.slice(from, from + PIECE).forEach((index, at) => {
        const card = findingCard(image, index, { largest: 0, prefix: "security" });
        cards.push(card);
        card.toggle(open && from + at < OPEN);
        element.append(card.element);
        if (from && !at) card.focus();
      });
      more.replaceChildren();
      const left = rows.length - from - PIECE;
      if (left > 0) more.append(moreButton(PIECE, left, { onclick: () => lay(from + PIECE) }));
    };
    lay(0);
    return [element, more];
  };
  return h(
    "section",
    { class: "finding-group", data: { topic } },
    h("h2", {}, title, " ", h("small", { class: "faint" }, counted(told.length, "finding"))),
    told.length ? list(told, topic === "secrets") : h("p", {}, none),
    ignored.length
      ? h(
          "details",
          {},
          h("summary", {}, `${counted(ignored.length, "finding")} ignored by the settings`),
          list(ignored, false),
        )
      : null,
  );
}
/** The settings of the image that matter here, whatever the rules say of them. */
function settings(config) {
  const rows = [
    ["Runs as", config.user ? h("code", {}, config.user) : "root: no USER"],
    ["Exposed ports", texts(config.exposed_ports)],
    ["Volumes", texts(config.volumes)],
    ["Health check", config.healthcheck ? texts(config.healthcheck.test) : "none"],
  ];
  return h(
    "section",
    {},
    h("h2", {}, "How it is set to run"),
    facts(rows),
  );
}

function texts(some) {
  if (!some.length) return "none";
  const told = some.slice(0, 50).flatMap((text, at) => [at ? " " : null, h("code", {}, text)]);
  return [told, some.length > 50 ? ` and ${count(some.length - 50)} more` : null];
}

/** What was looked for and not found, and what may be missing from that. */
function checked(image) {
  const quiet = image.data.judgement.quiet;
  const unsure = image.document.diagnostics.filter((note) => UNSURE.includes(note.code)).length;
  const lists = TOPICS.map(([topic, title]) => [title, quiet.filter(([, , of]) => of === topic)]);
  return h(
    "section",
    { class: "checked" },
    h("h2", {}, "Checked, nothing found"),
    unsure
      ? h(
          "p",
          { class: "finding-note" },
          "Not everything could be checked: see the ",
          h("a", { href: hashOf("diagnostics") }, counted(unsure, "diagnostic")),
          " about it.",
        )
      : null,
    lists.map(([title, rules]) =>
      rules.length
        ? [
            h("h3", {}, `${title} `, h("small", { class: "faint" }, counted(rules.length, "rule"))),
            h(
              "ul",
              { class: "finding-quiet" },
              rules.map(([id, what]) => h("li", { title: id }, what)),
            ),
          ]
        : null,
    ),
    lists.every(([, rules]) => !rules.length)
      ? h("p", {}, "No rule of these topics is known to have run and found nothing.")
      : null,
  );
}
