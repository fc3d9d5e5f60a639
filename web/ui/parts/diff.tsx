// diff.tsx -- what changed between two versions, one below the other or side by side.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { visible } from "../inert";
import { t, tn } from "../texts";
import { Growing, linesPiece } from "./growing";
import { hunksOf, unified, type Hunk, type Line, type Row, type Unified, type Word } from "./hunks";

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

function unifiedRow(l: Unified, i: number) {
  const kind = kinds[l.sign];
  return (
    <tr key={i} class={`line ${kind.tone}`}>
      <td class="number">{l.before}</td>
      <td class="number">{l.after}</td>
      <Sign of={l.sign} />
      <td class="text"><Words of={l.words} tag={kind.tag} /></td>
    </tr>
  );
}

function Side({ of, sign }: { of: Line | null; sign: keyof typeof kinds }) {
  if (!of) return <td class="absent" colSpan={3} />;
  const kind = kinds[sign];
  return (
    <>
      <td class={`number ${kind.tone}`}>{of.n}</td>
      <Sign of={sign} />
      <td class={`text ${kind.tone}`}><Words of={of.words} tag={kind.tag} /></td>
    </>
  );
}

function splitRow(r: Row, i: number) {
  return (
    <tr key={i} class="line">
      <Side of={r.before} sign={r.same ? " " : "-"} />
      <Side of={r.after} sign={r.same ? " " : "+"} />
    </tr>
  );
}

const pieces = {
  unified: linesPiece("unified", ["w-number", "w-number", "w-sign", ""]),
  split: linesPiece("split", ["w-number", "w-sign", "", "w-number", "w-sign", ""]),
};

function HunkView({ hunk, n, look }: { hunk: Hunk; n: number; look: DiffLook }) {
  const lines = useMemo(() => unified(hunk.rows), [hunk]);
  return (
    <div class="code hunk" tabIndex={0} role="region" aria-label={t("diff.hunk", { n, line: hunk.at })}>
      {look === "split"
        ? <Growing key="split" of={hunk.rows} row={splitRow} piece={pieces.split} />
        : <Growing key="unified" of={lines} row={unifiedRow} piece={pieces.unified} />}
    </div>
  );
}

/** n and p go to the next and the previous hunk inside box. */
function useHunkKeys(box: { current: HTMLElement | null }): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const typing = (e.target as Element).closest("input:not([type=checkbox]), textarea, select, dialog");
      if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key !== "n" && e.key !== "p") return;
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

export function DiffView(
  { before, after, ignoreSpace, look }:
  { before: string; after: string; ignoreSpace: boolean; look: DiffLook },
) {
  const hunks = useMemo(() => hunksOf(before, after, ignoreSpace), [before, after, ignoreSpace]);
  const box = useRef<HTMLDivElement>(null);
  useHunkKeys(box);
  if (hunks.length === 0) return <p class="muted pad">{t("diff.none")}</p>;
  return (
    <div ref={box}>
      <p class="muted">{tn("diff.hunks", hunks.length)} {t("diff.keys")}</p>
      {hunks.map((h, i) => <HunkView key={i} hunk={h} n={i + 1} look={look} />)}
    </div>
  );
}
