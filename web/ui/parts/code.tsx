// code.tsx -- a Lua program as numbered lines with gutter marks. The highlighter's token
// tree becomes elements and text nodes; no markup is ever parsed.
import hljs from "highlight.js/lib/core";
import lua from "highlight.js/lib/languages/lua";
import { useMemo, useRef } from "preact/hooks";
import type { Finding, Mark } from "../api/types";
import { visible } from "../inert";
import { t, tIf, tn } from "../texts";
import { Growing, linesPiece } from "./growing";

hljs.registerLanguage("lua", lua);

export interface Piece { text: string; kind: string }
interface Node { scope?: string; children: (Node | string)[] }

/** Highlighted source cut into lines. */
export function luaLines(source: string): Piece[][] {
  const lines: Piece[][] = [[]];
  const add = (text: string, kind: string) => {
    text.split("\n").forEach((part, i) => {
      if (i > 0) lines.push([]);
      if (part) lines[lines.length - 1]!.push({ text: visible(part), kind });
    });
  };
  const walk = (n: Node | string, kind: string) => {
    if (typeof n === "string") add(n, kind);
    else for (const c of n.children) walk(c, n.scope?.split(".")[0] ?? kind);
  };
  const done = hljs.highlight(source, { language: "lua", ignoreIllegals: true });
  walk((done._emitter as unknown as { rootNode: Node }).rootNode, "");
  if (lines.length > 1 && lines[lines.length - 1]!.length === 0) lines.pop();
  return lines;
}

export function Pieces({ of }: { of: Piece[] }) {
  return (
    <>
      {of.map((p, i) => p.kind ? <span key={i} class={`tok-${p.kind}`}>{p.text}</span> : p.text)}
    </>
  );
}

const signs: Record<string, string> = {
  spend: "ε", release: "▲", exact: "=", column: "#", loop: "↻", finding: "!",
};
const order = ["finding", "exact", "spend", "release", "loop", "column"];

export function marksByLine(marks: Mark[], findings: Finding[]): Map<number, Mark[]> {
  const map = new Map<number, Mark[]>();
  const all: Mark[] = [
    ...findings.map((f) => ({ line: f.line ?? 1, kind: "finding", text: f.text })),
    ...marks,
  ];
  for (const m of all) {
    const line = m.line ?? 0;
    map.set(line, [...(map.get(line) ?? []), m]);
  }
  for (const list of map.values())
    list.sort((a, b) => order.indexOf(a.kind ?? "") - order.indexOf(b.kind ?? ""));
  return map;
}

export function markText(m: Mark): string {
  const kind = tIf(`mark.${m.kind}`, m.kind ?? "");
  return m.text ? `${kind}: ${visible(m.text)}` : kind;
}

function Gutter({ marks }: { marks: Mark[] }) {
  const kinds = [...new Set(marks.map((m) => m.kind ?? ""))];
  const words = marks.map(markText).join("\n");
  return (
    <span class="gutter-marks" title={words}>
      {kinds.map((k) => <span key={k} class={`mark mark-${k}`}>{signs[k] ?? "·"}</span>)}
    </span>
  );
}

const codePiece = linesPiece("", ["w-gutter", "w-number", ""]);

interface LineRow { pieces: Piece[]; marks: Mark[] }

/** Draws line i; pressing its number asks `ask` where the reader may comment. */
function lineRow(focus: number | undefined, ask: ((line: number) => void) | null) {
  return ({ pieces, marks }: LineRow, i: number) => {
    const n = i + 1;
    return (
      <tr key={n} id={`L${n}`} class={n === focus ? "line here" : "line"}>
        <td class="gutter">{marks.length > 0 && <Gutter marks={marks} />}</td>
        <td class="number">
          {ask
            ? <button type="button" onClick={() => ask(n)}
                aria-label={t("code.comment_on", { line: n })}>{n}</button>
            : n}
        </td>
        <td class="text"><code><Pieces of={pieces} /></code></td>
      </tr>
    );
  };
}

export function CodeView(
  { source, marks, findings, onLine, focus }:
  { source: string; marks: Mark[]; findings: Finding[]; onLine?: (line: number) => void;
    focus?: number },
) {
  const latest = useRef(onLine);
  latest.current = onLine;
  const may = onLine !== undefined;
  const row = useMemo(() => lineRow(focus, may ? (n) => latest.current?.(n) : null), [focus, may]);
  const lines = useMemo(() => {
    const byLine = marksByLine(marks, findings);
    return luaLines(source).map((pieces, i) => ({ pieces, marks: byLine.get(i + 1) ?? [] }));
  }, [source, marks, findings]);
  return (
    <div class="code" role="region" aria-label={t("code.label")} tabIndex={0}>
      <p class="unseen">{tn("code.caption", lines.length)}</p>
      <Growing of={lines} row={row} piece={codePiece} upTo={focus} />
    </div>
  );
}

/** Every mark as words, for those who do not see the gutter. */
export function MarkList({ marks, findings }: { marks: Mark[]; findings: Finding[] }) {
  const rows = [...marksByLine(marks, findings)].sort(([a], [b]) => a - b);
  if (rows.length === 0) return null;
  return (
    <details class="mark-list">
      <summary>{t("code.marks")}</summary>
      <ul>
        {rows.map(([line, list]) => (
          <li key={line}>
            <a href={`#L${line}`}>{t("place.line", { line })}</a>{" "}
            {list.map(markText).join(" · ")}
          </li>
        ))}
      </ul>
    </details>
  );
}
