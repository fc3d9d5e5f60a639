// dataset.tsx -- one dataset: for researchers a dictionary, a mock and the rules; for
// its owner also data, policy, access and publication.
import { useRef, useState } from "preact/hooks";
import { call, upload, type Refusal, refusalOf } from "../api/client";
import { useResource } from "../api/resource";
import type { Budget, DataLoaded, Dataset } from "../api/types";
import { shown, whole } from "../decimal";
import { Said, visible } from "../inert";
import { BudgetBar, BudgetKey, OddsText } from "../parts/budget";
import { Dictionary } from "../parts/columns";
import { Area, Field, Form, useAct } from "../parts/form";
import { Card, Facts, Head, Tabs } from "../parts/page";
import { Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { useAddress } from "../router";
import { hasRole, myId } from "../session";
import { t, tIf } from "../texts";
import { Moment } from "../time";
import { AccessTab } from "./access";
import { AskPage } from "./ask";
import { Calculator } from "./calculator";
import { DatasetState } from "./datasets";
import { MockTab } from "./mock";
import { Publication } from "./publication";
import { JobPages } from "./inbox";
import { PolicyTab } from "./policy";
import { TemplatesTab } from "./templates";


export interface Part { d: Dataset; reload: () => Promise<void>; own: boolean }

function unitText(d: Dataset): string {
  return d.unit ? t("dataset.unit", { column: d.unit.column, n: d.unit.max_rows }) : t("wizard.unit_single");
}

function Describe({ d, reload }: Part) {
  const [title, setTitle] = useState(d.title);
  const [description, setDescription] = useState(d.description ?? "");
  const act = useAct();
  return (
    <details class="card">
      <summary>{t("dataset.edit")}</summary>
      <Form act={act} send={t("act.save")} onSend={async () => {
        await call(`/datasets/${d.name}`, { method: "PATCH", json: { title, description } });
        say(t("act.saved"));
        await reload();
      }}>
        <Field label={t("wizard.title")} required maxLength={200} value={title} onValue={setTitle} />
        <Area label={t("wizard.description")} maxLength={4000} value={description} onValue={setDescription} />
      </Form>
    </details>
  );
}

function Overview(part: Part) {
  const { d, own } = part;
  return (
    <div class="two">
      <div>
        <Card title={t("dataset.about")}>
          <p><Said text={d.description || t("dataset.no_description")} /></p>
        </Card>
        <Card title={t("dataset.facts")}>
          <Facts wide of={[
            [t("dataset.owner"), d.owner?.name && <Said text={d.owner.name} />],
            [t("dataset.reviewers"), (d.reviewers ?? []).map((r) => visible(r.name)).join(", ")],
            [t("wizard.unit"), unitText(d)],
            [t("dataset.data"), d.data_version ? t("dataset.version", { n: d.data_version }) : t("dataset.no_data")],
            [t("dataset.row_count"), typeof d.rows === "number" ? whole(d.rows) : ""],
            [t("dataset.mock"), d.mock_rows ? t("dataset.rows", { n: whole(d.mock_rows) }) : t("dataset.no_mock")],
            [t("wizard.policy"), <a href={`/datasets/${d.name}?tab=policy`}>{visible(d.policy ?? "")}</a>],
            [t("dataset.changed"), <Moment at={d.updated_at} />],
          ]} />
        </Card>
        {own && <Describe {...part} />}
      </div>
      <div>
        <BudgetCard d={d} />
        {own && <Publication {...part} />}
      </div>
    </div>
  );
}

/** The budget and, for those who ask, what an answer would cost of it. */
function BudgetCard({ d }: { d: Dataset }) {
  const budget = useResource<Budget>(`/datasets/${d.name}/budget`);
  return (
    <>
      <Card title={t("dataset.budget")} extra={
        hasRole("owner") || hasRole("admin") ? <a href={`/budgets/${d.name}`}>{t("budget.more")}</a> : null
      }>
        <Show of={budget}>
          {(b) => (
            <>
              <BudgetBar budget={b} />
              <BudgetKey />
              <Facts of={[[t("budget.free_of"), `ε ${shown(b.free)} / ${shown(b.epsilon)}`]]} />
              <OddsText epsilon={b.epsilon} pure={b.accounting === "pure"} delta={b.delta} of="budget.odds_all" />
            </>
          )}
        </Show>
      </Card>
      {hasRole("researcher") && budget.data && (
        <Calculator d={d} pure={budget.data.accounting === "pure"} delta={budget.data.delta} />
      )}
    </>
  );
}

export function UploadBox({ d, reload }: Part) {
  const [sent, setSent] = useState<[number, number] | null>(null);
  const [refusal, setRefusal] = useState<Refusal>();
  const [done, setDone] = useState<DataLoaded>();
  const stop = useRef<(() => void) | null>(null);
  const take = async (file: File | undefined) => {
    if (!file || sent) return;
    setRefusal(undefined);
    setDone(undefined);
    setSent([0, file.size]);
    const job = upload<DataLoaded>(`/datasets/${d.name}/data`, file, (a, b) => setSent([a, b]));
    stop.current = job.abort;
    try {
      setDone((await job.done).data);
      await reload();
    } catch (e) {
      setRefusal(refusalOf(e));
    } finally {
      setSent(null);
    }
  };
  return (
    <Card title={t("upload.title")}>
      <p class="muted">{t("upload.lead")}</p>
      <label class="field">
        <span>{t("upload.file")}</span>
        <input type="file" accept=".csv,.tsv,text/csv" disabled={sent !== null}
          onChange={(e) => void take(e.currentTarget.files?.[0])} />
      </label>
      {sent && (
        <div role="status">
          <progress max={sent[1]} value={sent[0]} aria-label={t("upload.progress")} />
          <p class="muted num">
            {sent[0] < sent[1] ? t("upload.bytes", { sent: whole(sent[0]), total: whole(sent[1]) }) : t("upload.checking")}
          </p>
          <button type="button" onClick={() => stop.current?.()}>{t("act.cancel")}</button>
        </div>
      )}
      {refusal && <Trouble refusal={refusal} />}
      {done && (
        <div role="status">
          <p class="good">{t("upload.done", { version: done.version, rows: whole(done.rows) })}</p>
          <p class="muted hash">SHA-256 <code>{done.sha256}</code></p>
        </div>
      )}
    </Card>
  );
}

const all = ["overview", "columns", "mock", "policy", "templates", "data", "access", "jobs"] as const;
type TabName = (typeof all)[number];

function Body(part: Part) {
  const { d, own } = part;
  const open = (useAddress().searchParams.get("tab") ?? "overview") as TabName;
  const tabs = all.filter((x) => own || (x !== "data" && x !== "access"));
  return (
    <>
      <Tabs label={t("dataset.tabs")} open={open}
        tabs={tabs.map((id) => ({ id, text: tIf(`dataset.tab.${id}`, id) }))} />
      {open === "columns" ? (
        <Card title={t("columns.dictionary")}><Dictionary columns={d.columns ?? []} unit={d.unit?.column} /></Card>
      ) : open === "mock" ? <MockTab {...part} />
        : open === "policy" ? <PolicyTab {...part} />
        : open === "templates" ? <TemplatesTab d={d} />
          : open === "data" && own ? <UploadBox {...part} />
            : open === "access" && own ? <AccessTab d={d} reload={part.reload} />
              : open === "jobs" ? <JobPages query={{ dataset: d.name }} />
                : <Overview {...part} />}
    </>
  );
}

export function DatasetPage({ name }: { name: string }) {
  const dataset = useResource<Dataset>(`/datasets/${encodeURIComponent(name)}`);
  // Of what one may know but not use, the refusal says where to ask.
  if (dataset.refusal?.problem.request_access) return <AskPage name={name} />;
  return (
    <Show of={dataset} rows={8}>
      {(d) => {
        const own = hasRole("owner") && (!d.owner?.id || d.owner.id === myId());
        return (
          <>
            <Head title={visible(d.title)} back={{ to: "/datasets", text: t("nav.datasets") }}
              note={<p class="head-line"><DatasetState d={d} /><code>{d.name}</code></p>} />
            <Body d={d} reload={dataset.reload} own={own} />
          </>
        );
      }}
    </Show>
  );
}
