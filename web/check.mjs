// check.mjs -- rules that the compiler cannot see: catalogues agree and are used, no
// sentence stands in code, nothing turns text into markup. Prints each breach, exits 1.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const names = (await readdir(join(here, "ui"), { recursive: true })).filter((n) => /\.tsx?$/.test(n));
const files = await Promise.all(names.map(async (n) => [n, await readFile(join(here, "ui", n), "utf8")]));
const read = async (n) => JSON.parse(await readFile(join(here, "ui/texts", n), "utf8"));
const en = await read("en.json");
const de = await read("de.json");
const breaches = [];
const breach = (where, what) => breaches.push(`${where}: ${what}`);

const places = (text) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();
for (const key of new Set([...Object.keys(en), ...Object.keys(de)])) {
  if (!(key in de)) breach("texts/de.json", `lacks ${key}`);
  else if (!(key in en)) breach("texts/en.json", `lacks ${key}`);
  else if (places(en[key]) !== places(de[key])) breach("texts/de.json", `other {names} in ${key}`);
}

// Literal keys count as used; a key made from parts counts by its fixed beginning and end.
const used = new Set();
const made = [];
for (const [name, text] of files) {
  for (const m of text.matchAll(/"([a-z][\w]*(?:\.[\w-]+)+)"/g)) used.add(m[1]);
  for (const m of text.matchAll(/\b(?:t|tn|tx|tIf)\(\s*"([^"]+)"/g)) {
    used.add(m[1]);
    if (!(m[1] in en) && !(`${m[1]}.other` in en) && !m[0].startsWith("tIf")) breach(name, `no text ${m[1]}`);
  }
  for (const m of text.matchAll(/`((?:[a-z][\w]*\.)+[^`]*\$\{[^`]*)`/g)) {
    made.push(new RegExp(`^${m[1].split(/\$\{[^}]*\}/).map((p) => p.replaceAll(".", "\\.")).join(".+")}$`));
  }
}
for (const key of Object.keys(en)) {
  const base = key.replace(/\.(one|other|few|many|zero|two)$/, "");
  if (!used.has(key) && !used.has(base) && !made.some((r) => r.test(key))) breach("texts/en.json", `unused ${key}`);
}

const banned = [
  [/innerHTML|outerHTML|insertAdjacentHTML|document\.write/, "text made into markup"],
  [/dangerouslySetInnerHTML/, "text made into markup"],
  [/\bstyle=/, "inline style"],
  [/\beval\(|new Function\(/, "code from text"],
];
const sentence = /^\s*[A-Z][a-z]+ [a-z]+[^;={}()]*$/;
for (const [name, text] of files) {
  text.split("\n").forEach((line, i) => {
    for (const [rule, what] of banned) if (rule.test(line)) breach(`ui/${name}:${i + 1}`, what);
    if (/>[^<>{}=;]*[A-Za-z]{3,} [a-z]{2,}[^<>{}=;]*</.test(line) && !/<pre/.test(line))
      breach(`ui/${name}:${i + 1}`, "a sentence in code");
    if (name.endsWith(".tsx") && sentence.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line))
      breach(`ui/${name}:${i + 1}`, "a sentence in code");
  });
}

for (const b of breaches) console.log(b);
console.log(`${relative(process.cwd(), here) || "web"}: ${files.length} files, ${Object.keys(en).length} texts, ${breaches.length} breaches`);
process.exit(breaches.length ? 1 : 0);
