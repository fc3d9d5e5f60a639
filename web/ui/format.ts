// format.ts -- the reader's formats, made once each: making one costs more than a row.
import { currentLanguage } from "./texts";

const kept = new Map<string, unknown>();

function keep<T>(kind: string, options: object, make: () => T): T {
  const key = kind + currentLanguage() + JSON.stringify(options);
  let format = kept.get(key) as T | undefined;
  if (!format) kept.set(key, (format = make()));
  return format;
}

export function numberFormat(options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  return keep("n", options, () => new Intl.NumberFormat(currentLanguage(), options));
}

export function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return keep("d", options, () => new Intl.DateTimeFormat(currentLanguage(), options));
}

export function ageFormat(): Intl.RelativeTimeFormat {
  return keep("a", {}, () => new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" }));
}
