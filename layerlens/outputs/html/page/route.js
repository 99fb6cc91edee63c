// Where in the report the reader is: a view and its parameters, kept in the URL's hash, so
// that a link leads to the same place.  `#/files?at=usr/lib&size=waste`.

/** Read a hash: {view, params}; what is not given is not there. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const params = {};
  for (const part of query.split("&")) {
    if (!part) continue;
    const [name, value = ""] = part.split(/=(.*)/s);
    try {
      params[decodeURIComponent(name)] = decodeURIComponent(value);
    } catch {
      // A link that somebody broke: the rest of it may still lead somewhere.
    }
  }
  return { view: path, params };
}

/** The hash of a place.  Parameters that are empty are left out. */
export function hashOf(view, params = {}) {
  const query = Object.entries(params)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2F", "/")}`)
    .join("&");
  return `#/${view}${query ? "?" + query : ""}`;
}

/** Go to a place; `quietly` puts it in the history's last entry instead of a new one. */
export function go(view, params = {}, { quietly = false } = {}) {
  const hash = hashOf(view, params);
  if (hash === location.hash) return;
  if (quietly) {
    history.replaceState(null, "", hash);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = hash;
}
