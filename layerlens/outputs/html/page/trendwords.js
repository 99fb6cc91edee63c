// What a trend measures, and how its points and steps are told.

import { change, count, counted, share, size } from "./shown.js";

const tickSize = (bytes) => size(bytes).replace(".0 ", " ");
const percentOf = (ratio) => share(Math.round(ratio * 1e9), 1e9);

/** A ratio as a percentage; all that is known of an empty image is that nothing is wasted. */
export function ratio(value) {
  return value === null ? "" : percentOf(value);
}

const dead = (point) => point.dead_bytes;
const removable = (point) => point.removable_bytes;
const needed = (point) => point.live_bytes - point.removable_bytes;

/**
 * What the chart can show: {id, title, series, tick, told}; `value` gives a figure of a
 * point or null, `told` one as text.
 */
export const MEASURES = [
  {
    id: "size",
    title: "Size",
    tick: tickSize,
    told: size,
    series: [
      { id: "needed", label: "needed", value: needed, area: true },
      { id: "removable", label: "removable", value: removable, area: true, pattern: "dots" },
      { id: "dead", label: "dead", value: dead, area: true, pattern: "stripes" },
      { id: "total", label: "size", value: (point) => point.size },
    ],
  },
  {
    id: "transfer",
    title: "Transfer",
    tick: tickSize,
    told: size,
    series: [{ id: "transfer", label: "transfer", value: (point) => point.transfer_bytes }],
  },
  {
    id: "scores",
    title: "Scores",
    fit: true,
    most: 1,
    tick: (value) => `${Math.round(value * 1000) / 10}%`,
    told: percentOf,
    series: [
      { id: "efficiency", label: "efficiency", value: (point) => point.efficiency },
      { id: "lean", label: "lean score", value: (point) => point.lean_score },
    ],
  },
  {
    id: "packages",
    title: "Packages",
    whole: true,
    tick: count,
    told: count,
    series: [{ id: "packages", label: "packages", value: (point) => point.packages }],
  },
  {
    id: "layers",
    title: "Layers",
    whole: true,
    tick: count,
    told: count,
    series: [{ id: "layers", label: "layers", value: (point) => point.layers }],
  },
];

/**
 * The points and those that could not be read, as they were named: {name, date, point,
 * number (its place among the points), problem, step (what led to it)}.
 */
export function itemsOf(trend) {
  const steps = new Map(trend.steps.map((step, at) => [step.after, { ...step, at }]));
  const items = trend.points.map((point, number) => ({
    place: point.place,
    name: point.reference,
    date: dateOf(point.created),
    point,
    number,
    step: steps.get(number) ?? null,
  }));
  for (const { place, reference, problem } of trend.gaps) {
    items.push({ place, name: reference, date: "", point: null, problem, step: null });
  }
  return items.sort((a, b) => a.place - b.place);
}

/** The day of a time; `""` of what is none, or of the time that says that nobody knows. */
function dateOf(created) {
  const day = /^(\d{4})-\d\d-\d\dT/.exec(created ?? "");
  return day && day[1] > "1980" ? created.slice(0, 10) : "";
}

/** The end of a reference, which tells it from its neighbours: a tag, a file's name. */
export function shortName(reference) {
  const name = reference.split("/").at(-1);
  const tag = name.includes(":") ? name.split(":").at(-1) : name.replace(/\.(tar|lls|oci)$/, "");
  return (tag || name).slice(0, 100);
}

/** A point's figures of a measure, one text for each series. */
export function figures(measure, point) {
  return measure.series
    .map((each) => [each.label, each.value(point)])
    .filter(([, value]) => value !== null)
    .map(([label, value]) => `${label} ${measure.told(value)}`);
}

/** All of a point in one sentence, for a reader who cannot see the chart. */
export function sentence(measure, item) {
  if (!item.point) return `${item.name}: could not be read`;
  const told = figures(measure, item.point);
  const moved = item.step ? `, ${change(item.step.size)} since the one before` : "";
  return `${item.name}: ${told.length ? told.join(", ") : "not known"}${moved}`;
}

/** How the step that leads to a point is told in a line. */
export function stepWords(step, largest) {
  const parts = [change(step.size)];
  if (step.transfer_bytes !== null) parts.push(`transfer ${change(step.transfer_bytes)}`);
  if (step.dead_bytes) parts.push(`dead ${change(step.dead_bytes)}`);
  if (step.removable_bytes) parts.push(`removable ${change(step.removable_bytes)}`);
  if (step.file_count) parts.push(`${step.file_count > 0 ? "+" : ""}${counted(step.file_count, "file")}`);
  const of = step.fetched_exact ? "" : " of content";
  parts.push(`${size(step.fetched_bytes)}${of} to fetch`);
  if (step.at === largest) parts.push("the largest growth");
  return parts;
}

/** Findings of all severities; null where rules did not run. */
export function findingsOf(point) {
  return point.findings && Object.values(point.findings).reduce((sum, each) => sum + each, 0);
}

/** A package and its versions. */
export function packageWords({ ecosystem, name, old_version: old, new_version: now }) {
  const title = `${ecosystem} ${name}`;
  if (old && now) return old === now ? `${title} ${now}` : `${title} ${old} → ${now}`;
  return now ? `${title} ${now}, new` : `${title} ${old}, gone`;
}
