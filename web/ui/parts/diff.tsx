// diff.tsx -- what changed between two versions: hunks of lines with changed words.
import { diffWordsWithSpace, structuredPatch } from "diff";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { visible } from "../inert";
import { t, tn } from "../texts";

interface Line {
  sign: " " | "-" | "+";
  before: number | null;
  after: number | null;
  words: { text: string; changed: boolean }[];
}
interface Hunk { lines: Line[]; at: number }

const CONTEXT_LINES = 4;
const DIFF_MS_MAX = 1_500;

function plain(text: string): Line["words"] {
  return [{ text, changed: false }];
}

/** Marks the changed words of a removed line and the added line in its place. */
function pairWords(removed: Line[], added: Line[]): void {
  const n = Math.min(removed.length, added.length);
  for (let i = 0; i < n; i++) {
    const from = removed[i]!;
    const to = added[i]!;
    const parts = diffWordsWithSpace(from.words[0]!.text, to.words[0]!.text);
    const same = parts.filter((p) => !p.added && !p.removed).map((p) => p.value.trim()).join("");
    // Two lines that share little are not one changed line: words would only confuse.
    if (same.length * 3 < Math.max(from.words[0]!.text.length, to.words[0]!.text.length)) continue;
    from.words = parts.filter((p) => !p.added).map((p) => ({ text: p.value, changed: !!p.removed }));
    to.words = parts.filter((p) => !p.removed).map((p) => ({ text: p.value, changed: !!p.added }));
  }
}

export function hunksOf(before: string, after: string, ignoreSpace: boolean): Hunk[] | null {
  const patch = structuredPatch("", "", before, after, "", "", {
    context: CONTEXT_LINES, ignoreWhitespace: ignoreSpace, timeout: DIFF_MS_MAX,
  });
  if (!patch) return null;
  return patch.hunks.map((h) => {
    let a = h.oldStart;
    let b = h.newStart;
    const lines: Line[] = [];
    let removed: Line[] = [];
    let added: Line[] = [];
    const flush = () => {
      pairWords(removed, added);
      removed = [];
      added = [];
    };
    for (const raw of h.lines) {
      const text = raw.slice(1);
      const sign = raw[0];
      if (sign === "-") {
        const line: Line = { sign: "-", before: a++, after: null, words: plain(text) };
        if (added.length > 0) flush();
        removed.push(line);
        lines.push(line);
      } else if (sign === "+") {
        const line: Line = { sign: "+", before: null, after: b++, words: plain(text) };
        added.push(line);
        lines.push(line);
      } else if (sign === " ") {
        flush();
        lines.push({ sign: " ", before: a++, after: b++, words: plain(text) });
      }
    }
    flush();
    return { lines, at: h.newStart };
  });
}

function Words({ of, tag }: { of: Line["words"]; tag: "ins" | "del" | "span" }) {
  const Tag = tag;
  return <>{of.map((w, i) => w.changed ? <Tag key={i}>{visible(w.text)}</Tag> : visible(w.text))}</>;
}

const signWords = { "-": "diff.removed", "+": "diff.added", " ": "diff.same" } as const;

function DiffLine({ line }: { line: Line }) {
  const tag = line.sign === "-" ? "del" : line.sign === "+" ? "ins" : "span";
  const kind = line.sign === "-" ? "gone" : line.sign === "+" ? "new" : "";
  return (
    <tr class={`line ${kind}`}>
      <td class="number">{line.before}</td>
      <td class="number">{line.after}</td>
      <td class="sign">
        <span aria-hidden="true">{line.sign}</span>
        <span class="unseen">{t(signWords[line.sign])}</span>
      </td>
      <td class="text"><code><Words of={line.words} tag={tag} /></code></td>
    </tr>
  );
}

export function DiffView(
  { before, after, ignoreSpace }: { before: string; after: string; ignoreSpace: boolean },
) {
  const hunks = useMemo(() => hunksOf(before, after, ignoreSpace), [before, after, ignoreSpace]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const typing = (e.target as Element).closest("input, textarea, select, dialog");
      if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key !== "n" && e.key !== "p") return;
      const all = [...(box.current?.querySelectorAll<HTMLElement>(".hunk") ?? [])];
      const now = all.findIndex((h) => h === document.activeElement);
      all[now + (e.key === "n" ? 1 : -1)]?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (hunks === null) return <p class="stale">{t("diff.too_large")}</p>;
  if (hunks.length === 0) return <p class="muted pad">{t("diff.none")}</p>;
  return (
    <div ref={box}>
      <p class="muted">{tn("diff.hunks", hunks.length)} {t("diff.keys")}</p>
      {hunks.map((h, i) => (
        <div key={i} class="code hunk" tabIndex={0} role="region"
          aria-label={t("diff.hunk", { n: i + 1, line: h.at })}>
          <table class="lines">
            <caption class="unseen">{t("diff.hunk", { n: i + 1, line: h.at })}</caption>
            <tbody>{h.lines.map((l, k) => <DiffLine key={k} line={l} />)}</tbody>
          </table>
        </div>
      ))}
    </div>
  );
}
