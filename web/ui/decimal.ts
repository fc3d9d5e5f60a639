// decimal.ts -- budgets are decimal strings: exact arithmetic, then words.
import { numberFormat } from "./format";

const PLACES = 18;
const ONE = 10n ** BigInt(PLACES);

/** The value in units of 1e-18; null for what is not a plain decimal. */
export function units(text: string | number | null | undefined): bigint | null {
  if (text === null || text === undefined) return null;
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(String(text).trim());
  if (!m) return null;
  const [, sign, whole, part = "", power = "0"] = m;
  const shift = PLACES - part.length + Number(power);
  if (Math.abs(shift) > 100) return null;
  const digits = BigInt(whole + part);
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return sign ? -value : value;
}

export function asNumber(text: string | number | null | undefined): number {
  const u = units(text);
  return u === null ? NaN : Number(u) / Number(ONE);
}

/** How often price fits into free; null where that has no answer. */
export function timesLeft(free: string | undefined, price: string | undefined): number | null {
  const have = units(free);
  const ask = units(price);
  if (have === null || ask === null || ask <= 0n) return null;
  return have <= 0n ? 0 : Number(have / ask);
}

/** a - b as a decimal string, never below zero; "" where either is unknown. */
export function minus(a: string | undefined, b: string | undefined): string {
  const x = units(a);
  const y = units(b);
  if (x === null || y === null) return "";
  return plain(x > y ? x - y : 0n);
}

/** a + b as a decimal string; "" where either is unknown. */
export function plus(a: string | undefined, b: string | undefined): string {
  const x = units(a);
  const y = units(b);
  return x === null || y === null ? "" : plain(x + y);
}

/** n times a as a decimal string; "" where a is unknown. */
export function times(a: string, n: number): string {
  const x = units(a);
  return x === null ? "" : plain(x * BigInt(n));
}

/** What somebody typed ("0,5", "1e-7") as the plain decimal that the API takes. */
export function typed(text: string): string {
  const u = units(text.trim().replace(",", "."));
  return u === null ? text.trim() : plain(u);
}

function plain(u: bigint): string {
  const whole = u / ONE;
  const part = (u % ONE).toString().padStart(PLACES, "0").replace(/0+$/, "");
  return part ? `${whole}.${part}` : String(whole);
}

/** For reading: at most `digits` significant digits, the reader's decimal sign. */
export function shown(text: string | number | null | undefined, digits = 4): string {
  const n = asNumber(text);
  if (!Number.isFinite(n)) return "–";
  if (n !== 0 && Math.abs(n) < 1e-6) {
    return numberFormat({ notation: "scientific", maximumFractionDigits: 2 })
      .format(n).replace("E", "e");
  }
  return numberFormat({
    maximumSignificantDigits: Math.max(digits, Math.trunc(Math.abs(n)).toString().length),
  }).format(n);
}

export function whole(n: number): string {
  return numberFormat().format(n);
}

/** a / b between 0 and 1, for bars. */
export function share(a: string | undefined, b: string | undefined): number {
  const x = asNumber(a);
  const y = asNumber(b);
  return y > 0 && x > 0 ? Math.min(1, x / y) : 0;
}

/**
 * The odds behind a pure epsilon: an observer who held a person's presence for a coin
 * toss can be at most this sure, in percent.
 */
export function odds(epsilon: string | null | undefined): string | null {
  const e = asNumber(epsilon);
  if (!(e >= 0)) return null;
  const percent = 100 / (1 + Math.exp(-e));
  return numberFormat({
    maximumFractionDigits: percent > 99 ? 2 : 0,
    roundingMode: "ceil",
  } as Intl.NumberFormatOptions).format(Math.min(percent, 99.99));
}
