// Which theme is in force: runs before the first paint, so that none flashes up and goes.
//
// The root's `data-choice` is what the reader chose, `data-theme` what comes of it: the style
// sheet knows only that.  Paper is light; a window's "themechange" tells who draws by hand.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  let printing = false;

  function apply() {
    const { choice } = root.dataset;
    const theme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    root.dataset.theme = printing || paper.matches ? "light" : theme;
    window.dispatchEvent(new Event("themechange"));
  }

  let kept = null;
  try {
    kept = localStorage.getItem("layerlens-theme");
  } catch {
    // A browser may keep nothing for files; then the system decides.
  }
  root.dataset.choice = kept === "light" || kept === "dark" ? kept : "system";
  apply();
  system.addEventListener("change", apply);
  // Some browsers take a picture of what is drawn before they tell that it is for paper.
  paper.addEventListener("change", apply);
  for (const [event, begins] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      printing = begins;
      apply();
    });
  }
  window.addEventListener("themechoice", apply);
})();
