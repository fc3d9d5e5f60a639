// code.tsx -- a Lua program as numbered lines with gutter marks. The highlighter's token
// tree becomes elements and text nodes; no markup is ever parsed.
import hljs from "highlight.js/lib/core";
import lua from "highlight.js/lib/languages/lua";
import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Finding, LineComment, Mark } from "../api/types";
import { visible } from "../inert";
import { t, tIf, tn } from "../texts";
import { Growing, linesPiece } from "./growing";
import { Thread, type ByLine, type Place } from "./threads";

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

const BLOCK_LINES = 100;
/** Texts and comments that reach over lines; without one each line stands for itself. */
const REACHES_OVER = /\[=*\[|\\\n|\\z/;

interface Program { count: number; line: (i: number) => Piece[] }

/** A source of which a block of lines is highlighted when its first line is asked for. */
function programOf(source: string): Program {
  const lines = source.split("\n");
  if (lines.length > 1 && lines.at(-1) === "") lines.pop();
  const size = REACHES_OVER.test(source) ? lines.length : BLOCK_LINES;
  const blocks: Piece[][][] = [];
  return {
    count: lines.length,
    line: (i) => {
      const b = Math.floor(i / size);
      blocks[b] ??= luaLines(lines.slice(b * size, (b + 1) * size).join("\n"));
      return blocks[b]![i % size] ?? [];
    },
  };
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

interface LineRow { marks: Mark[]; said?: LineComment[]; asking?: boolean }

/** The number of a line: where one may comment, a button that opens a place for it. Only
 * one of them is a stop of the Tab key; the arrow keys go from line to line. */
export function LineNumber({ n, stop, ask }: { n: number; stop: boolean; ask: ((line: number) => void) | null }) {
  if (!ask) return <>{n}</>;
  return (
    <button type="button" tabIndex={stop ? 0 : -1} onClick={() => ask(n)}
      aria-label={t("code.comment_on", { line: n })}>{n}</button>
  );
}

/** Moves along the numbers of a program with the arrow keys. */
export function onNumberKeys(e: KeyboardEvent): void {
  const down = e.key === "ArrowDown";
  const now = e.target as HTMLElement;
  if ((!down && e.key !== "ArrowUp") || !now.matches(".number button")) return;
  const all = [...(e.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".number button")];
  const next = all[all.indexOf(now) + (down ? 1 : -1)];
  if (!next) return;
  e.preventDefault();
  now.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

export function ThreadRow({ columns, ...thread }: { columns: number } & Parameters<typeof Thread>[0]) {
  return (
    <tr class="line-talk"><td colSpan={columns}><Thread {...thread} /></td></tr>
  );
}

/** Draws line i; pressing its number asks for a place to comment. */
function lineRow(program: Program, focus: number | undefined, place: Place | undefined,
  ask: (line: number | null) => void) {
  return ({ marks, said, asking }: LineRow, i: number) => {
    const n = i + 1;
    return (
      <Fragment key={n}>
        <tr id={`L${n}`} class={n === focus ? "line here" : "line"}>
          <td class="gutter">{marks.length > 0 && <Gutter marks={marks} />}</td>
          <td class="number"><LineNumber n={n} stop={n === (focus ?? 1)} ask={place?.may ? ask : null} /></td>
          <td class="text"><code><Pieces of={program.line(i)} /></code></td>
        </tr>
        {place && (said || asking) && (
          <ThreadRow columns={3} of={said ?? []} place={place} line={n} asking={asking} onDone={() => ask(null)} />
        )}
      </Fragment>
    );
  };
}

const noMarks: Mark[] = [];
const nothingSaid: ByLine = new Map();

export function CodeView(
  { source, marks, findings, place, said = nothingSaid, focus }:
  { source: string; marks: Mark[]; findings: Finding[]; place?: Place; said?: ByLine; focus?: number },
) {
  const [asking, ask] = useState<number | null>(null);
  const program = useMemo(() => programOf(source), [source]);
  const row = useMemo(() => lineRow(program, focus, place, ask), [program, focus, place]);
  const plain = useMemo<LineRow[]>(() => {
    const marked = marksByLine(marks, findings);
    return Array.from({ length: program.count }, (_, i) => ({ marks: marked.get(i + 1) ?? noMarks }));
  }, [program, marks, findings]);
  const lines = useMemo(() => plain.map((l, i) => said.has(i + 1) || asking === i + 1
    ? { ...l, said: said.get(i + 1), asking: asking === i + 1 } : l), [plain, said, asking]);
  return (
    <div class="code" role="region" aria-label={t("code.label")} tabIndex={0} onKeyDown={onNumberKeys}>
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
