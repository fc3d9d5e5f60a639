// dataset.tsx -- one dataset: for researchers a dictionary, a mock and the rules; for
// its owner also data, policy, access and publication.
import { useRef, useState } from "preact/hooks";
import { call, upload, type Refusal, refusalOf } from "../api/client";
import { useResource } from "../api/resource";
import type { Budget, DataLoaded, Dataset, MockStored } from "../api/types";
import { csvRows } from "../csv";
import { shown, whole } from "../decimal";
import { Said, visible } from "../inert";
import { BudgetBar, BudgetKey, OddsText } from "../parts/budget";
import { Dictionary } from "../parts/columns";
import { Dialog } from "../parts/dialog";
import { Area, Field, Form, useAct } from "../parts/form";
import { Card, Facts, Head, Tabs } from "../parts/page";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { go, useAddress } from "../router";
import { save } from "../save";
import { hasRole, myId } from "../session";
import { t, tIf } from "../texts";
import { Moment } from "../time";
import { AccessTab } from "./access";
import { Calculator } from "./calculator";
import { DatasetState } from "./datasets";
import { JobPages } from "./inbox";
import { PolicyTab } from "./policy";
import { TemplatesTab } from "./templates";

interface Part { d: Dataset; reload: () => Promise<void>; own: boolean }

function unitText(d: Dataset): string {
  return d.unit ? t("dataset.unit", { column: d.unit.column, n: d.unit.max_rows }) : t("wizard.unit_single");
}

function Publication({ d, reload }: Part) {
  const act = useAct();
  const [asking, setAsking] = useState(false);
  const flip = () => act.run(async () => {
    await call(`/datasets/${d.name}/publication`, d.published ? { method: "DELETE" } : { method: "POST", json: {} });
    say(d.published ? t("dataset.unpublished_now") : t("dataset.published_now"));
    await reload();
  });
  const archive = () => act.run(async () => {
    await call(`/datasets/${d.name}`, { method: "DELETE" });
    setAsking(false);
    say(t("dataset.archived_now"));
    go("/datasets");
  });
  if (d.archived) return null;
  return (
    <Card title={t("dataset.publication")}>
      <p class="muted">{d.published ? t("dataset.is_published") : t("dataset.not_published")}</p>
      {act.refusal && <Trouble refusal={act.refusal} />}
      <div class="buttons">
        <button type="button" class={d.published ? "" : "main"} aria-busy={act.busy} onClick={() => void flip()}>
          {d.published ? t("dataset.unpublish") : t("dataset.publish")}
        </button>
        <button type="button" class="danger" onClick={() => setAsking(true)}>{t("dataset.archive")}</button>
      </div>
      {asking && (
        <Dialog title={t("dataset.archive_title")} onClose={() => setAsking(false)}>
          <p>{t("dataset.archive_lead")}</p>
          <div class="buttons">
            <button type="button" class="main danger" aria-busy={act.busy} onClick={() => void archive()}>
              {t("dataset.archive")}
            </button>
            <button type="button" onClick={() => setAsking(false)}>{t("act.cancel")}</button>
          </div>
        </Dialog>
      )}
    </Card>
  );
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

function UploadBox({ d, reload }: Part) {
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

const PREVIEW_ROWS = 21;

function MockPreview({ name }: { name: string }) {
  const mock = useResource<string>(`/datasets/${name}/mock`);
  return (
    <Show of={mock} missing={<Empty title={t("dataset.no_mock")} />}>
      {(text) => {
        const [head = [], ...rows] = csvRows(text, PREVIEW_ROWS);
        return (
          <>
            <p class="banner banner-mock"><strong>{t("mock.word")}</strong> {t("mock.lead")}</p>
            <div class="scroll" role="region" tabIndex={0} aria-label={t("mock.preview")}>
              <table class="table plain">
                <caption class="unseen">{t("mock.preview")}</caption>
                <thead><tr>{head.map((h) => <th key={h} scope="col"><code>{visible(h)}</code></th>)}</tr></thead>
                <tbody>
                  {rows.map((r, i) => <tr key={i}>{r.map((v, k) => <td key={k}>{visible(v)}</td>)}</tr>)}
                </tbody>
              </table>
            </div>
          </>
        );
      }}
    </Show>
  );
}

/** Where the new mock is unlike the data, by column; said to the owner alone. */
function Parity({ of }: { of: MockStored }) {
  const unlike = (of.parity?.columns ?? []).filter((c) => !c.nulls_alike || !c.categories_alike);
  if (!of.parity) return null;
  if (unlike.length === 0) return <p class="good" role="status">{t("parity.alike")}</p>;
  return (
    <div role="status">
      <p>{t("parity.unlike")}</p>
      <ul class="places">
        {unlike.map((c) => (
          <li key={c.name}>
            <code dir="auto">{visible(c.name)}</code>{" "}
            {[!c.nulls_alike && t("parity.nulls"), !c.categories_alike && t("parity.categories")].filter(Boolean).join(", ")}
          </li>
        ))}
      </ul>
    </div>
  );
}

function MockMaker({ d, reload }: Part) {
  const [rows, setRows] = useState("1000");
  const [seed, setSeed] = useState("1");
  const [stored, setStored] = useState<MockStored>();
  const making = useAct();
  const putting = useAct();
  const put = (file: File | undefined) => file && putting.run(async () => {
    const raw = { type: "text/csv", body: file };
    setStored((await call<MockStored>(`/datasets/${d.name}/mock`, { method: "PUT", raw })).data);
    say(t("mock.stored"));
    await reload();
  });
  return (
    <>
      <Card title={t("mock.generate")}>
        <p class="muted">{t("mock.generate_lead")}</p>
        <Form act={making} send={t("mock.generate")} onSend={async () => {
          const json = { rows: Number(rows), seed: Number(seed) };
          const path = `/datasets/${d.name}/mock/generation`;
          setStored((await call<MockStored>(path, { method: "POST", json })).data);
          say(t("mock.stored"));
          await reload();
        }}>
          <div class="grid2">
            <Field label={t("mock.rows")} type="number" min="1" required value={rows} onValue={setRows} />
            <Field label={t("mock.seed")} type="number" min="0" required value={seed} onValue={setSeed} />
          </div>
        </Form>
      </Card>
      <Card title={t("mock.upload")}>
        <p class="muted">{t("mock.upload_lead")}</p>
        <label class="field">
          <span>{t("upload.file")}</span>
          <input type="file" accept=".csv,text/csv" onChange={(e) => void put(e.currentTarget.files?.[0])} />
        </label>
        {putting.refusal && <Trouble refusal={putting.refusal} />}
      </Card>
      {stored?.parity && <Card title={t("parity.title")}><Parity of={stored} /></Card>}
    </>
  );
}

function MockTab(part: Part) {
  const { d, own } = part;
  return (
    <div class={own ? "two" : ""}>
      <Card title={t("mock.preview")} extra={d.mock_rows ? (
        <a class="button" href={`/api/v1/datasets/${d.name}/mock`} download={`${d.name}-mock.csv`}>
          {t("mock.download")}
        </a>
      ) : null}>
        <MockPreview name={d.name} />
        <h3>{t("mock.offline")}</h3>
        <div class="buttons small">
          <button type="button" onClick={() => save("schema.json", "application/json",
            JSON.stringify({ unit: d.unit ?? null, columns: d.columns ?? [] }, null, 2))}>schema.json</button>
        </div>
        <pre class="log" tabIndex={0}>datasite run --mock {d.name}-mock.csv --schema schema.json job.lua</pre>
      </Card>
      {own && <div><MockMaker {...part} /></div>}
    </div>
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
