// texts.ts -- every sentence the pages show, by key, in the reader's language.
import type { ComponentChildren } from "preact";
import en from "./texts/en.json";

export type Key = keyof typeof en;
/** A key that comes in plural forms: "n_jobs" for "n_jobs.one" and "n_jobs.other". */
export type PluralKey = Key extends infer K
  ? K extends `${infer Base}.other` ? Base : never
  : never;

export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

let language: Language = "en";
let texts: Record<string, string> = en;
/** What the server says in English, with {} where it puts something in, in the language. */
let phrases: Record<string, string> = {};
let patterns: [RegExp, string][] | null = null;
let plural = new Intl.PluralRules("en");

function wanted(): Language {
  const stored = localStorage.getItem("language");
  const first = stored ?? navigator.language.slice(0, 2);
  return first in languages ? (first as Language) : "en";
}

/** Loads the catalogue of the reader's language; English is always there. */
export async function loadTexts(): Promise<void> {
  language = wanted();
  if (language === "de") {
    texts = (await import("./texts/de.json")).default;
    phrases = (await import("./texts/said.de.json")).default;
  }
  plural = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

export function currentLanguage(): Language {
  return language;
}

export function setLanguage(to: Language): void {
  localStorage.setItem("language", to);
  location.reload();
}

export type Vars = Record<string, string | number>;

function fill(text: string, vars: Vars): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) =>
    name in vars ? String(vars[name]) : all);
}

/** The text for key, with {names} replaced. */
export function t(key: Key, vars: Vars = {}): string {
  return fill(texts[key] ?? en[key], vars);
}

/** The plural form of base for n; {n} is n in the reader's digits. */
export function tn(base: PluralKey, n: number, vars: Vars = {}): string {
  const key = `${base}.${plural.select(n)}`;
  const text = texts[key] ?? texts[`${base}.other`] ?? base;
  return fill(text, { n: new Intl.NumberFormat(language).format(n), ...vars });
}

/** The text of a key made at run time (a state, a rule), or the fallback. */
export function tIf(key: string, fallback: string): string {
  return texts[key] ?? (en as Record<string, string>)[key] ?? fallback;
}

/** The same with {names} replaced; null where there is no such text. */
export function tMade(key: string, vars: Vars): string | null {
  const text = texts[key] ?? (en as Record<string, string>)[key];
  return text === undefined ? null : fill(text, vars);
}

/** Like t, with nodes in place of {names}. */
export function tx(key: Key, slots: Record<string, ComponentChildren>): ComponentChildren[] {
  return (texts[key] ?? en[key]).split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name !== undefined && name in slots ? slots[name] : part;
  });
}

function patternsOf(): [RegExp, string][] {
  const escaped = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return Object.entries(phrases).map(([from, to]) =>
    [new RegExp(`^${from.split("{}").map(escaped).join("(.+?)")}$`, "is"), to]);
}

/** A sentence of the server in the reader's language, or null where it is not known. */
export function translated(text: string): string | null {
  if (language === "en") return text;
  patterns ??= patternsOf();
  for (const [from, to] of patterns) {
    const found = from.exec(text);
    if (!found) continue;
    let n = 0;
    return to.replace(/\{\}/g, () => {
      const value = found[++n] ?? "";
      return tIf(`job.state.${value}`, translated(value) ?? value);
    });
  }
  return null;
}
