// shortcuts.ts -- keys that go places and do things while no field has the focus. They can
// be switched off: single letters are in the way of those who speak to their computer.
import { useEffect } from "preact/hooks";
import { go } from "./router";

const SECOND_KEY_MS = 1_200;
const SLOT = "shortcuts";

export function shortcutsOn(): boolean {
  return localStorage.getItem(SLOT) !== "off";
}

export function setShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(SLOT);
  else localStorage.setItem(SLOT, "off");
}

/** Whether this key press is ours: nobody types, nothing else is held, nothing lies above. */
export function isShortcut(e: KeyboardEvent): boolean {
  if (!shortcutsOn() || e.ctrlKey || e.metaKey || e.altKey) return false;
  return !(e.target as Element).closest("input:not([type=checkbox]), textarea, select, dialog");
}

const pagesByKey: Record<string, string> = {
  i: "/inbox", d: "/datasets", b: "/budgets", h: "/", j: "/jobs", n: "/notifications",
};

/** Goes to the next or the previous job of a list. */
function stepRow(by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>(".row-link")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[now < 0 ? 0 : now + by]?.focus();
}

const focus = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus();

const actsByKey: Record<string, () => void> = {
  j: () => stepRow(1),
  k: () => stepRow(-1),
  a: focus("#decide button.main"),
  c: focus(".number button[tabindex='0']"),
  v: () => document.querySelector<HTMLElement>("input[name=split]")?.click(),
};

/** "g" then a letter opens a page, a letter alone acts on it; `more` are keys of the frame. */
export function useShortcuts(more: Record<string, () => void>): void {
  useEffect(() => {
    let armed = 0;
    const onKey = (e: KeyboardEvent) => {
      if (!isShortcut(e)) return;
      const to = Date.now() < armed ? pagesByKey[e.key] : undefined;
      armed = e.key === "g" ? Date.now() + SECOND_KEY_MS : 0;
      const act = more[e.key] ?? actsByKey[e.key];
      if (to) go(to);
      else if (act) {
        e.preventDefault();
        act();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
