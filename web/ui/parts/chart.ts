// chart.ts -- the tables of a result as one picture that stands alone: SVG with its colours
// in it, and other people's text only ever as text.
import { shown } from "../decimal";
import { visible } from "../inert";
import { t } from "../texts";
import { rangeOf, type Point, type Table } from "./outputs";

const WIDTH = 760;
const PAD = 16;
const ROW = 22;
const LETTER = 7.2; // of 13 px, about
const LETTERS_MAX = 40;
const FIGURES = 150;
const INK = "#1a2024";
const FAINT = "#58626a";
const BAR = "#9ebcc7";

type Attributes = Record<string, string | number>;

const NAMED: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text for a document of XML, which has no place for two characters even by number. */
function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => NAMED[c]!).replace(/[\ufffe\uffff]/g, "\ufffd");
}

function element(name: string, attributes: Attributes, ...inside: string[]): string {
  const list = Object.entries(attributes).map(([k, v]) => ` ${k}="${escaped(String(v))}"`);
  return `<${name}${list.join("")}>${inside.join("")}</${name}>`;
}

function words(text: string, attributes: Attributes): string {
  return element("text", { "font-size": 13, fill: INK, ...attributes }, escaped(text));
}

function short(text: string, max: number): string {
  const letters = [...visible(text)];
  return letters.length > max ? `${letters.slice(0, max - 1).join("")}…` : letters.join("");
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}

/** x: the place of a number on the drawing. */
function bar(p: Point, x: (v: number) => number): string {
  if (p.value === null) return "";
  const from = Math.min(x(0), x(p.value));
  const fill = element("rect", { x: round(from), y: 4, height: ROW - 8, fill: BAR,
    width: round(Math.max(Math.abs(x(p.value) - x(0)), 1)) });
  if (p.error === null) return fill;
  const [a, b] = [round(x(p.value - p.error)), round(x(p.value + p.error))];
  return fill + element("path", { d: `M${a} 11H${b}M${a} 7V15M${b} 7V15`, stroke: INK,
    "stroke-width": 1.2, fill: "none" });
}

function figure(p: Point): string {
  if (p.value === null) return t("output.withheld");
  return p.error === null ? shown(p.value, 6) : `${shown(p.value, 6)} ± ${shown(p.error, 3)}`;
}

function row(p: Point, y: number, keys: number, x: (v: number) => number): string {
  return element("g", { transform: `translate(0 ${y})` },
    element("title", {}, escaped(`${p.key}: ${figure(p)}`)),
    words(short(p.key, LETTERS_MAX), { x: PAD, y: 15 }),
    words(figure(p), { x: PAD + keys + FIGURES, y: 15, "text-anchor": "end",
      fill: p.value === null ? FAINT : INK }),
    bar(p, x));
}

/** One table from y on; its height is heightOf. */
function drawn(table: Table, y: number): string {
  const keys = Math.max(...table.points.map((p) => Math.min([...visible(p.key)].length, LETTERS_MAX))) * LETTER;
  const left = PAD + keys + FIGURES + PAD;
  const { lo, hi } = rangeOf(table.points);
  const x = (v: number) => left + ((WIDTH - PAD - left) * (v - lo)) / (hi - lo || 1);
  const zero = round(x(0));
  return element("g", { transform: `translate(0 ${y})` },
    words(short(table.name, LETTERS_MAX), { x: PAD, y: 15, "font-weight": 600 }),
    words(short(table.what, 90), { x: PAD, y: 33, fill: FAINT, "font-size": 12 }),
    element("path", { d: `M${zero} ${2 * ROW}V${heightOf(table) - ROW}`, stroke: FAINT, "stroke-width": 0.6 }),
    ...table.points.map((p, i) => row(p, (i + 2) * ROW, keys, x)));
}

function heightOf(table: Table): number {
  return (table.points.length + 3) * ROW;
}

/** title and note: what it is of, above and below. */
export function chartSvg(title: string, note: string, tables: Table[]): string {
  let y = PAD + 1.5 * ROW;
  const parts = tables.map((table) => {
    const part = drawn(table, y);
    y += heightOf(table);
    return part;
  });
  const height = y + ROW;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("svg", {
    xmlns: "http://www.w3.org/2000/svg", width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`,
    role: "img", "font-family": "system-ui, sans-serif",
  },
  element("title", {}, escaped(title)),
  element("desc", {}, escaped(note)),
  element("rect", { width: WIDTH, height, fill: "#fff" }),
  words(short(title, 80), { x: PAD, y: PAD + 12, "font-size": 16, "font-weight": 600 }),
  ...parts,
  words(short(note, 120), { x: PAD, y: height - PAD, fill: FAINT, "font-size": 11 }))}\n`;
}
