// Small parts that views put together: labelled facts, buttons that copy, headings to jump to.

import { copy, h, replace } from "./dom.js";
import { go, hashOf } from "./route.js";
import { count } from "./shown.js";

/**
 * Labelled facts: pairs of a label and what it is; those that are null or false are left
 * out.  `attributes` are of the list; a class among them stands in place of its own.
 */
export function facts(pairs, attributes = {}) {
  return h(
    "dl",
    { class: "fact-list", ...attributes },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== false)
      .map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
  );
}

/**
 * A button that copies a text, or what a function gives then; `what` says to those who do not
 * see what it stands beside.
 */
export function copyButton(text, what, title = "Copy") {
  const said = h("span", { class: "unseen", role: "status" });
  const label = h("span", {}, title);
  const forget = () => {
    replace(label, title);
    replace(said);
  };
  const button = h(
    "button",
    {
      type: "button",
      class: "copy-button",
      "aria-label": `Copy ${what}`,
      onclick: async () => {
        await copy(typeof text === "function" ? text() : text);
        replace(label, "Copied");
        replace(said, `Copied ${what}`);
      },
      onblur: forget,
      onpointerleave: forget,
    },
    label,
  );
  return h("span", { class: "copy-box" }, button, said);
}

/**
 * A page in parts, with links to each: `parts` are {id, title, body} or null.
 *
 * Gives {element, show(params)}; the parameter `part` names the part to go to.
 */
export function inParts(view, title, intro, parts) {
  const there = parts.filter(Boolean);
  const headings = new Map(
    there.map((part) => [part.id, h("h2", { tabindex: "-1", id: `${view}-${part.id}` }, part.title)]),
  );
  let last;
  const element = h(
    "article",
    { class: `parts ${view}-view` },
    h("h1", {}, title),
    intro,
    h(
      "nav",
      { class: "within", "aria-label": `Parts of ${title}` },
      h(
        "ul",
        {},
        there.map((part) =>
          h(
            "li",
            {},
            h(
              "a",
              {
                href: hashOf(view, { part: part.id }),
                onclick: () => {
                  // A link to where the reader was sent last changes nothing in the URL.
                  if (last === part.id) move(part.id);
                },
              },
              part.title,
            ),
          ),
        ),
      ),
    ),
    there.map((part) => h("section", {}, headings.get(part.id), part.body)),
  );

  function move(id) {
    const heading = headings.get(id);
    heading?.scrollIntoView({ block: "start" });
    heading?.focus({ preventScroll: true });
  }

  return {
    element,
    show(params) {
      if (params.part === last && params.part === undefined) return;
      last = params.part;
      if (last !== undefined) move(last);
    },
  };
}

/** The first some of many things, and a button that shows the others. */
export function some(things, most, lay) {
  const body = h("ul", { class: "name-list" });
  const few = things.slice(0, most);
  replace(body, few.map(lay).map((each) => h("li", {}, each)));
  if (few.length === things.length) return body;
  const rest = things.length - most;
  const more = h(
    "button",
    {
      type: "button",
      data: { left: count(rest) },
      onclick: () => {
        more.remove();
        const first = body.children.length;
        body.append(...things.slice(most).map((each) => h("li", {}, lay(each))));
        body.children[first].querySelector("a, button")?.focus();
      },
    },
    `Show ${count(rest)} more`,
  );
  return h("div", {}, body, more);
}

/** Show a view under other parameters, without an entry in the history. */
export function adjust(view, params, changes) {
  go(view, { ...params, ...changes }, { quietly: true });
}
