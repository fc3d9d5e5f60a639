// diff.tsx -- what changed between two versions, one below the other or side by side.
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LineComment } from "../api/types";
import { visible } from "../inert";
import { isShortcut } from "../shortcuts";
import { t, tn } from "../texts";
import { LineNumber, onNumberKeys, ThreadRow } from "./code";
import { Growing, linesPiece } from "./growing";
import { hunksOf, unified, type Hunk, type Line, type Row, type Unified, type Word } from "./hunks";
import { useLater } from "./later";
import type { ByLine, Place } from "./threads";

export type DiffLook = "unified" | "split";

function Words({ of, tag: Tag }: { of: Word[]; tag: "ins" | "del" | "span" }) {
  return <code>{of.map((w, i) => w.changed ? <Tag key={i}>{visible(w.text)}</Tag> : visible(w.text))}</code>;
}

const kinds = {
  "-": { tag: "del", tone: "gone", word: "diff.removed" },
  "+": { tag: "ins", tone: "new", word: "diff.added" },
  " ": { tag: "span", tone: "", word: "diff.same" },
} as const;

function Sign({ of }: { of: keyof typeof kinds }) {
  return (
    <td class={`sign ${kinds[of].tone}`}>
      <span aria-hidden="true">{of}</span>
      <span class="unseen">{t(kinds[of].word)}</span>
    </td>
  );
}

/** What is said about a line of the older and of the newer version, and where one is asked. */
interface Said { before?: LineComment[]; after?: LineComment[]; asking?: boolean }
/** Both versions, to talk about. */
export interface Sides { before: Place; after: Place; saidBefore: ByLine; saidAfter: ByLine }
type Asked = (line: number | null) => void;

function Threads({ said, before, after, columns, sides, ask }:
  { said: Said; before: number | null; after: number | null; columns: number } & Drawing) {
  return (
    <>
      {said.before && before !== null && (
        <ThreadRow columns={columns} of={said.before} place={sides.before} line={before} />
      )}
      {(said.after || said.asking) && after !== null && (
        <ThreadRow columns={columns} of={said.after ?? []} place={sides.after} line={after}
          asking={said.asking} onDone={() => ask(null)} />
      )}
    </>
  );
}

/** How the rows of one hunk are drawn. */
interface Drawing { sides: Sides; ask: Asked; firstAfter: number | undefined }

function AfterNumber({ n, of }: { n: number | null; of: Drawing }) {
  if (n === null) return null;
  return <LineNumber n={n} stop={n === of.firstAfter} ask={of.sides.after.may ? of.ask : null} />;
}

function unifiedRow(of: Drawing) {
  return ({ said, ...l }: Unified & { said?: Said }, i: number) => {
    const kind = kinds[l.sign];
    return (
      <Fragment key={i}>
        <tr class={`line ${kind.tone}`}>
          <td class="number">{l.before}</td>
          <td class="number"><AfterNumber n={l.after} of={of} /></td>
          <Sign of={l.sign} />
          <td class="text"><Words of={l.words} tag={kind.tag} /></td>
        </tr>
        {said && <Threads said={said} before={l.before} after={l.after} columns={4} {...of} />}
      </Fragment>
    );
  };
}

function Side({ of, sign, children }:
  { of: Line | null; sign: keyof typeof kinds; children?: ComponentChildren }) {
  if (!of) return <td class="absent" colSpan={3} />;
  const kind = kinds[sign];
  return (
    <>
      <td class={`number ${kind.tone}`}>{children ?? of.n}</td>
      <Sign of={sign} />
      <td class={`text ${kind.tone}`}><Words of={of.words} tag={kind.tag} /></td>
    </>
  );
}

function splitRow(of: Drawing) {
  return ({ said, ...r }: Row & { said?: Said }, i: number) => (
    <Fragment key={i}>
      <tr class="line">
        <Side of={r.before} sign={r.same ? " " : "-"} />
        <Side of={r.after} sign={r.same ? " " : "+"}>{r.after && <AfterNumber n={r.after.n} of={of} />}</Side>
      </tr>
      {said && <Threads said={said} before={r.before?.n ?? null}
        after={r.after?.n ?? null} columns={6} {...of} />}
    </Fragment>
  );
}

/** The same rows, those that something is said about with what it is. */
function withSaid<R extends object>(rows: R[], sides: Sides, asking: number | null,
  numbers: (r: R) => (number | null | undefined)[]): (R & { said?: Said })[] {
  return rows.map((r) => {
    const [a, b] = numbers(r);
    const said: Said = { before: sides.saidBefore.get(a ?? 0), after: sides.saidAfter.get(b ?? 0),
      asking: b === asking && asking !== null };
    return said.before || said.after || said.asking ? { ...r, said } : r;
  });
}

const pieces = {
  unified: linesPiece("unified", ["w-number", "w-number", "w-sign", ""]),
  split: linesPiece("split", ["w-number", "w-sign", "", "w-number", "w-sign", ""]),
};

function HunkView({ hunk, n, look, sides }: { hunk: Hunk; n: number; look: DiffLook; sides: Sides }) {
  const [asking, ask] = useState<number | null>(null);
  const drawn = useMemo(() => {
    const of = { sides, ask, firstAfter: hunk.rows.find((r) => r.after)?.after?.n };
    return { unified: unifiedRow(of), split: splitRow(of) };
  }, [hunk, sides]);
  const lines = useMemo(() => unified(hunk.rows), [hunk]);
  const one = useMemo(() => withSaid(lines, sides, asking, (l) => [l.before, l.after]), [lines, sides, asking]);
  const two = useMemo(() => withSaid(hunk.rows, sides, asking, (r) => [r.before?.n, r.after?.n]),
    [hunk, sides, asking]);
  return (
    <div class="code hunk" tabIndex={0} role="region" aria-label={t("diff.hunk", { n, line: hunk.at })}
      onKeyDown={onNumberKeys}>
      {look === "split"
        ? <Growing key="split" of={two} row={drawn.split} piece={pieces.split} />
        : <Growing key="unified" of={one} row={drawn.unified} piece={pieces.unified} />}
    </div>
  );
}

/** n and p go to the next and the previous hunk inside box. */
function useHunkKeys(box: { current: HTMLElement | null }): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (!isShortcut(e) || (e.key !== "n" && e.key !== "p")) return;
      const all = [...(box.current?.querySelectorAll<HTMLElement>(".hunk") ?? [])];
      const now = all.findIndex((h) => h === document.activeElement);
      const next = all[now + (e.key === "n" ? 1 : -1)];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

interface Compared { before: string; after: string; ignoreSpace: boolean; look: DiffLook }

export function DiffView({ before, after, ignoreSpace, look, sides }: Compared & { sides: Sides }) {
  const asked = useMemo<Compared>(() => ({ before, after, ignoreSpace, look }), [before, after, ignoreSpace, look]);
  const now = useLater(asked);
  const hunks = useMemo(() => hunksOf(now.before, now.after, now.ignoreSpace), [now.before, now.after, now.ignoreSpace]);
  const box = useRef<HTMLDivElement>(null);
  useHunkKeys(box);
  if (hunks.length === 0) return <p class="muted pad">{t("diff.none")}</p>;
  return (
    <div ref={box} aria-busy={now !== asked}>
      <p class="muted">{tn("diff.hunks", hunks.length)} {t("diff.keys")}</p>
      {hunks.map((h, i) => <HunkView key={i} hunk={h} n={i + 1} look={now.look} sides={sides} />)}
    </div>
  );
}
