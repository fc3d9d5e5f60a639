// client.ts -- the only place that calls the server: JSON, CSRF, ETags, problems.

/** An RFC 9457 problem document with what the server adds to it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  errors?: { pointer: string; detail: string; rule?: string }[];
  [extra: string]: unknown;
}

/** The server said no, or could not be reached (status 0). */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail ?? problem.title);
  }
  get status(): number {
    return this.problem.status;
  }
  get slug(): string {
    return this.problem.type.split("/").pop() ?? "";
  }
}

export interface Answer<T> {
  status: number;
  etag: string | null;
  data: T;
  headers: Headers;
}

export interface Ask {
  method?: string;
  json?: unknown;
  /** A raw body and its media type; sent instead of json. */
  raw?: { type: string; body: Blob | string };
  ifMatch?: string | null;
  ifNoneMatch?: string | null;
  /** Makes a repeated create harmless. */
  key?: string;
  /** Goes through although the page is being left. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

let csrf = "";
let lost: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}

/** Calls fn whenever an answer says that nobody is signed in any more. */
export function onSessionLost(fn: () => void): void {
  lost = fn;
}

/** A fresh Idempotency-Key. Works outside secure contexts too. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function headersOf(ask: Ask): Headers {
  const h = new Headers({ Accept: "application/json" });
  if (ask.json !== undefined) h.set("Content-Type", "application/json");
  if (ask.raw) h.set("Content-Type", ask.raw.type);
  if (ask.ifMatch) h.set("If-Match", ask.ifMatch);
  if (ask.ifNoneMatch) h.set("If-None-Match", ask.ifNoneMatch);
  if (ask.key) h.set("Idempotency-Key", ask.key);
  if (csrf && ask.method && ask.method !== "GET") h.set("X-CSRF-Token", csrf);
  return h;
}

async function problemOf(reply: Response): Promise<Refusal> {
  const wait = Number(reply.headers.get("Retry-After")) || null;
  let problem: Problem;
  try {
    problem = (await reply.json()) as Problem;
  } catch {
    problem = { type: "/problems/internal", title: reply.statusText, status: reply.status };
  }
  return new Refusal({ ...problem, status: reply.status }, wait);
}

async function bodyOf(reply: Response): Promise<unknown> {
  if (reply.status === 204 || reply.status === 304) return undefined;
  const type = reply.headers.get("Content-Type") ?? "";
  return type.includes("json") && !type.includes("jsonl") && !type.includes("json-lines")
    ? reply.json()
    : reply.text();
}

/** One request to /api/v1. Throws a Refusal for every answer from 400 up. */
export async function call<T>(path: string, ask: Ask = {}): Promise<Answer<T>> {
  let reply: Response;
  try {
    reply = await fetch(path.startsWith("/api") || path.startsWith("/.") || path === "/readyz"
      ? path : `/api/v1${path}`, {
      method: ask.method ?? "GET",
      headers: headersOf(ask),
      body: ask.json !== undefined ? JSON.stringify(ask.json) : ask.raw?.body,
      credentials: "same-origin",
      cache: "no-store",
      keepalive: ask.keepalive,
      signal: ask.signal,
    });
  } catch (e) {
    if (ask.signal?.aborted) throw e;
    throw new Refusal({ type: "/problems/unreachable", title: "", status: 0 });
  }
  if (reply.status === 401 && path !== "/session" && path !== "/setup") lost();
  if (reply.status >= 400) throw await problemOf(reply);
  return {
    status: reply.status,
    etag: reply.headers.get("ETag"),
    data: (await bodyOf(reply)) as T,
    headers: reply.headers,
  };
}

/** Turns anything thrown into a Refusal, so that pages handle one kind of failure. */
export function refusalOf(e: unknown): Refusal {
  if (e instanceof Refusal) return e;
  return new Refusal({ type: "/problems/internal", title: String(e), status: -1 });
}

/**
 * Sends a file with progress, which fetch cannot report for uploads. The same rules as
 * call().
 */
export function upload<T>(
  path: string,
  file: Blob,
  progress: (sent: number, total: number) => void,
): { done: Promise<Answer<T>>; abort: () => void } {
  const x = new XMLHttpRequest();
  const done = new Promise<Answer<T>>((resolve, reject) => {
    x.open("PUT", `/api/v1${path}`);
    x.setRequestHeader("Content-Type", "text/csv");
    x.setRequestHeader("Accept", "application/json");
    if (csrf) x.setRequestHeader("X-CSRF-Token", csrf);
    x.upload.onprogress = (e) => progress(e.loaded, e.total);
    x.onerror = () =>
      reject(new Refusal({ type: "/problems/unreachable", title: "", status: 0 }));
    x.onabort = () =>
      reject(new Refusal({ type: "/problems/aborted", title: "", status: 0 }));
    x.onload = () => {
      if (x.status === 401) lost();
      let data: unknown;
      try {
        data = JSON.parse(x.responseText);
      } catch {
        data = { type: "/problems/internal", title: x.statusText };
      }
      if (x.status >= 400) {
        reject(new Refusal({ ...(data as Problem), status: x.status }));
        return;
      }
      resolve({ status: x.status, etag: x.getResponseHeader("ETag"), data: data as T,
        headers: new Headers() });
    };
    x.send(file);
  });
  return { done, abort: () => x.abort() };
}
