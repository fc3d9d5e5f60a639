// burndown.tsx -- a budget over time: what was free after each entry of the ledger.
import type { Budget, BudgetPoint } from "../api/types";
import { asNumber, shown } from "../decimal";
import { t } from "../texts";
import { ago, moment } from "../time";

interface Point { at: number; free: number; reserved: number }

function pointOf(p: BudgetPoint): Point {
  return { at: Date.parse(p.time), free: asNumber(p.free), reserved: asNumber(p.reserved) };
}

const WIDE = 640;
const NARROW = 320;
const H = 180;
const PAD = { left: 46, right: 10, top: 10, bottom: 24 };

const PACE_DAYS_MIN = 7;
const DAY_MS = 86_400_000;

/** When the budget is used up if it goes on as it went; null while it is too early to say. */
function usedUpAt(budget: Budget, from: number): number | null {
  const days = (Date.now() - from) / DAY_MS;
  const rate = asNumber(budget.spent) / days;
  return days >= PACE_DAYS_MIN && rate > 0 ? Date.now() + (DAY_MS * asNumber(budget.free)) / rate : null;
}

export function BurnDown({ budget, history }: { budget: Budget; history: BudgetPoint[] }) {
  const points = history.map(pointOf);
  const first = points[0];
  if (!first || points.length < 2) return <p class="muted">{t("budget.nothing_spent")}</p>;
  const W = matchMedia("(max-width: 48rem)").matches ? NARROW : WIDE;
  const end = usedUpAt(budget, first.at);
  const total = Math.max(asNumber(budget.epsilon), ...history.map((p) => asNumber(p.epsilon))) || 1;
  const to = Math.max(Date.now(), points.at(-1)!.at);
  const x = (at: number) => (PAD.left + ((W - PAD.left - PAD.right) * (at - first.at)) / (to - first.at || 1)).toFixed(1);
  const y = (v: number) => (PAD.top + (H - PAD.top - PAD.bottom) * (1 - Math.max(0, v) / total)).toFixed(1);
  const line = (of: (p: Point) => number) => points
    .map((p, i) => `${i ? "H" : "M"}${x(p.at)}${i ? "V" : " "}${y(of(p))}`).join("") + `H${x(to)}`;
  const down = `V${y(0)}H${x(first.at)}Z`;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={t("budget.chart",
        { free: shown(budget.free), total: shown(budget.epsilon), n: points.length })}>
        {[0, 0.5, 1].map((f) => (
          <g key={f}>
            <path class="chart-grid" d={`M${PAD.left} ${y(total * f)}H${W - PAD.right}`} />
            <text class="chart-text" x={PAD.left - 6} y={Number(y(total * f)) + 4} text-anchor="end">
              {shown(total * f, 3)}
            </text>
          </g>
        ))}
        <path class="chart-reserved" d={line((p) => p.free + p.reserved) + down} />
        <path class="chart-area" d={line((p) => p.free) + down} />
        <path class="chart-line" d={line((p) => p.free)} />
        <text class="chart-text" x={PAD.left} y={H - 6}>{moment(history[0]!.time)}</text>
        <text class="chart-text" x={W - PAD.right} y={H - 6} text-anchor="end">{t("budget.now")}</text>
      </svg>
      <figcaption class="muted">
        {t("budget.chart_note")}{" "}
        {end !== null && t("budget.pace", { when: ago(new Date(end).toISOString()) })}
      </figcaption>
    </figure>
  );
}
