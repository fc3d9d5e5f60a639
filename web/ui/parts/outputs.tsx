// outputs.tsx -- what a job returned: values with their 95 % error, drawn where they
// compare. Works on any JSON; text is only ever text.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { NamedOutput, WithheldPart } from "../api/types";
import { csvText } from "../csv";
import { asNumber, shown } from "../decimal";
import { visible } from "../inert";
import { isWithin, pointerTo } from "../pointer";
import { t, tn } from "../texts";

const ROWS_AT_FIRST = 60;

/** at: its place within the output. A value that was withheld is null. */
export interface Point { key: string; at: string; value: number | null; error: number | null }
type Json = Record<string, unknown>;
/** What stands beside a part of a result, named by its pointer and in words. */
export type Beside = (pointer: string, name: string) => ComponentChildren;

function isObject(v: unknown): v is Json {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

function isAnswer(v: unknown): v is { value: unknown; error95?: unknown } {
  return isObject(v) && "value" in v && Object.keys(v).every((k) => k === "value" || k === "error95");
}

function numberOf(v: unknown): number {
  return typeof v === "number" ? v : typeof v === "string" ? asNumber(v) : NaN;
}

function pointOf(key: string, at: string, v: unknown): Point | null {
  if (v === null) return { key, at, value: null, error: null };
  const value = numberOf(isAnswer(v) ? v.value : v);
  if (!Number.isFinite(value) || (typeof v === "string")) return null;
  const error = isAnswer(v) ? numberOf(v.error95) : NaN;
  return { key, at, value, error: Number.isFinite(error) ? error : null };
}

/** A table or list of numbers as points in a readable order; null for anything else. A
 * grouped answer carries one error for all of its values. */
function pointsOf(v: unknown, at = ""): Point[] | null {
  if (isAnswer(v)) {
    const shared = numberOf(v.error95);
    const points = pointsOf(v.value, `${at}/value`);
    return points && Number.isFinite(shared)
      ? points.map((p) => ({ ...p, error: p.error ?? shared })) : points;
  }
  const points = Array.isArray(v)
    ? v.map((x, i) => pointOf(String(i + 1), at + pointerTo(String(i)), x))
    : isObject(v) ? Object.entries(v).map(([k, x]) => pointOf(k, at + pointerTo(k), x)) : [];
  if (points.some((p) => p === null) || !points.some((p) => p!.value !== null)) return null;
  return (points as Point[]).sort((a, b) =>
    a.key.localeCompare(b.key, undefined, { numeric: true }));
}

/** The least and the greatest that a drawing of them must reach, with zero. */
export function rangeOf(points: Point[]): { lo: number; hi: number } {
  return {
    lo: Math.min(0, ...points.map((p) => (p.value ?? 0) - (p.error ?? 0))),
    hi: Math.max(0, ...points.map((p) => (p.value ?? 0) + (p.error ?? 0))),
  };
}

function Bar({ p, lo, hi }: { p: { value: number; error: number | null }; lo: number; hi: number }) {
  const span = hi - lo || 1;
  const x = (v: number) => (100 * (v - lo)) / span;
  const from = Math.min(x(0), x(p.value));
  const width = Math.abs(x(p.value) - x(0));
  return (
    <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-fill" x={from} y="1.500" width={Math.max(width, 0.3)} height="7" />
      {p.error !== null && (
        <g class="bar-error">
          <path d={`M${x(p.value - p.error)} 5H${x(p.value + p.error)}`} />
          <path d={`M${x(p.value - p.error)} 2.500V7.500M${x(p.value + p.error)} 2.500V7.500`} />
        </g>
      )}
    </svg>
  );
}

/** beside: a last column, by the place of a value. */
function Points({ name, points, beside }: { name: string; points: Point[]; beside?: Beside }) {
  const [all, setAll] = useState(false);
  const { lo, hi } = rangeOf(points);
  const part = all ? points : points.slice(0, ROWS_AT_FIRST);
  const errors = points.some((p) => p.error !== null);
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={name}>
      <table class="table points">
        <caption class="unseen">{name}</caption>
        <thead>
          <tr>
            <th scope="col">{t("output.key")}</th>
            <th scope="col" class="num">{t("output.value")}</th>
            {errors && <th scope="col" class="num">{t("output.error")}</th>}
            <th scope="col"><span class="unseen">{t("output.drawn")}</span></th>
            {beside && <th scope="col"><span class="unseen">{t("gate.keep")}</span></th>}
          </tr>
        </thead>
        <tbody>
          {part.map((p) => (
            <tr key={p.key}>
              <th scope="row" dir="auto">{visible(p.key)}</th>
              <td class="num">
                {p.value === null ? <span class="muted">{t("output.withheld")}</span> : shown(p.value, 6)}
              </td>
              {errors && <td class="num muted">{p.error === null ? "" : `± ${shown(p.error, 3)}`}</td>}
              <td class="bar-cell">
                {p.value !== null && <Bar p={{ value: p.value, error: p.error }} lo={lo} hi={hi} />}
              </td>
              {beside && <td class="keep-cell">{p.value !== null && beside(p.at, `${name} ${visible(p.key)}`)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {part.length < points.length && (
        <button type="button" onClick={() => setAll(true)}>
          {tn("output.all", points.length)}
        </button>
      )}
    </div>
  );
}

/** The names of the outputs that a result has; none where it is one value. */
export function namesOf(outputs: unknown): string[] {
  return isObject(outputs) && !isAnswer(outputs) ? Object.keys(outputs) : [];
}

function Scalar({ value }: { value: unknown }) {
  if (isAnswer(value)) {
    const error = numberOf(value.error95);
    return (
      <span class="figure">
        <Scalar value={value.value} />
        {Number.isFinite(error) && <span class="muted"> ± {shown(error, 3)}</span>}
      </span>
    );
  }
  if (typeof value === "number") return <span class="figure">{shown(value, 6)}</span>;
  if (typeof value === "boolean") return <span>{value ? t("word.yes") : t("word.no")}</span>;
  if (value === null || value === undefined) return <span class="muted">{t("output.none")}</span>;
  return <span dir="auto">{visible(String(value))}</span>;
}

function Value({ name, value, beside }: { name: string; value: unknown; beside?: Beside }) {
  const points = pointsOf(value);
  if (points) return <Points name={name} points={points} beside={beside} />;
  const plain = isAnswer(value) && (typeof value.value !== "object" || value.value === null);
  if (typeof value === "object" && value !== null && !plain) {
    return (
      <pre class="log" tabIndex={0}>{visible(JSON.stringify(value, null, 2)).replaceAll("␊", "\n")}</pre>
    );
  }
  return <Scalar value={value} />;
}

interface Shown {
  outputs: unknown;
  named?: NamedOutput[];
  /** Parts that the owner kept back. */
  kept?: WithheldPart[];
  /** What stands beside the name of one, and beside each value of a table. */
  beside?: Beside;
}

/** What the owner kept back of one output, and why. */
function KeptBack({ at, kept }: { at: string; kept: WithheldPart[] }) {
  const parts = kept.filter((k) => isWithin(at, k.pointer));
  const reasons = [...new Set(parts.map((k) => k.reason))];
  if (parts.length === 0) return null;
  return <p class="muted" dir="auto">{t("output.kept_back", { reason: reasons.map(visible).join(" · ") })}</p>;
}

/** The outputs by name, in the order in which they were named beforehand. */
function entriesOf(outputs: unknown, named: NamedOutput[]): [string, unknown][] {
  const entries: [string, unknown][] = isObject(outputs) && !isAnswer(outputs)
    ? Object.entries(outputs)
    : [[t("output.result"), outputs]];
  const order = new Map(named.map((n, i) => [n.name, i]));
  return entries.sort(([a], [b]) => (order.get(a) ?? 1e9) - (order.get(b) ?? 1e9));
}

export interface Table { name: string; what: string; points: Point[] }

/** Those outputs that are tables of numbers. */
export function tablesOf(outputs: unknown, named: NamedOutput[] = []): Table[] {
  const said = new Map(named.map((n) => [n.name, n.description ?? ""]));
  return entriesOf(outputs, named).flatMap(([name, value]) => {
    const points = pointsOf(value);
    return points ? [{ name, what: said.get(name) ?? "", points }] : [];
  });
}

/** The outputs of a job, each beside what its author says that it is. */
export function Outputs({ outputs, named = [], kept = [], beside }: Shown) {
  const entries = entriesOf(outputs, named);
  const said = new Map(named.map((n) => [n.name, n.description ?? ""]));
  if (entries.length === 0) return <p class="muted">{t("output.empty")}</p>;
  return (
    <dl class="outputs">
      {entries.map(([name, value]) => (
        <div key={name} class={pointsOf(value) ? "output wide" : "output"}>
          <dt>
            <code dir="auto">{visible(name)}</code>
            {said.get(name) && <span class="muted" dir="auto"> {visible(said.get(name)!)}</span>}
            {beside?.(pointerTo(name), visible(name))}
          </dt>
          <dd>
            {kept.some((k) => k.pointer === pointerTo(name)) || <Value name={name} value={value}
              beside={beside && ((at, words) => beside(pointerTo(name) + at, words))} />}
            <KeptBack at={pointerTo(name)} kept={kept} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Outputs as CSV rows: name, key, value, error95. */
export function outputsCsv(outputs: unknown): string {
  const rows: unknown[][] = [["output", "key", "value", "error95"]];
  const put = (name: string, key: string, v: unknown) => {
    const many = isAnswer(v) && typeof v.value === "object" ? pointsOf(v) : null;
    if (many) for (const p of many) rows.push([name, p.key, p.value, p.error]);
    else if (isAnswer(v)) rows.push([name, key, v.value, v.error95]);
    else if (Array.isArray(v)) v.forEach((x, i) => put(name, key ? `${key}.${i + 1}` : `${i + 1}`, x));
    else if (isObject(v)) for (const [k, x] of Object.entries(v)) put(name, key ? `${key}.${k}` : k, x);
    else rows.push([name, key, v, ""]);
  };
  for (const [name, v] of isObject(outputs) ? Object.entries(outputs) : [["result", outputs]])
    put(name as string, "", v);
  return csvText(rows);
}
