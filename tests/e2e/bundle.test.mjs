// bundle.test.mjs -- what the browser must fetch first stays small; where packages come
// from is not written into the lock file; the rules of check.mjs hold.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("../../web", import.meta.url));
const dist = join(web, "dist");
const JS_MAX = 45_000;
const CSS_MAX = 10_000;
const built = existsSync(join(dist, "index.html"));
const size = (name) => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;

describe("the bundle", { skip: built ? false : "web/dist is not built" }, () => {
  const page = built ? readFileSync(join(dist, "index.html"), "utf8") : "";
  const first = [...new Set([...page.matchAll(/\/((?:app|part)-\w+\.(?:js|css))/g)].map((m) => m[1]))];

  it(`loads at most ${JS_MAX} bytes of script first, compressed`, (t) => {
    const sum = first.filter((n) => n.endsWith(".js")).reduce((a, n) => a + size(n), 0);
    t.diagnostic(`${sum} bytes`);
    assert.ok(sum > 0 && sum <= JS_MAX, `${sum} bytes`);
  });

  it(`loads at most ${CSS_MAX} bytes of style, compressed`, (t) => {
    const sum = first.filter((n) => n.endsWith(".css")).reduce((a, n) => a + size(n), 0);
    t.diagnostic(`${sum} bytes`);
    assert.ok(sum > 0 && sum <= CSS_MAX, `${sum} bytes`);
  });

  it("has no script or style inside the page", () => {
    assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/);
  });

  it("is flat, and every script and style has its hash in its name", () => {
    for (const name of readdirSync(dist)) {
      if (/\.(js|css)$/.test(name)) assert.match(name, /^(app|part)-[A-Z0-9]{8}\.(js|css)$/);
    }
  });
});

describe("the sources", () => {
  it("come from the public registry", () => {
    const lock = JSON.parse(readFileSync(join(web, "package-lock.json"), "utf8"));
    for (const [name, p] of Object.entries(lock.packages)) {
      if (p.resolved) assert.ok(p.resolved.startsWith("https://registry.npmjs.org/"), name);
      if (name) assert.ok(p.integrity, `${name} has a checksum`);
    }
  });

  it("keep every text in the catalogues, and both catalogues alike", () => {
    execFileSync("node", ["check.mjs"], { cwd: web, stdio: "pipe" });
  });
});
