// time.tsx -- moments and ages, in the reader's language.
import { ageFormat, dateFormat } from "./format";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400], ["hour", 3_600], ["minute", 60],
];

export function ago(text: string | undefined): string {
  if (!text) return "";
  const seconds = (Date.parse(text) - Date.now()) / 1000;
  const f = ageFormat();
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return f.format(Math.trunc(seconds / size), unit);
  }
  return f.format(0, "second");
}

export function moment(text: string | undefined): string {
  if (!text) return "";
  return dateFormat({ dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

/** An age that says the exact time on hover and to machines. */
export function Ago({ at }: { at: string | undefined }) {
  return at ? <time dateTime={at} title={moment(at)}>{ago(at)}</time> : null;
}

export function Moment({ at }: { at: string | undefined }) {
  return at ? <time dateTime={at}>{moment(at)}</time> : null;
}
