// budgets.tsx -- what of each dataset's privacy is spent, set aside and free; its ledger.
import { useState } from "preact/hooks";
import { useAll, useResource } from "../api/resource";
import type { Budget, BudgetPoint, Dataset } from "../api/types";
import { minus, odds, plus, shown, times, timesLeft, typed, units } from "../decimal";
import { Said } from "../inert";
import { BudgetBar, BudgetKey, FrozenBanner, OddsText } from "../parts/budget";
import { BurnDown } from "../parts/burndown";
import { Field } from "../parts/form";
import { Ledger } from "../parts/ledger";
import { Card, Facts, Head, Tabs } from "../parts/page";
import { Paged } from "../parts/paged";
import { Pill } from "../parts/pill";
import { Shares } from "../parts/shares";
import { Empty, Show } from "../parts/states";
import { useAddress } from "../router";
import { hasRole } from "../session";
import { t, tIf, tn, tx } from "../texts";
import { BudgetActs } from "./budget_acts";
import { Populations } from "./populations";

const FEW_DAYS = 3;

function BudgetFacts({ b }: { b: Budget }) {
  return (
    <Facts of={[
      [t("budget.spent_word"), `ε ${shown(b.spent)}`],
      [t("budget.reserved_word"), `ε ${shown(b.reserved)}`],
      [t("budget.free_word"), `ε ${shown(b.free)}`],
      [t("budget.total"), `ε ${shown(b.epsilon)}${b.accounting === "zcdp" ? `, δ ${shown(b.delta)}` : ""}`],
      [t("budget.accounting"), t(`budget.accounting.${b.accounting}`)],
      ["ρ", b.rho ? t("budget.rho", { spent: shown(b.rho.spent), limit: shown(b.rho.limit) }) : ""],
    ]} />
  );
}

function BudgetCard({ d }: { d: Dataset }) {
  const budget = useResource<Budget>(`/datasets/${d.name}/budget`);
  return (
    <section class="card">
      <div class="card-head">
        <h2><a href={`/budgets/${d.name}`}><Said text={d.title} /></a><span class="mono muted detail">{d.name}</span></h2>
      </div>
      <Show of={budget}>
        {(b) => (
          <>
            {b.frozen && <Pill tone="wait">{t("freeze.word")}</Pill>}
            <p class="price"><span class="price-figure">ε {shown(b.free)}</span>
              <span class="muted"> {t("budget.free_of_total", { total: shown(b.epsilon) })}</span></p>
            <BudgetBar budget={b} />
            <BudgetKey />
          </>
        )}
      </Show>
    </section>
  );
}

export function Budgets() {
  const open = useAddress().searchParams.get("tab") ?? "datasets";
  const wide = hasRole("admin") || hasRole("auditor");
  return (
    <>
      <Head title={t("nav.budgets")} note={<p>{t("budgets.lead")}</p>} />
      {wide && (
        <Tabs label={t("budget.tabs")} open={open} tabs={[
          { id: "datasets", text: t("nav.datasets") }, { id: "populations", text: t("population.many") },
        ]} />
      )}
      {wide && open === "populations" ? <Populations /> : (
        <div class="cards">
          <Paged<Dataset> path="/datasets?limit=50" empty={<Empty title={t("datasets.empty")} />}>
            {(items) => items.map((d) => <BudgetCard key={d.name} d={d} />)}
          </Paged>
        </div>
      )}
    </>
  );
}

/** How far the free budget carries at a price, and what all of it would let be learned. */
function WhatIf({ b }: { b: Budget }) {
  const [price, setPrice] = useState("");
  const [jobs, setJobs] = useState("1");
  const each = typed(price);
  const n = Math.max(1, Math.trunc(Number(jobs)) || 1);
  const left = timesLeft(b.free, each);
  const all = times(each, n);
  const over = (units(all) ?? 0n) > (units(b.free) ?? 0n);
  const chance = left === null ? null : odds(plus(b.spent, all));
  return (
    <Card title={t("whatif.title")}>
      <p class="muted">{t("whatif.lead")}</p>
      <div class="grid2">
        <Field label={t("whatif.price")} inputMode="decimal" value={price} onValue={setPrice} />
        <Field label={t("whatif.jobs")} type="number" min="1" value={jobs} onValue={setJobs} />
      </div>
      <div role="status">
        {left !== null && (
          <>
            <p class="left">{tn("whatif.fit", left)}</p>
            <BudgetBar budget={b} ask={all} />
            <BudgetKey asked />
            <p class={over ? "stale" : ""}>
              {over ? t("whatif.over", { sum: shown(all), free: shown(b.free) })
                : t("whatif.rest", { sum: shown(all), rest: shown(minus(b.free, all)) })}
            </p>
            {!over && chance && (
              <p class="odds">{tx("wizard.odds", { chance: <strong>{t("budget.in_100", { chance })}</strong> })}</p>
            )}
            {b.accounting === "zcdp" && <p class="muted">{t("whatif.zcdp")}</p>}
          </>
        )}
      </div>
    </Card>
  );
}

/** The chart: a point a day, and while there are few days a point an entry. */
function OverTime({ name, budget }: { name: string; budget: Budget }) {
  const path = `/datasets/${name}/budget/history?limit=200`;
  const days = useAll<BudgetPoint>(`${path}&by=day`);
  const few = (days.data?.length ?? FEW_DAYS) < FEW_DAYS;
  const entries = useAll<BudgetPoint>(few ? `${path}&by=entry` : null);
  return (
    <Card title={t("budget.over_time")}>
      <Show of={few ? entries : days}>{(points) => <BurnDown budget={budget} history={points} />}</Show>
    </Card>
  );
}

function Population({ of }: { of: NonNullable<Budget["population"]> }) {
  return (
    <Card title={t("population.one")}>
      <p><Said text={of.name} /></p>
      <p class="muted">{t("population.lead")}</p>
      <Facts of={[[t("budget.free_of"), `ε ${shown(of.free)} / ${shown(of.epsilon)}`]]} />
    </Card>
  );
}

export function BudgetPage({ name }: { name: string }) {
  const budget = useResource<Budget>(`/datasets/${name}/budget`);
  const open = useAddress().searchParams.get("tab") ?? "overview";
  const tabs = ["overview", "ledger", ...(hasRole("admin") || hasRole("auditor") ? ["changes"] : [])];
  return (
    <>
      <Head title={t("budget.of", { name })} back={{ to: "/budgets", text: t("nav.budgets") }} />
      <Tabs label={t("budget.tabs")} open={open}
        tabs={tabs.map((id) => ({ id, text: tIf(`budget.tab.${id}`, id) }))} />
      {open === "ledger" ? <Ledger name={name} budget={budget.data} /> : (
        <Show of={budget}>
          {(b) => (
            <>
              <FrozenBanner budget={b} />
              {open === "changes"
                ? <BudgetActs name={name} budget={b} etag={budget.etag} reload={budget.reload} />
                : (
                  <div class="two">
                    <div>
                      <OverTime name={name} budget={b} />
                      <Shares name={name} />
                      <WhatIf b={b} />
                    </div>
                    <div>
                      <Card title={t("dataset.budget")}>
                        <BudgetBar budget={b} />
                        <BudgetKey />
                        <BudgetFacts b={b} />
                        <OddsText epsilon={b.spent} pure={b.accounting === "pure"} delta={b.delta} of="wizard.odds" />
                      </Card>
                      {b.population && <Population of={b.population} />}
                    </div>
                  </div>
                )}
            </>
          )}
        </Show>
      )}
    </>
  );
}
