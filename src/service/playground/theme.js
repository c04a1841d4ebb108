// Runs before the page is drawn, so that it never shows the other theme first.
try {
  const theme = JSON.parse(localStorage.getItem("cloche.playground.theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}
