// amounts.ts -- bytes and durations as people say them.
import { numberFormat } from "./format";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const STEP = 1024;
const TIME_UNITS: [string, number][] = [
  ["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000], ["millisecond", 1],
];

export function bytes(n: number): string {
  let unit = 0;
  for (; n >= STEP && unit + 1 < BYTE_UNITS.length; unit++) n /= STEP;
  return `${numberFormat({ maximumFractionDigits: 1 }).format(n)} ${BYTE_UNITS[unit]}`;
}

export function duration(ms: number): string {
  const [unit, size] = TIME_UNITS.find(([, s]) => ms >= s) ?? TIME_UNITS.at(-1)!;
  return numberFormat({ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 }).format(ms / size);
}
