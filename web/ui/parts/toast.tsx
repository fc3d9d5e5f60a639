// toast.tsx -- short news at the edge of the page, read out politely.
import { useEffect, useReducer } from "preact/hooks";
import { t } from "../texts";

interface Note { id: number; text: string; undo?: () => void }

const LASTS_MS = 6_000;
let notes: Note[] = [];
let next = 1;
const watchers = new Set<() => void>();

function set(list: Note[]): void {
  notes = list;
  for (const w of watchers) w();
}

export function drop(id: number): void {
  set(notes.filter((n) => n.id !== id));
}

export function say(text: string): void {
  const id = next++;
  set([...notes.slice(-2), { id, text }]);
  setTimeout(() => drop(id), LASTS_MS);
}

/** Acts after a pause in which the reader can still take it back. */
export const UNDO_MS = 5_000;

export function sayWithUndo(text: string, act: () => void, undone: () => void): () => void {
  const id = next++;
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    removeEventListener("pagehide", finish);
    drop(id);
    act();
  };
  const timer = setTimeout(finish, UNDO_MS);
  addEventListener("pagehide", finish);
  set([...notes.slice(-2), { id, text, undo: () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    removeEventListener("pagehide", finish);
    drop(id);
    undone();
  } }]);
  return finish;
}

export function Toasts() {
  const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    const w = () => redraw();
    watchers.add(w);
    return () => {
      watchers.delete(w);
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notes.map((n) => (
        <div key={n.id} class="toast">
          <span>{n.text}</span>
          {n.undo && <button type="button" onClick={n.undo}>{t("act.undo")}</button>}
        </div>
      ))}
    </div>
  );
}
