// Shell wildcards for one name: * ? [a-z] [!a-z].

/**
 * A test for names.  Time grows with the name times the pattern at most, whatever these
 * are: only the last star is ever tried anew.
 */
export function wildcard(pattern) {
  const steps = parse(pattern);
  return (name) => {
    let at = 0;
    let step = 0;
    let star = -1;
    let from = 0;
    while (at < name.length) {
      if (step < steps.length && steps[step] === null) {
        star = step;
        from = at;
        step += 1;
      } else if (step < steps.length && steps[step](name[at])) {
        at += 1;
        step += 1;
      } else if (star >= 0) {
        from += 1;
        at = from;
        step = star + 1;
      } else return false;
    }
    while (step < steps.length && steps[step] === null) step += 1;
    return step === steps.length;
  };
}

/** Tests of one character each; null for a star. */
function parse(pattern) {
  const steps = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    const close = char === "[" ? pattern.indexOf("]", at + (pattern[at + 1] === "!" ? 3 : 2)) : -1;
    if (char === "*") steps.push(null);
    else if (char === "?") steps.push(() => true);
    else if (close > 0) {
      steps.push(set(pattern.slice(at + 1, close)));
      at = close;
    } else steps.push((other) => other === char);
  }
  return steps;
}

function set(text) {
  const not = text[0] === "!";
  const inside = not ? text.slice(1) : text;
  const ranges = [];
  for (let at = 0; at < inside.length; at += 1) {
    if (inside[at + 1] === "-" && at + 2 < inside.length) {
      ranges.push([inside[at], inside[at + 2]]);
      at += 2;
    } else ranges.push([inside[at], inside[at]]);
  }
  return (char) => ranges.some(([low, high]) => char >= low && char <= high) !== not;
}
