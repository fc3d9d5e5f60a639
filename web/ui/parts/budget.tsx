// budget.tsx -- privacy budgets as a bar and as words.
import type { Budget, Job, Measurement, Quote } from "../api/types";
import { asNumber, minus, odds, shown, timesLeft, units } from "../decimal";
import { Said } from "../inert";
import { t, tn, tx } from "../texts";
import { Moment } from "../time";
import { Facts } from "./page";

type Spendable = Pick<Budget, "epsilon" | "spent" | "reserved" | "free">;

/** Spent, reserved, what one job asks for, and what stays free. */
export function BudgetBar({ budget, ask }: { budget: Spendable; ask?: string }) {
  const total = asNumber(budget.epsilon) || 1;
  const spent = asNumber(budget.spent) || 0;
  const reserved = asNumber(budget.reserved) || 0;
  const free = asNumber(budget.free) || 0;
  const asked = Math.min(asNumber(ask) || 0, free);
  const at = (v: number) => Math.max(0, Math.min(100, (100 * v) / total));
  const parts: [string, number, number][] = [
    ["spent", 0, spent], ["reserved", spent, reserved], ["asked", spent + reserved, asked],
  ];
  return (
    <svg class="budget-bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img"
      aria-label={t("budget.bar", {
        spent: shown(budget.spent), reserved: shown(budget.reserved),
        free: shown(budget.free), total: shown(budget.epsilon),
      })}>
      <rect class="bb-free" x="0" y="0" width="100" height="6" />
      {parts.map(([name, from, size]) => size > 0 && (
        <rect key={name} class={`bb-${name}`} x={at(from)} y="0" width={Math.max(at(size), 0.5)} height="6" />
      ))}
    </svg>
  );
}

export function BudgetKey({ asked }: { asked?: boolean }) {
  return (
    <ul class="key">
      <li class="k-spent">{t("budget.spent")}</li>
      <li class="k-reserved">{t("budget.reserved")}</li>
      {asked && <li class="k-asked">{t("budget.asked")}</li>}
      <li class="k-free">{t("budget.free")}</li>
    </ul>
  );
}

/** Says that nothing is reserved or charged, why, and since when. */
export function FrozenBanner({ budget }: { budget: Budget | undefined }) {
  if (!budget?.frozen) return null;
  return (
    <div class="banner" role="status">
      <span>
        <strong>{t("freeze.word")}</strong> {t("freeze.lead")} <Said text={budget.frozen.reason} />{" "}
        <span class="muted"><Moment at={budget.frozen.since} /></span>
      </span>
    </div>
  );
}

/** How many more jobs of this price fit, by the accounting that is in force. */
export function jobsLeft(budget: Budget, job: Job): number | null {
  const rho = job.quote?.total?.rho;
  if (budget.accounting === "zcdp" && budget.rho && rho)
    return timesLeft(budget.rho.free, rho);
  return timesLeft(budget.free, job.max_budget?.epsilon);
}

/** An epsilon as odds: of one job, of all that was answered, or of all that a budget allows. */
export function OddsText({ epsilon, pure, delta, of = "budget.odds" }: { epsilon: string | undefined;
  pure: boolean; delta?: string; of?: "budget.odds" | "budget.odds_all" | "wizard.odds" }) {
  const chance = odds(epsilon);
  if (!epsilon || chance === null) return null;
  return (
    <p class="odds">
      {tx(of, { chance: <strong>{t("budget.in_100", { chance })}</strong> })}{" "}
      {!pure && <span class="muted">{t("budget.odds_delta", { delta: shown(delta) })}</span>}
    </p>
  );
}

export function Price({ job, budget }: { job: Job; budget: Budget | undefined }) {
  const ask = job.max_budget?.epsilon;
  const total = job.quote?.total?.epsilon;
  const left = budget ? jobsLeft(budget, job) : null;
  const after = budget && ask ? minus(budget.free, ask) : "";
  const short = budget && ask && (units(ask) ?? 0n) > (units(budget.free) ?? 0n);
  const decided = !["checking", "blocked", "in_review", "changes_requested"].includes(job.state);
  return (
    <>
      <FrozenBanner budget={budget} />
      <p class="price">
        <span class="price-figure">ε {shown(ask)}</span>
        <span class="muted"> {t("price.at_most")}</span>
      </p>
      {(units(total) ?? 0n) > 0n && <p class="muted">{t("price.planned", { epsilon: shown(total) })}</p>}
      {job.max_budget?.delta && units(job.max_budget.delta) !== 0n && (
        <p class="muted">δ {shown(job.max_budget.delta)}</p>
      )}
      {job.lane === "dp"
        ? <OddsText epsilon={ask} pure={budget?.accounting !== "zcdp"} delta={budget?.delta} />
        : <p class="banner">{t("price.uncovered")}</p>}
      {budget && (
        <>
          <BudgetBar budget={budget} ask={decided ? undefined : ask} />
          <BudgetKey asked={!decided} />
          <Facts of={[
            [t("budget.free_of"), `ε ${shown(budget.free)} / ${shown(budget.epsilon)}`],
            [t("budget.after"), !decided && after ? `ε ${shown(after)}` : ""],
          ]} />
          {short && !decided && <p class="stale">{t("price.short")}</p>}
          {left !== null && !short && !decided && <p class="left">{tn("price.left", left)}</p>}
        </>
      )}
    </>
  );
}

function priceOf(m: Measurement): string {
  if (m.mechanism === "exact") return "–";
  return m.epsilon ? `ε ${shown(m.epsilon)}` : m.rho ? `ρ ${shown(m.rho)}` : "–";
}

function errorOf(m: Measurement): string {
  const none = m.error95 === null || m.error95 === undefined || m.error95 === "";
  return none ? "" : `± ${shown(m.error95, 3)}`;
}

export function MeasurementTable({ of, name, foreseen }: { of: Measurement[]; name: string; foreseen?: boolean }) {
  if (of.length === 0) return <p class="muted">{t("measurement.none")}</p>;
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={name}>
      <table class="table">
        <caption class="unseen">{name}</caption>
        <thead>
          <tr>
            <th scope="col">{t("measurement.what")}</th>
            <th scope="col">{t("measurement.how")}</th>
            <th scope="col" class="num">{t("measurement.price")}</th>
            <th scope="col" class="num">{t(foreseen ? "measurement.foreseen" : "measurement.error")}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((m, i) => (
            <tr key={i}>
              <th scope="row"><code><Said text={m.label} /></code></th>
              <td>{m.mechanism.replaceAll("_", " ")}</td>
              <td class="num">{priceOf(m)}</td>
              <td class="num">{errorOf(m) || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same as a list, for narrow places. */
export function QuoteList({ quote }: { quote: Quote | null | undefined }) {
  const all = quote?.measurements ?? [];
  if (all.length === 0) return <p class="muted">{t("measurement.none")}</p>;
  return (
    <ul class="measures">
      {all.map((m, i) => (
        <li key={i}>
          <div><code><Said text={m.label} /></code><span>{priceOf(m)}</span></div>
          <div>
            <span>{m.mechanism.replaceAll("_", " ")}</span>
            <span>{errorOf(m) && t("measurement.within", { error: errorOf(m) })}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}
