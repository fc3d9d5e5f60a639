// policy.tsx -- a dataset's policy in sentences; for its owner another one, held against
// what was decided before.
import { useState } from "preact/hooks";
import { call, Refusal } from "../api/client";
import { useAll, useResource } from "../api/resource";
import type { Dataset, DatasetPolicy, Policy, PolicyPreview } from "../api/types";
import { Told, told, visible } from "../inert";
import { Area, Form, useAct } from "../parts/form";
import { Card, Facts } from "../parts/page";
import { PolicyWords } from "../parts/policy_words";
import { Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { t, tn } from "../texts";

const OWN = "";

function PolicyCard({ p, dataset }: { p: DatasetPolicy; dataset: string }) {
  const text = JSON.stringify(p.document ?? {}, null, 2);
  return (
    <Card title={told(p.title ?? p.name)} extra={
      <span class="head-line">
        <span class="muted">{t("dataset.version", { n: p.version })}</span>
        <a href={`/datasets/${dataset}/policies`}>{t("policy.versions")}</a>
      </span>
    }>
      <p><Told text={(p.document as { description?: string }).description} /></p>
      <PolicyWords words={p.words ?? []} />
      <details>
        <summary>{t("policy.document")}</summary>
        <pre class="log" tabIndex={0}>{text.split("\n").map(visible).join("\n")}</pre>
      </details>
    </Card>
  );
}

type Verdict = PolicyPreview["releases"]["items"][number];

function Verdicts({ title, items }: { title: string; items: Verdict[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="picks">
        {items.map((v) => (
          <li key={v.job}>
            <span>
              <a class="mono" href={`/jobs/${v.job}`}>{v.job.slice(0, 14)}…</a> {t(`preview.${v.outcome}`)}
              {v.reasons.map((r, i) => <span key={i} class="muted detail"><Told text={r.text} /></span>)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Preview({ of }: { of: PolicyPreview }) {
  return (
    <div role="status">
      <h3>{t("preview.title")}</h3>
      <Facts of={[
        [t("preview.jobs"), t("preview.of", { n: of.jobs.blocked, total: of.jobs.total })],
        [t("preview.releases"), t("preview.of", { n: of.releases.blocked, total: of.releases.total })],
        [t("preview.would_hold"), t("preview.of", { n: of.releases.held, total: of.releases.total })],
        [t("preview.reopened"), of.reopened.length > 0 ? tn("preview.approvals", of.reopened.length) : ""],
      ]} />
      <Verdicts title={t("preview.jobs")} items={of.jobs.items} />
      <Verdicts title={t("preview.releases")} items={of.releases.items} />
      <details><summary>{t("policy.words")}</summary><PolicyWords words={of.words} /></details>
    </div>
  );
}

function PackChoice({ packs, name, choose }: { packs: Policy[]; name: string; choose: (n: string) => void }) {
  return (
    <fieldset class="ticks">
      <legend>{t("wizard.policy")}</legend>
      {[...packs.map((p) => [p.name, told(p.title)] as const), [OWN, t("policy.own")] as const].map(([n, title]) => (
        <label key={n} class="tick">
          <input type="radio" name="policy" checked={name === n} onChange={() => choose(n)} />
          <span>{title}</span>
        </label>
      ))}
    </fieldset>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal({ type: "/problems/validation", title: "", status: 422, detail: t("policy.not_json") });
  }
}

function PolicyChooser({ d, now, done }: { d: Dataset; now: DatasetPolicy; done: () => Promise<void> }) {
  const packs = useAll<Policy>("/policies?limit=200");
  const [name, setName] = useState(d.policy ?? OWN);
  const [text, setText] = useState(() => JSON.stringify(now.document ?? {}, null, 2));
  const [preview, setPreview] = useState<PolicyPreview>();
  const act = useAct();
  const looking = useAct();
  const chosen = packs.data?.some((p) => p.name === name) ? name : OWN;
  const wanted = () => (chosen === OWN ? parsed(text) : { name });
  const look = () => looking.run(async () => {
    setPreview((await call<PolicyPreview>(`/datasets/${d.name}/policy/preview`,
      { method: "POST", json: wanted() })).data);
  });
  return (
    <Card title={t("policy.change")}>
      <p class="muted">{t("policy.change_lead")}</p>
      <Form act={act} send={t("policy.apply")} onSend={async () => {
        await call(`/datasets/${d.name}/policy`, { method: "PUT", json: wanted() });
        say(t("act.saved"));
        setPreview(undefined);
        await done();
      }} extra={
        <button type="button" aria-busy={looking.busy} onClick={() => void look()}>{t("preview.look")}</button>
      }>
        <PackChoice packs={packs.data ?? []} name={chosen} choose={(n) => {
          setName(n);
          setPreview(undefined);
        }} />
        {packs.data && chosen === OWN && (
          <Area label={t("policy.document")} value={text} onValue={setText} rows={14} spellcheck={false}
            class="mono" hint={<a href="/api/v1/policies/schema">{t("policy.schema")}</a>} />
        )}
      </Form>
      {looking.refusal && <Trouble refusal={looking.refusal} />}
      {preview && <Preview of={preview} />}
    </Card>
  );
}

export function PolicyTab({ d, reload, own }: { d: Dataset; reload: () => Promise<void>; own: boolean }) {
  const policy = useResource<DatasetPolicy>(`/datasets/${d.name}/policy`);
  const done = async () => {
    await policy.reload();
    await reload();
  };
  return (
    <div class={own ? "two" : ""}>
      <Show of={policy}>{(p) => <PolicyCard p={p} dataset={d.name} />}</Show>
      {own && policy.data && <PolicyChooser key={policy.data.version} d={d} now={policy.data} done={done} />}
    </div>
  );
}
