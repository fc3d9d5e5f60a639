// router.ts -- the page's address: matching, moving, and links that do not reload.
import { useEffect, useReducer } from "preact/hooks";

const watchers = new Set<() => void>();
let leaving: (() => boolean) | null = null;

function moved(): void {
  for (const w of watchers) w();
}

/** Asked before the page changes; false keeps the reader where they are. */
export function guardLeaving(ask: (() => boolean) | null): void {
  leaving = ask;
}

export function go(to: string, replace = false): void {
  if (leaving && !leaving()) return;
  leaving = null;
  const before = location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  moved();
  if (location.pathname !== before) scrollTo(0, 0);
}

/** Sets or removes one query parameter without a new entry in the history. */
export function setQuery(name: string, value: string | null): void {
  const url = new URL(location.href);
  if (value === null || value === "") url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  history.replaceState(null, "", url.pathname + url.search + url.hash);
  moved();
}

export function useAddress(): URL {
  const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    const w = () => redraw();
    watchers.add(w);
    return () => {
      watchers.delete(w);
    };
  }, []);
  return new URL(location.href);
}

/** Values of the :names of pattern in path, or null: "/jobs/:id" on "/jobs/7". */
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split("/");
  const have = path.replace(/(.)\/$/, "$1").split("/");
  if (want.length !== have.length) return null;
  const out: Record<string, string> = {};
  for (let i = 0; i < want.length; i++) {
    const w = want[i]!;
    const h = have[i]!;
    if (w.startsWith(":")) {
      try {
        out[w.slice(1)] = decodeURIComponent(h);
      } catch {
        return null;
      }
    } else if (w !== h) return null;
  }
  return out;
}

function onClick(e: MouseEvent): void {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey)
    return;
  const a = (e.target as Element | null)?.closest?.("a");
  if (!a || a.target || a.hasAttribute("download") || a.origin !== location.origin) return;
  if (!a.hasAttribute("href") || a.getAttribute("href")!.startsWith("#")) return;
  if (/^\/(api|problems|metrics|licenses\.txt)/.test(a.pathname)) return;
  e.preventDefault();
  go(a.pathname + a.search + a.hash);
}

export function startRouter(): void {
  document.addEventListener("click", onClick);
  addEventListener("popstate", moved);
}
