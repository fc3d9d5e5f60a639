// resource.ts -- what a page shows: loaded once, shared, revalidated by ETag when
// something happened on the server.
import { useEffect, useReducer } from "preact/hooks";
import { call, refusalOf, type Answer, type Refusal } from "./client";
import type { Page } from "./types";

export interface Resource<T> {
  data: T | undefined;
  etag: string | null;
  refusal: Refusal | undefined;
  loading: boolean;
  reload: () => Promise<void>;
}

interface Entry {
  data: unknown;
  etag: string | null;
  refusal: Refusal | undefined;
  busy: Promise<void> | null;
  watchers: Set<() => void>;
}

const entries = new Map<string, Entry>();

function entryOf(path: string): Entry {
  let e = entries.get(path);
  if (!e) {
    e = { data: undefined, etag: null, refusal: undefined, busy: null, watchers: new Set() };
    entries.set(path, e);
  }
  return e;
}

/** A path with this before it stands for all items of a list, over all of its pages. */
const WHOLE = "whole:";
const PAGES_MAX = 20;

/** All items of the list at path, over all of its pages. */
export async function wholeList<T>(path: string): Promise<Answer<T[]>> {
  const items: T[] = [];
  let at = path;
  for (let n = 0; ; n++) {
    const a = await call<Page<T>>(at);
    items.push(...a.data.items);
    if (!a.data.next_cursor || n + 1 === PAGES_MAX) return { ...a, etag: null, data: items };
    at = `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(a.data.next_cursor)}`;
  }
}

async function load(path: string, e: Entry): Promise<void> {
  try {
    const a = path.startsWith(WHOLE) ? await wholeList(path.slice(WHOLE.length))
      : await call<unknown>(path, { ifNoneMatch: e.etag });
    if (a.status !== 304) {
      e.data = a.data;
      e.etag = a.etag;
    }
    e.refusal = undefined;
  } catch (thrown) {
    e.refusal = refusalOf(thrown);
    // A dropped connection or an ended session keeps what is on the screen.
    if (e.refusal.status !== 0 && e.refusal.status !== 401) {
      e.data = undefined;
      e.etag = null;
    }
  }
}

function revalidate(path: string): Promise<void> {
  const e = entryOf(path);
  e.busy ??= load(path, e).finally(() => {
    e.busy = null;
    for (const w of e.watchers) w();
  });
  return e.busy;
}

/** Loads again everything that is on the screen and forgets the rest. */
export async function refreshAll(): Promise<void> {
  const all: Promise<void>[] = [];
  for (const [path, e] of entries) {
    if (e.watchers.size > 0) all.push(revalidate(path));
    else entries.delete(path);
  }
  await Promise.all(all);
}

/** Forgets everything: another person signs in. */
export function forgetAll(): void {
  entries.clear();
}

/** The resource at path, or nothing while path is null. */
export function useResource<T>(path: string | null): Resource<T> {
  const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    if (path === null) return;
    const e = entryOf(path);
    const watcher = () => redraw();
    e.watchers.add(watcher);
    void revalidate(path);
    return () => {
      e.watchers.delete(watcher);
    };
  }, [path]);
  const e = path === null ? undefined : entryOf(path);
  return {
    data: e?.data as T | undefined,
    etag: e?.etag ?? null,
    refusal: e?.refusal,
    loading: path !== null && e?.data === undefined && e?.refusal === undefined,
    reload: () => (path === null ? Promise.resolve() : revalidate(path)),
  };
}

/** What stands at each of the paths, as far as it is there. */
export function useEach<T>(paths: string[]): (T | undefined)[] {
  const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    const watcher = () => redraw();
    for (const path of paths) {
      entryOf(path).watchers.add(watcher);
      void revalidate(path);
    }
    return () => {
      for (const path of paths) entryOf(path).watchers.delete(watcher);
    };
  }, [paths.join(" ")]);
  return paths.map((path) => entryOf(path).data as T | undefined);
}

/** All items of the list at path, however many pages it has. */
export function useAll<T>(path: string | null): Resource<T[]> {
  return useResource<T[]>(path === null ? null : WHOLE + path);
}
