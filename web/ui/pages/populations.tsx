// populations.tsx -- people who stand in several datasets share one more ceiling.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useAll, useResource } from "../api/resource";
import type { Dataset, Population } from "../api/types";
import { shown, typed } from "../decimal";
import { visible } from "../inert";
import { BudgetBar, BudgetKey } from "../parts/budget";
import { Choice, Field, Form, useAct } from "../parts/form";
import { Card, Facts } from "../parts/page";
import { Empty, Show } from "../parts/states";
import { say } from "../parts/toast";
import { hasRole } from "../session";
import { t } from "../texts";
import { Raises, saySet } from "./budget_acts";

function NewPopulation({ onDone }: { onDone: () => Promise<void> }) {
  const [name, setName] = useState("");
  const [epsilon, setEpsilon] = useState("");
  const [delta, setDelta] = useState("0");
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  return (
    <Card title={t("population.new")}>
      <Form act={act} send={t("population.make")} onSend={async () => {
        const json = { name, budget: { epsilon: typed(epsilon), delta: typed(delta) } };
        await call("/populations", { method: "POST", json, key });
        setName("");
        setEpsilon("");
        setKey(freshKey());
        say(t("act.saved"));
        await onDone();
      }}>
        <Field label={t("population.name")} required maxLength={200} value={name} onValue={setName} />
        <Field label={t("wizard.epsilon")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
        <Field label="δ" required inputMode="decimal" value={delta} onValue={setDelta} hint={t("population.delta")} />
      </Form>
    </Card>
  );
}

interface Part { p: Population; reload: () => Promise<void> }

function Join({ p, reload, datasets }: Part & { datasets: string[] }) {
  const [name, setName] = useState(datasets[0] ?? "");
  const act = useAct();
  return (
    <Form act={act} tone="plain" send={t("population.join")} onSend={async () => {
      await call(`/populations/${p.id}/datasets/${name}`, { method: "PUT", json: {} });
      say(t("act.saved"));
      await reload();
    }}>
      <Choice label={t("word.dataset")} value={name} onValue={setName} hint={t("population.for_good")}
        options={datasets.map((d) => [d, d])} />
    </Form>
  );
}

function Sum({ p, reload }: Part) {
  const seen = useResource<Population>(`/populations/${p.id}`);
  const [epsilon, setEpsilon] = useState(p.epsilon);
  const [reason, setReason] = useState("");
  const act = useAct();
  return (
    <Form act={act} tone="plain" send={t("budget.change_send")} onSend={async () => {
      const json = { epsilon: typed(epsilon), ...(reason ? { reason } : {}) };
      const { status } = await call(`/populations/${p.id}`, { method: "PATCH", json, ifMatch: seen.etag });
      saySet(status);
      setReason("");
      await reload();
    }}>
      <Field label={t("wizard.epsilon")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
      <Field label={t("budget.reason")} maxLength={4000} value={reason} onValue={setReason} hint={t("budget.reason_hint")} />
    </Form>
  );
}

function One({ p, reload, datasets }: Part & { datasets: Dataset[] }) {
  const free = datasets.filter((d) => !p.datasets.includes(d.name) && !d.archived).map((d) => d.name);
  return (
    <Card title={visible(p.name)}>
      <BudgetBar budget={p} />
      <BudgetKey />
      <Facts of={[
        [t("budget.free_of"), `ε ${shown(p.free)} / ${shown(p.epsilon)}`],
        [t("budget.accounting"), t(`budget.accounting.${p.accounting}`)],
        [t("nav.datasets"), p.datasets.length > 0
          ? p.datasets.map((d, i) => <>{i > 0 && ", "}<a class="mono" href={`/budgets/${d}`}>{d}</a></>)
          : <span class="muted">{t("population.no_datasets")}</span>],
      ]} />
      {hasRole("admin") && (
        <details>
          <summary>{t("population.change")}</summary>
          {free.length > 0 && <Join p={p} reload={reload} datasets={free} />}
          <Sum p={p} reload={reload} />
        </details>
      )}
    </Card>
  );
}

export function Populations() {
  const all = useAll<Population>("/populations?limit=200");
  const datasets = useAll<Dataset>("/datasets?limit=200");
  return (
    <div class="two">
      <div>
        <p class="muted pad">{t("population.lead")}</p>
        <Show of={all}>
          {(list) => list.length === 0 ? <Empty title={t("population.none")} />
            : <>{list.map((p) => <One key={p.id} p={p} reload={all.reload} datasets={datasets.data ?? []} />)}</>}
        </Show>
      </div>
      <div>
        {hasRole("admin") && <NewPopulation onDone={all.reload} />}
        <Raises of={(r) => r.population !== null} reload={all.reload} />
      </div>
    </div>
  );
}
