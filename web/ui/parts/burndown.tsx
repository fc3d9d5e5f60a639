// burndown.tsx -- a budget over time: what was free after each entry of the ledger.
import type { Budget, LedgerEntry } from "../api/types";
import { asNumber, shown } from "../decimal";
import { t } from "../texts";
import { moment } from "../time";

interface Point { at: number; spent: number }

/** Committed spending in the unit that the accounting adds up. */
function pointsOf(entries: LedgerEntry[], pure: boolean): Point[] {
  let spent = 0;
  return entries.filter((e) => e.kind === "charge").map((e) => {
    spent += asNumber(pure ? e.epsilon : e.rho) || 0;
    return { at: Date.parse(e.time), spent };
  });
}

const W = 640;
const H = 180;
const PAD = { left: 46, right: 10, top: 10, bottom: 24 };

export function BurnDown({ budget, entries }: { budget: Budget; entries: LedgerEntry[] }) {
  const pure = budget.accounting === "pure";
  const points = pointsOf(entries, pure);
  const first = entries[0];
  if (!first || points.length === 0) return <p class="muted">{t("budget.nothing_spent")}</p>;
  const total = asNumber(pure ? budget.epsilon : budget.rho?.limit) || 1;
  const from = Date.parse(first.time);
  const to = Math.max(Date.now(), points[points.length - 1]!.at);
  const x = (at: number) => PAD.left + ((W - PAD.left - PAD.right) * (at - from)) / (to - from || 1);
  const y = (v: number) => PAD.top + (H - PAD.top - PAD.bottom) * (1 - Math.max(0, v) / total);
  let path = `M${x(from)} ${y(total)}`;
  for (const p of points) path += `H${x(p.at).toFixed(1)}V${y(total - p.spent).toFixed(1)}`;
  path += `H${x(to)}`;
  const area = `${path}V${y(0)}H${x(from)}Z`;
  const unit = pure ? "ε" : "ρ";
  const left = total - points[points.length - 1]!.spent;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${W} ${H}`} role="img"
        aria-label={t("budget.chart", { free: shown(left), total: shown(total), n: points.length })}>
        {[0, 0.5, 1].map((f) => (
          <g key={f}>
            <path class="chart-grid" d={`M${PAD.left} ${y(total * f)}H${W - PAD.right}`} />
            <text class="chart-text" x={PAD.left - 6} y={y(total * f) + 4} text-anchor="end">
              {shown(total * f, 3)}
            </text>
          </g>
        ))}
        <path class="chart-area" d={area} />
        <path class="chart-line" d={path} />
        <text class="chart-text" x={PAD.left} y={H - 6}>{moment(first.time)}</text>
        <text class="chart-text" x={W - PAD.right} y={H - 6} text-anchor="end">{t("budget.now")}</text>
      </svg>
      <figcaption class="muted">{t("budget.chart_note", { unit })}</figcaption>
    </figure>
  );
}
