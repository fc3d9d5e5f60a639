// hunks.ts -- two texts as hunks: changed places with some lines around them, in rows that
// hold what was on the left and what is on the right.
import { diffWordsWithSpace } from "diff";
import { matchLines } from "./lines";

export interface Word { text: string; changed: boolean }
export interface Line { n: number; words: Word[] }
/** A row has both sides where a line stayed or was rewritten, else one. */
export interface Row { same: boolean; before: Line | null; after: Line | null }
export interface Hunk { at: number; rows: Row[] }

const CONTEXT_LINES = 4;
/** Beyond so many rewritten lines, lines alone are marked: no one reads words there. */
const PAIRS_MAX = 300;

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function line(n: number, text: string): Line {
  return { n: n + 1, words: [{ text, changed: false }] };
}

/** Marks the changed words; false: the two share too little to be one changed line. */
function markWords(before: Line, after: Line): boolean {
  const from = before.words[0]!.text;
  const to = after.words[0]!.text;
  const parts = diffWordsWithSpace(from, to);
  const same = parts.filter((p) => !p.added && !p.removed).map((p) => p.value.trim()).join("");
  if (same.length * 3 < Math.max(from.trim().length, to.trim().length)) return false;
  before.words = parts.filter((p) => !p.added).map((p) => ({ text: p.value, changed: !!p.removed }));
  after.words = parts.filter((p) => !p.removed).map((p) => ({ text: p.value, changed: !!p.added }));
  return true;
}

/** All rows of both texts, in order; rewritten lines stand side by side. */
function rowsOf(before: string[], after: string[], ignoreSpace: boolean): Row[] {
  const matches = matchLines(before, after, ignoreSpace);
  const rows: Row[] = [];
  let pairs = 0;
  let j = 0;
  for (let i = 0; i <= before.length;) {
    let end = i;
    while (end < before.length && matches[end]! < 0) end++;
    const to = end < before.length ? matches[end]! : after.length;
    for (; i < end || j < to;) {
      const row: Row = { same: false,
        before: i < end ? line(i, before[i]!) : null, after: j < to ? line(j, after[j]!) : null };
      if (row.before && row.after && pairs++ < PAIRS_MAX) markWords(row.before, row.after);
      rows.push(row);
      if (i < end) i++;
      if (j < to) j++;
    }
    if (i < before.length) rows.push({ same: true, before: line(i, before[i]!), after: line(j, after[j]!) });
    i++;
    j++;
  }
  return rows;
}

/** The changed places of two texts. */
export function hunksOf(before: string, after: string, ignoreSpace: boolean): Hunk[] {
  const rows = rowsOf(linesOf(before), linesOf(after), ignoreSpace);
  const hunks: Hunk[] = [];
  let from = -1;
  let last = -1;
  const close = () => {
    const part = rows.slice(from, last + CONTEXT_LINES + 1);
    const first = part.find((r) => !r.same)!;
    hunks.push({ at: (first.after ?? first.before)!.n, rows: part });
  };
  rows.forEach((row, i) => {
    if (row.same) return;
    if (from >= 0 && i - last > 2 * CONTEXT_LINES) {
      close();
      from = -1;
    }
    if (from < 0) from = Math.max(0, i - CONTEXT_LINES);
    last = i;
  });
  if (from >= 0) close();
  return hunks;
}

export interface Unified { sign: " " | "-" | "+"; before: number | null; after: number | null; words: Word[] }

/** The rows one below the other: of each changed place the old lines, then the new. */
export function unified(rows: Row[]): Unified[] {
  const out: Unified[] = [];
  let added: Unified[] = [];
  for (const { same, before, after } of rows) {
    if (same) {
      out.push(...added, { sign: " ", before: before!.n, after: after!.n, words: after!.words });
      added = [];
      continue;
    }
    if (before) out.push({ sign: "-", before: before.n, after: null, words: before.words });
    if (after) added.push({ sign: "+", before: null, after: after.n, words: after.words });
  }
  return [...out, ...added];
}
