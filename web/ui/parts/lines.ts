// lines.ts -- which lines of two texts are the same: lines that stand once on each side
// anchor the rest (patience); what lies between them is solved exactly while it is small.

/** Of `before` and `after`: the line of `after` that each line of `before` became, or -1. */
export type Matches = Int32Array;

/** Cells of the exact table; a larger region without any anchor counts as rewritten. */
const CELLS_MAX = 1_000_000;

interface Region { a0: number; a1: number; b0: number; b1: number }

/** Lines as numbers: the same text, the same number. */
function numbered(lines: string[], known: Map<string, number>, ignoreSpace: boolean): Int32Array {
  return Int32Array.from(lines, (line) => {
    const key = ignoreSpace ? line.replaceAll(/\s+/g, "") : line;
    let n = known.get(key);
    if (n === undefined) known.set(key, (n = known.size));
    return n;
  });
}

/** Where each number stands that stands once in v[from, to); -1 marks one that comes again. */
function onceIn(v: Int32Array, from: number, to: number): Map<number, number> {
  const at = new Map<number, number>();
  for (let i = from; i < to; i++) at.set(v[i]!, at.has(v[i]!) ? -1 : i);
  return at;
}

/** The longest run of pairs that goes up on both sides; pairs come with a going up. */
function rising(pairs: [number, number][]): [number, number][] {
  const tails: number[] = [];
  const back: number[] = [];
  pairs.forEach(([, b], k) => {
    let lo = 0;
    let hi = tails.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (pairs[tails[mid]!]![1] < b) lo = mid + 1;
      else hi = mid;
    }
    back[k] = lo > 0 ? tails[lo - 1]! : -1;
    tails[lo] = k;
  });
  const run: [number, number][] = [];
  for (let k = tails.at(-1) ?? -1; k >= 0; k = back[k]!) run.push(pairs[k]!);
  return run.reverse();
}

function anchors(a: Int32Array, b: Int32Array, r: Region): [number, number][] {
  const inB = onceIn(b, r.b0, r.b1);
  const pairs: [number, number][] = [];
  for (const [line, i] of onceIn(a, r.a0, r.a1)) {
    const j = inB.get(line) ?? -1;
    if (i >= 0 && j >= 0) pairs.push([i, j]);
  }
  return rising(pairs.sort((x, y) => x[0] - y[0]));
}

/** The longest common run of lines, by the whole table. */
function exact(a: Int32Array, b: Int32Array, r: Region, out: Matches): void {
  const n = r.a1 - r.a0;
  const m = r.b1 - r.b0;
  if (n * m > CELLS_MAX) return;
  const wide = m + 1;
  const best = new Uint16Array((n + 1) * wide);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      best[i * wide + j] = a[r.a0 + i] === b[r.b0 + j]
        ? best[(i + 1) * wide + j + 1]! + 1
        : Math.max(best[(i + 1) * wide + j]!, best[i * wide + j + 1]!);
    }
  }
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[r.a0 + i] === b[r.b0 + j]) out[r.a0 + i++] = r.b0 + j++;
    else if (best[(i + 1) * wide + j]! >= best[i * wide + j + 1]!) i++;
    else j++;
  }
}

/** Matches what is the same at both ends; what is left is the region that changed. */
function trimmed(a: Int32Array, b: Int32Array, r: Region, out: Matches): Region {
  let { a0, a1, b0, b1 } = r;
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) out[a0++] = b0++;
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) out[--a1] = --b1;
  return { a0, a1, b0, b1 };
}

export function matchLines(before: string[], after: string[], ignoreSpace: boolean): Matches {
  const known = new Map<string, number>();
  const a = numbered(before, known, ignoreSpace);
  const b = numbered(after, known, ignoreSpace);
  const out = new Int32Array(a.length).fill(-1);
  const open: Region[] = [{ a0: 0, a1: a.length, b0: 0, b1: b.length }];
  for (let next = open.pop(); next; next = open.pop()) {
    const r = trimmed(a, b, next, out);
    if (r.a0 === r.a1 || r.b0 === r.b1) continue;
    const fixed = anchors(a, b, r);
    if (fixed.length === 0) exact(a, b, r, out);
    let { a0, b0 } = r;
    for (const [i, j] of fixed) {
      out[i] = j;
      open.push({ a0, a1: i, b0, b1: j });
      [a0, b0] = [i + 1, j + 1];
    }
    if (fixed.length > 0) open.push({ a0, a1: r.a1, b0, b1: r.b1 });
  }
  return out;
}
