// diff.test.mjs -- differences of texts: both sides stand in the rows whole and in order,
// what stayed is found, and the longest programs are compared in no time.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("../../web", import.meta.url));
const there = existsSync(`${web}/node_modules/esbuild`);
const LINES = 5_000;
const MS_MAX = 300;

describe("the difference of two texts", { skip: there ? false : "npm ci has not run" }, () => {
  let hunksOf, unified;
  before(async () => {
    const { buildSync } = createRequire(`${web}/package.json`)("esbuild");
    const { outputFiles } = buildSync({ entryPoints: [`${web}/ui/parts/hunks.ts`], bundle: true,
      format: "esm", write: false });
    const code = Buffer.from(outputFiles[0].contents).toString("base64");
    ({ hunksOf, unified } = await import(`data:text/javascript;base64,${code}`));
  });

  const text = (words) => words.map((w) => w.text).join("");
  const side = (hunk, which) => hunk.rows.filter((r) => r[which]).map((r) => text(r[which].words));
  const changed = (hunks) => hunks.flatMap((h) => h.rows).filter((r) => !r.same).length;

  it("is nothing where the texts are the same", () => {
    assert.deepEqual(hunksOf("a\nb\n", "a\nb\n", false), []);
    assert.deepEqual(hunksOf("a\n  b\n", "a\nb\n", true), []);
    assert.equal(hunksOf("a\n  b\n", "a\nb\n", false).length, 1);
  });

  it("marks the words that changed", () => {
    const [{ rows: [row] }] = hunksOf("local n = count(1)", "local n = count(2)", false);
    assert.deepEqual(row.before.words.filter((w) => w.changed).map((w) => w.text), ["1"]);
    assert.deepEqual(row.after.words.filter((w) => w.changed).map((w) => w.text), ["2"]);
  });

  it("puts the old lines of a place before the new ones", () => {
    const [{ rows }] = hunksOf("x\na\nb\ny", "x\nc\nd\ny", false);
    assert.equal(unified(rows).map((l) => l.sign).join(""), " --++ ");
  });

  it("keeps far places apart and says where they are", () => {
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i}`);
    const other = lines.map((l, i) => (i === 5 || i === 50 ? `another ${i}` : l));
    assert.deepEqual(hunksOf(lines.join("\n"), other.join("\n"), false).map((h) => h.at), [6, 51]);
  });

  it("loses and adds no line, whatever the texts", () => {
    let x = 11;
    const next = (n) => {
      x = (x * 48271) % 2147483647;
      return x % n;
    };
    for (let round = 0; round < 300; round++) {
      const make = () => Array.from({ length: next(9) }, () => "abcd"[next(4)]);
      const [a, b] = [make(), make()];
      const hunks = hunksOf(a.join("\n"), b.join("\n"), false);
      // Few lines: all of them stand in one hunk, or nothing changed.
      if (hunks.length === 0) assert.deepEqual(a, b);
      else {
        const inOrder = (whole, part) => whole.join("\n").includes(part.join("\n"));
        assert.ok(inOrder(a, side(hunks[0], "before")) && inOrder(b, side(hunks[0], "after")), `${a} | ${b}`);
        const kept = hunks[0].rows.filter((r) => r.same);
        assert.ok(kept.every((r) => text(r.before.words) === text(r.after.words)));
        assert.equal(a.length - b.length, side(hunks[0], "before").length - side(hunks[0], "after").length);
      }
    }
  });

  it("finds a block that moved past others as one that went and one that came", () => {
    const block = ["b1", "b2", "b3"];
    const rest = Array.from({ length: 20 }, (_, i) => `r${i}`);
    const hunks = hunksOf([...block, ...rest].join("\n"), [...rest, ...block].join("\n"), false);
    assert.equal(changed(hunks), 6);
  });

  it(`of ${LINES} lines takes less than ${MS_MAX} ms`, (t) => {
    const make = (tag) => Array.from({ length: LINES }, (_, i) => `a=${i % 97}+${i % 3 ? "b" : tag}`).join("\n");
    const began = performance.now();
    const hunks = hunksOf(make("old"), make("new"), false);
    const ms = performance.now() - began;
    t.diagnostic(`${Math.round(ms)} ms`);
    assert.ok(changed(hunks) >= LINES / 3);
    assert.ok(ms < MS_MAX, `${ms} ms`);
  });
});
