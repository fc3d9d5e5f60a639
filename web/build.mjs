// build.mjs -- bundles ui/ into dist/: a flat folder of files with the hash of their
// content in their names, one page, and the licences of what is bundled. The folder is
// made aside and put in place whole.
import { mkdir, readFile, rename, rm, writeFile, copyFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const made = `dist.${process.pid}`;
const out = join(here, made);
const bundled = ["preact", "highlight.js", "diff"];

await mkdir(out, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: { app: "ui/main.tsx" },
  outdir: made,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
});

const names = Object.entries(result.metafile.outputs).map(([path, o]) => ({
  name: relative(made, path),
  entry: o.entryPoint === "ui/main.tsx",
  imports: o.imports,
}));
const script = names.find((n) => n.entry && n.name.endsWith(".js"));
const style = names.find((n) => /^app-.*\.css$/.test(n.name));

// What the first page needs beside the entry: its static imports, fetched at once.
const first = script.imports
  .filter((i) => i.kind === "import-statement")
  .map((i) => `<link rel="modulepreload" href="/${relative(made, i.path)}">`);

const page = (await readFile(join(here, "static/index.html"), "utf8"))
  .replace("{{script}}", script.name)
  .replace("{{style}}", style.name)
  .replace("{{preload}}", first.join("\n"));
await writeFile(join(out, "index.html"), page);
await copyFile(join(here, "static/icon.svg"), join(out, "icon.svg"));

const licences = [];
for (const name of bundled) {
  const text = await readFile(join(here, "node_modules", name, "LICENSE"), "utf8");
  licences.push(`${name}\n${"=".repeat(name.length)}\n\n${text.trim()}\n`);
}
await writeFile(join(out, "licenses.txt"), licences.join("\n\n"));
await rm(join(here, "dist"), { recursive: true, force: true });
await rename(out, join(here, "dist"));
