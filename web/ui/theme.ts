// theme.ts -- light, dark, or as the system says; remembered in this browser.
export type Theme = "auto" | "light" | "dark";

export function currentTheme(): Theme {
  const t = localStorage.getItem("theme");
  return t === "light" || t === "dark" ? t : "auto";
}

export function setTheme(to: Theme): void {
  if (to === "auto") localStorage.removeItem("theme");
  else localStorage.setItem("theme", to);
  startTheme();
}

export function startTheme(): void {
  const now = currentTheme();
  if (now === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", now);
}
