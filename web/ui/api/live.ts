// live.ts -- the server's event stream, read with fetch so that named events, a lost
// session and the last seen id are all in our hands. Falls back to asking now and then.
import { refreshAll } from "./resource";

export interface LiveEvent {
  id: string;
  kind: string;
  data: Record<string, unknown>;
}

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;
const SETTLE_MS = 120;

let stop: AbortController | null = null;
let lastId = "";
let settle: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<(e: LiveEvent) => void>();

function changed(): void {
  clearTimeout(settle);
  settle = setTimeout(() => void refreshAll(), SETTLE_MS);
}

function deliver(block: string): void {
  const e: LiveEvent = { id: "", kind: "message", data: {} };
  let text = "";
  for (const line of block.split("\n")) {
    const cut = line.indexOf(":");
    if (cut <= 0) continue;
    const value = line.slice(cut + 1).replace(/^ /, "");
    const field = line.slice(0, cut);
    if (field === "id") e.id = value;
    if (field === "event") e.kind = value;
    if (field === "data") text += value;
  }
  if (e.id) lastId = e.id;
  if (!text) return;
  try {
    e.data = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return;
  }
  for (const fn of listeners) fn(e);
  changed();
}

async function read(signal: AbortSignal): Promise<void> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const reply = await fetch("/api/v1/events", { headers, signal, cache: "no-store" });
  if (!reply.ok || !reply.body) throw new Error(String(reply.status));
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value.replaceAll("\r", "");
    for (let end = held.indexOf("\n\n"); end >= 0; end = held.indexOf("\n\n")) {
      deliver(held.slice(0, end));
      held = held.slice(end + 2);
    }
  }
}

/** Listens until stopLive(). Starting twice is the same as once. */
export async function startLive(): Promise<void> {
  if (stop) return;
  const mine = new AbortController();
  stop = mine;
  let wait = RETRY_MS_MIN;
  while (!mine.signal.aborted) {
    const began = Date.now();
    try {
      await read(mine.signal);
    } catch {
      // Told by the retry: the server restarts, the network is away, the session ended.
    }
    if (mine.signal.aborted) return;
    wait = Date.now() - began > RETRY_MS_MAX ? RETRY_MS_MIN : Math.min(wait * 2, RETRY_MS_MAX);
    await new Promise((r) => setTimeout(r, wait));
    changed();
  }
}

export function stopLive(): void {
  stop?.abort();
  stop = null;
  lastId = "";
}

export function onLive(fn: (e: LiveEvent) => void): () => void {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

addEventListener("online", changed);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) changed();
});
