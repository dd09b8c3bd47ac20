// Light and dark: the reader's choice, else that of the system.
import type { Theme } from "../../report/charts/draw.ts";

const KEY = "swarmbench-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

/** The theme of the page now. */
export function currentTheme(): Theme {
  if (matchMedia("print").matches) return "light";
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

/** Calls back when the theme changes, and for print. */
export function onThemeChange(listener: () => void): void {
  listeners.add(listener);
}

function changed(): void {
  for (const listener of listeners) listener();
}

system.addEventListener("change", changed);
matchMedia("print").addEventListener("change", changed);

/** A button that switches between light and dark. The choice is kept where the browser allows it. */
export function themeButton(): HTMLButtonElement {
  const kept = read();
  if (kept) document.documentElement.dataset.theme = kept;
  const button = document.createElement("button");
  button.type = "button";
  const label = () => {
    button.textContent = currentTheme() === "dark" ? "Light theme" : "Dark theme";
  };
  button.addEventListener("click", () => {
    const next = currentTheme() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    write(next);
    changed();
  });
  listeners.add(label);
  label();
  return button;
}

/** A page that was opened from a file may have no storage. */
function read(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // the choice holds for this page alone
  }
}
