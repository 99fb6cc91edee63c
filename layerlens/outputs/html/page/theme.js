// Runs before the first paint, so that a chosen theme does not flash the other one.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("layerlens-theme");
  } catch {
    // A browser may keep nothing for files; then the system decides.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
