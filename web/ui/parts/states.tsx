// states.tsx -- what stands where content is not yet, not there, or not yours.
import type { ComponentChildren } from "preact";
import type { Refusal } from "../api/client";
import type { Resource } from "../api/resource";
import { Told, visible } from "../inert";
import { t, tIf, tn, translated } from "../texts";
import { Icon } from "./icon";

export function Loading({ rows = 3 }: { rows?: number }) {
  return (
    <div class="loading" role="status">
      <span class="unseen">{t("state.loading")}</span>
      {Array.from({ length: rows }, (_, i) => <span key={i} class="bone" />)}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Refusals of which the kind says all that there is to say. */
const saidAll = new Set(["not-found", "internal", "unreachable"]);

/** What went wrong in a sentence the reader can act on, and what the server adds to it. */
function refusalTexts(r: Refusal): [string, string] {
  if (r.status === 0) return [t("refusal.unreachable"), ""];
  const detail = r.problem.detail ?? "";
  const known = tIf(`refusal.${r.slug}`, "");
  const wait = r.retryAfter ? " " + tn("refusal.wait", r.retryAfter) : "";
  const first = (known || translated(detail) || detail || r.problem.title || t("refusal.internal")) + wait;
  return [first, known && !saidAll.has(r.slug) ? detail : ""];
}

export function Trouble({ refusal, retry }: { refusal: Refusal; retry?: () => void }) {
  const missing = refusal.problem.missing_permission;
  const [text, detail] = refusalTexts(refusal);
  const errors = refusal.problem.errors ?? [];
  return (
    <div class="trouble" role="alert">
      <p><Icon name="warn" /> {text}</p>
      {detail && <p class="muted"><Told text={detail} /></p>}
      {typeof missing === "string" && <p class="muted">{t("refusal.missing", { missing })}</p>}
      {errors.length > 0 && (
        <ul class="places">
          {errors.slice(0, 20).map((e, i) => (
            <li key={i}><code dir="auto">{place(e.pointer)}</code> {tIf(`leak.${e.rule}`, "") || <Told text={e.detail} />}</li>
          ))}
        </ul>
      )}
      {refusal.problem.instance && refusal.status >= 500 && (
        <p class="muted">{t("refusal.instance", { id: refusal.problem.instance })}</p>
      )}
      {retry && <button type="button" onClick={retry}>{t("state.retry")}</button>}
    </div>
  );
}

/** "/line/12/column/3" as words, "/columns/age" as the column's name; other pointers as they are. */
function place(pointer: string): string {
  const column = /^\/columns\/(.+)$/.exec(pointer)?.[1];
  if (column) return visible(column);
  const m = /^\/line\/(\d+)(?:\/column\/(\d+))?$/.exec(pointer);
  if (!m) return pointer;
  return m[2] ? t("place.line_column", { line: m[1]!, column: m[2] }) : t("place.line", { line: m[1]! });
}

/** Renders a resource in whichever state it is. Data stays while it is refreshed. */
export function Show<T>(
  { of, children, rows, missing }:
  { of: Pick<Resource<T>, "data" | "refusal" | "reload">; children: (data: T) => ComponentChildren;
    rows?: number; missing?: ComponentChildren },
) {
  if (of.data !== undefined) {
    return (
      <>
        {of.refusal?.status === 0 && <p class="stale" role="status">{t("state.offline")}</p>}
        {children(of.data)}
      </>
    );
  }
  if (of.refusal && missing && of.refusal.status === 404) return <>{missing}</>;
  if (of.refusal) return <Trouble refusal={of.refusal} retry={() => void of.reload()} />;
  return <Loading rows={rows} />;
}
