// budget_acts.tsx -- what administrators do with a dataset's budget: set, share out, move,
// freeze; and the raises that wait for a second one of them.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useAll } from "../api/resource";
import type { Budget, BudgetRaise, Project } from "../api/types";
import { shown, typed } from "../decimal";
import { Said, visible } from "../inert";
import { Choice, Field, Form, useAct } from "../parts/form";
import { Card } from "../parts/page";
import { Pill } from "../parts/pill";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { hasRole, myId } from "../session";
import { t } from "../texts";
import { Moment } from "../time";

interface Part { name: string; budget: Budget; etag: string | null; reload: () => Promise<void> }

const REASON_MAX = 4000;

/** Says that a new sum is in force, or that it waits for a second administrator. */
export function saySet(status: number): void {
  say(t(status === 202 ? "raise.asked" : "act.saved"));
}

function Change({ name, budget, etag, reload }: Part) {
  const [epsilon, setEpsilon] = useState(budget.epsilon);
  const [reason, setReason] = useState("");
  const act = useAct();
  return (
    <Card title={t("budget.change")}>
      <p class="muted">{t("budget.change_lead")}</p>
      <Form act={act} send={t("budget.change_send")} onSend={async () => {
        const json = { epsilon: typed(epsilon), ...(reason ? { reason } : {}) };
        const { status } = await call(`/datasets/${name}/budget`, { method: "PATCH", json, ifMatch: etag });
        setReason("");
        saySet(status);
        await reload();
      }}>
        <Field label={t("wizard.epsilon")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
        <Field label={t("budget.reason")} maxLength={REASON_MAX} value={reason} onValue={setReason}
          hint={t("budget.reason_hint")} />
      </Form>
    </Card>
  );
}

function optionsOf(projects: Project[]): [string, string][] {
  return projects.map((p) => [p.id, visible(p.title)]);
}

function Allocate({ name, projects }: { name: string; projects: Project[] }) {
  const [project, setProject] = useState("");
  const [who, setWho] = useState("");
  const [epsilon, setEpsilon] = useState("");
  const act = useAct();
  const chosen = projects.find((p) => p.id === project) ?? projects[0];
  const maker = chosen?.researcher;
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
        <Choice label={t("job.project")} value={chosen?.id ?? ""} onValue={setProject} options={optionsOf(projects)} />
        <Choice label={t("allocate.whom")} value={who} onValue={setWho} options={[
          ["", t("allocate.whole")],
          ...(maker?.id ? [[maker.id, visible(maker.name ?? "")] as [string, string]] : []),
        ]} />
        <Field label={t("allocate.cap")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
      </Form>
    </Card>
  );
}

function Transfer({ name, etag, reload, projects }: Part & { projects: Project[] }) {
  const [from, setFrom] = useState(projects[0]?.id ?? "");
  const [to, setTo] = useState(projects[1]?.id ?? "");
  const [epsilon, setEpsilon] = useState("");
  const [reason, setReason] = useState("");
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  return (
    <Card title={t("transfer.title")}>
      <p class="muted">{t("transfer.lead")}</p>
      <Form act={act} send={t("transfer.send")} disabled={from === to} onSend={async () => {
        const json = { from, to, epsilon: typed(epsilon), reason };
        await call(`/datasets/${name}/budget/transfers`, { method: "POST", json, ifMatch: etag, key });
        setEpsilon("");
        setReason("");
        setKey(freshKey());
        say(t("act.saved"));
        await reload();
      }}>
        <div class="grid2">
          <Choice label={t("transfer.from")} value={from} onValue={setFrom} options={optionsOf(projects)} />
          <Choice label={t("transfer.to")} value={to} onValue={setTo} options={optionsOf(projects)} />
        </div>
        <Field label={t("transfer.amount")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
        <Field label={t("transfer.reason")} required maxLength={REASON_MAX} value={reason} onValue={setReason} />
      </Form>
    </Card>
  );
}

function Freezing({ name, budget, reload }: Part) {
  const [reason, setReason] = useState("");
  const act = useAct();
  const path = `/datasets/${name}/budget/freeze`;
  return (
    <Card title={t("freeze.title")}>
      <p class="muted">{t("freeze.what")}</p>
      <Form act={act} tone="plain" send={t(budget.frozen ? "freeze.lift" : "freeze.send")} onSend={async () => {
        await (budget.frozen ? call(path, { method: "DELETE" }) : call(path, { method: "PUT", json: { reason } }));
        setReason("");
        say(t("act.saved"));
        await reload();
      }}>
        {!budget.frozen && (
          <Field label={t("freeze.reason")} required maxLength={REASON_MAX} value={reason} onValue={setReason} />
        )}
      </Form>
    </Card>
  );
}

function RaiseRow({ r, reload }: { r: BudgetRaise; reload: () => Promise<void> }) {
  const act = useAct();
  const decide = (decision: "confirm" | "refuse") => act.run(async () => {
    const seen = await call<BudgetRaise>(`/budget_raises/${r.id}`);
    await call(`/budget_raises/${r.id}/decision`, { method: "POST", json: { decision }, ifMatch: seen.etag });
    say(t("act.saved"));
    await reload();
  });
  return (
    <li>
      <span>
        <strong>ε {shown(r.was)} → {shown(r.epsilon)}</strong> <Said text={r.reason} />
        <span class="muted detail">
          <Said text={r.asked_by.name} /> · <Moment at={r.asked_at} />
          {r.decided_by && <> · <Said text={r.decided_by.name} /></>}
        </span>
      </span>
      {r.state !== "open" || !hasRole("admin")
        ? <Pill tone={r.state === "refused" ? "bad" : r.state === "open" ? "wait" : "good"}>{t(`raise.${r.state}`)}</Pill>
        : (
          <span class="buttons small">
            {r.asked_by.id !== myId() && (
              <button type="button" class="main" aria-busy={act.busy} onClick={() => void decide("confirm")}>
                {t("raise.confirm")}
              </button>
            )}
            <button type="button" class="danger" aria-busy={act.busy} onClick={() => void decide("refuse")}>
              {t("raise.refuse")}
            </button>
          </span>
        )}
      {act.refusal && <Trouble refusal={act.refusal} />}
    </li>
  );
}

/** Those that `of` picks: the raises of one dataset, or of one population. */
export function Raises({ of, reload }: { of: (r: BudgetRaise) => boolean; reload: () => Promise<void> }) {
  const all = useAll<BudgetRaise>("/budget_raises?limit=200");
  const both = async () => {
    await Promise.all([all.reload(), reload()]);
  };
  return (
    <Card title={t("raise.title")}>
      <p class="muted">{t("raise.lead")}</p>
      <Show of={all}>
        {(list) => list.some(of)
          ? <ul class="picks">{list.filter(of).map((r) => <RaiseRow key={r.id} r={r} reload={both} />)}</ul>
          : <Empty title={t("raise.none")} />}
      </Show>
    </Card>
  );
}

export function BudgetActs(part: Part) {
  const projects = useAll<Project>("/projects?limit=200");
  const mine = (projects.data ?? []).filter((p) => p.datasets.includes(part.name));
  const admin = hasRole("admin");
  return (
    <div class="two even">
      <div>
        {admin && <Change {...part} />}
        <Raises of={(r) => r.dataset === part.name} reload={part.reload} />
      </div>
      {admin && (
        <div>
          {mine.length > 0 && <Allocate name={part.name} projects={mine} />}
          {mine.length > 1 && <Transfer {...part} projects={mine} />}
          <Freezing {...part} />
        </div>
      )}
    </div>
  );
}
