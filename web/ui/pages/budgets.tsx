// budgets.tsx -- what of each dataset's privacy is spent, set aside and free; its ledger.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useResource } from "../api/resource";
import type { Budget, Dataset, LedgerEntry, Page, Project } from "../api/types";
import { minus, odds, plus, shown, times, timesLeft, typed, units } from "../decimal";
import { Said, visible } from "../inert";
import { BudgetBar, BudgetKey, OddsText } from "../parts/budget";
import { BurnDown } from "../parts/burndown";
import { Choice, Field, Form, useAct } from "../parts/form";
import { Card, Facts, Head, Tabs } from "../parts/page";
import { Paged } from "../parts/paged";
import { Empty, Show } from "../parts/states";
import { say } from "../parts/toast";
import { useAddress } from "../router";
import { hasRole } from "../session";
import { t, tIf, tn, tx } from "../texts";
import { Moment } from "../time";

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
        <h2><a href={`/budgets/${d.name}`}><Said text={d.title} /></a></h2>
        <span class="mono muted">{d.name}</span>
      </div>
      <Show of={budget}>
        {(b) => (
          <>
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
  return (
    <>
      <Head title={t("nav.budgets")} note={<p>{t("budgets.lead")}</p>} />
      <div class="cards">
        <Paged<Dataset> path="/datasets?limit=50" empty={<Empty title={t("datasets.empty")} />}>
          {(items) => items.map((d) => <BudgetCard key={d.name} d={d} />)}
        </Paged>
      </div>
    </>
  );
}

function LedgerRows({ items }: { items: LedgerEntry[] }) {
  return (
    <>
      {items.map((e) => (
        <tr key={e.seq}>
          <td class="num">{e.seq}</td>
          <td><Moment at={e.time} /></td>
          <td>{tIf(`ledger.${e.kind}`, e.kind)}</td>
          <td>
            {e.measurement && <code>{visible(e.measurement)}</code>}
            {e.job && <a class="detail mono" href={`/jobs/${e.job}`}>{e.job.slice(0, 14)}…</a>}
          </td>
          <td>{(e.mechanism ?? "").replaceAll("_", " ")}</td>
          <td class="num">{e.epsilon ?? ""}</td>
          <td class="num">{e.rho ?? ""}</td>
          <td class="mono muted" title={e.hash}>{e.hash.slice(0, 8)}</td>
        </tr>
      ))}
    </>
  );
}

function Ledger({ name }: { name: string }) {
  const heads = ["seq", "time", "kind", "what", "mechanism", "epsilon", "rho", "hash"] as const;
  return (
    <Card title={t("ledger.title")}>
      <p class="muted">{t("ledger.lead")}</p>
      <div class="scroll" role="region" tabIndex={0} aria-label={t("ledger.title")}>
        <table class="table">
          <caption class="unseen">{t("ledger.title")}</caption>
          <thead><tr>{heads.map((h) => <th key={h} scope="col">{t(`ledger.head.${h}`)}</th>)}</tr></thead>
          <tbody>
            <Paged<LedgerEntry> path={`/datasets/${name}/ledger?limit=200`} columns={heads.length}
              empty={<Empty title={t("ledger.empty")} />}>
              {(items) => <LedgerRows items={items} />}
            </Paged>
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function ChangeBudget({ name, budget, etag, reload }:
  { name: string; budget: Budget; etag: string | null; reload: () => Promise<void> }) {
  const [epsilon, setEpsilon] = useState(budget.epsilon);
  const [reason, setReason] = useState("");
  const act = useAct();
  return (
    <Card title={t("budget.change")}>
      <p class="muted">{t("budget.change_lead")}</p>
      <Form act={act} send={t("budget.change_send")} onSend={async () => {
        const json = { epsilon: typed(epsilon), ...(reason ? { reason } : {}) };
        await call(`/datasets/${name}/budget`, { method: "PATCH", json, ifMatch: etag });
        setReason("");
        say(t("act.saved"));
        await reload();
      }}>
        <Field label={t("wizard.epsilon")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
        <Field label={t("budget.reason")} maxLength={4000} value={reason} onValue={setReason}
          hint={t("budget.reason_hint")} />
      </Form>
    </Card>
  );
}

function Allocate({ name }: { name: string }) {
  const projects = useResource<Page<Project>>("/projects?limit=200");
  const mine = (projects.data?.items ?? []).filter((p) => p.datasets.includes(name));
  const [project, setProject] = useState("");
  const [who, setWho] = useState("");
  const [epsilon, setEpsilon] = useState("");
  const act = useAct();
  const chosen = mine.find((p) => p.id === (project || mine[0]?.id));
  if (mine.length === 0) return null;
  return (
    <Card title={t("allocate.title")}>
      <p class="muted">{t("allocate.lead")}</p>
      <Form act={act} send={t("allocate.send")} onSend={async () => {
        const amount = typed(epsilon);
        await call(`/datasets/${name}/budget/allocations/${chosen?.id}`, {
          method: "PUT", json: who ? { researchers: { [who]: amount } } : { epsilon: amount },
        });
        say(t("act.saved"));
      }}>
        <Choice label={t("job.project")} value={chosen?.id ?? ""} onValue={setProject}
          options={mine.map((p) => [p.id, visible(p.title)])} />
        <Choice label={t("allocate.whom")} value={who} onValue={setWho} options={[
          ["", t("allocate.whole")],
          ...(chosen?.researcher?.id
            ? [[chosen.researcher.id, visible(chosen.researcher.name ?? "")] as [string, string]] : []),
        ]} />
        <Field label={t("allocate.cap")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
      </Form>
    </Card>
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

export function BudgetPage({ name }: { name: string }) {
  const budget = useResource<Budget>(`/datasets/${name}/budget`);
  const ledger = useResource<Page<LedgerEntry>>(`/datasets/${name}/ledger?limit=200`);
  const open = useAddress().searchParams.get("tab") ?? "overview";
  return (
    <>
      <Head title={t("budget.of", { name })} back={{ to: "/budgets", text: t("nav.budgets") }} />
      <Tabs label={t("budget.tabs")} open={open} tabs={[
        { id: "overview", text: t("dataset.tab.overview") }, { id: "ledger", text: t("ledger.title") },
      ]} />
      {open === "ledger" ? <Ledger name={name} /> : (
        <Show of={budget}>
          {(b) => (
            <div class="two">
              <div>
                <Card title={t("budget.over_time")}>
                  <Show of={ledger}>{(l) => <BurnDown budget={b} entries={l.items} />}</Show>
                </Card>
                <WhatIf b={b} />
                {hasRole("admin") && (
                  <>
                    <ChangeBudget name={name} budget={b} etag={budget.etag} reload={budget.reload} />
                    <Allocate name={name} />
                  </>
                )}
              </div>
              <Card title={t("dataset.budget")}>
                <BudgetBar budget={b} />
                <BudgetKey />
                <BudgetFacts b={b} />
                <OddsText epsilon={b.spent} pure={b.accounting === "pure"} delta={b.delta} over />
              </Card>
            </div>
          )}
        </Show>
      )}
    </>
  );
}
