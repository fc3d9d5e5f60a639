// dataset.tsx -- one dataset: for researchers a dictionary, a mock and the rules; for
// its owner also data, policy, access and publication.
import { useRef, useState } from "preact/hooks";
import { call, upload, type Refusal, refusalOf } from "../api/client";
import { useResource } from "../api/resource";
import type { Budget, DataLoaded, Dataset, DatasetPolicy, GrantHeld, Job, Page, User } from "../api/types";
import { shown, whole } from "../decimal";
import { Said, visible } from "../inert";
import { BudgetBar, BudgetKey, OddsText } from "../parts/budget";
import { Dictionary } from "../parts/columns";
import { Dialog } from "../parts/dialog";
import { Area, Field, Form, useAct } from "../parts/form";
import { Card, Facts, Head, Tabs } from "../parts/page";
import { Paged } from "../parts/paged";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { go, useAddress } from "../router";
import { save } from "../save";
import { hasRole, myId } from "../session";
import { t, tIf, tn } from "../texts";
import { Moment } from "../time";
import { DatasetState } from "./datasets";
import { JobRow } from "./inbox";

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
        <BudgetCard name={d.name} />
        {own && <Publication {...part} />}
      </div>
    </div>
  );
}

function BudgetCard({ name }: { name: string }) {
  const budget = useResource<Budget>(`/datasets/${name}/budget`);
  return (
    <Card title={t("dataset.budget")} extra={
      hasRole("owner") || hasRole("admin") ? <a href={`/budgets/${name}`}>{t("budget.more")}</a> : null
    }>
      <Show of={budget}>
        {(b) => (
          <>
            <BudgetBar budget={b} />
            <BudgetKey />
            <Facts of={[[t("budget.free_of"), `ε ${shown(b.free)} / ${shown(b.epsilon)}`]]} />
            <OddsText epsilon={b.epsilon} pure={b.accounting === "pure"} delta={b.delta} over />
          </>
        )}
      </Show>
    </Card>
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

/** The first rows of a CSV text; quoted separators and line ends are honoured. */
export function csvRows(text: string, max: number): string[][] {
  const rows: string[][] = [[]];
  let field = "";
  let quoted = false;
  for (let i = 0; i < text.length && rows.length <= max; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') field += text[i++];
      else if (c === '"') quoted = false;
      else field += c;
    } else if (c === '"') quoted = true;
    else if (c === "," || c === "\n") {
      rows[rows.length - 1]!.push(field);
      field = "";
      if (c === "\n") rows.push([]);
    } else if (c !== "\r") field += c;
  }
  if (field || rows[rows.length - 1]!.length > 0) rows[rows.length - 1]!.push(field);
  return rows.filter((r) => r.length > 0).slice(0, max);
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

function MockMaker({ d, reload }: Part) {
  const [rows, setRows] = useState("1000");
  const [seed, setSeed] = useState("1");
  const making = useAct();
  const putting = useAct();
  const put = (file: File | undefined) => file && putting.run(async () => {
    await call(`/datasets/${d.name}/mock`, { method: "PUT", raw: { type: "text/csv", body: file } });
    say(t("mock.stored"));
    await reload();
  });
  return (
    <>
      <Card title={t("mock.generate")}>
        <p class="muted">{t("mock.generate_lead")}</p>
        <Form act={making} send={t("mock.generate")} onSend={async () => {
          const json = { rows: Number(rows), seed: Number(seed) };
          await call(`/datasets/${d.name}/mock/generation`, { method: "POST", json });
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

interface PolicyDoc {
  description?: string;
  lanes?: Record<string, { release?: string }>;
  approvals?: number;
  limits?: Record<string, number>;
}

function PolicyTab({ d, reload, own }: Part) {
  const policy = useResource<DatasetPolicy>(`/datasets/${d.name}/policy`);
  return (
    <div class={own ? "two" : ""}>
      <Show of={policy}>
        {(p) => {
          const doc = (p.document ?? {}) as PolicyDoc;
          const lanes = ["dp", "exact", "rows"] as const;
          return (
            <Card title={visible(p.title ?? p.name)}>
              <p><Said text={doc.description} /></p>
              <h3>{t("policy.words")}</h3>
              <ul class="requirements">
                {lanes.map((l) => (
                  <li key={l}>
                    <span>
                      {doc.lanes?.[l] ? t("policy.may", { lane: t(`lane.${l}`) }) : t("policy.may_not", { lane: t(`lane.${l}`) })}
                      {doc.lanes?.[l] && (
                        <span class="muted detail">
                          {doc.lanes[l]?.release === "auto" ? t("policy.auto") : t("policy.held")}
                        </span>
                      )}
                    </span>
                  </li>
                ))}
                <li>{tn("policy.approvals", doc.approvals ?? 1)}</li>
              </ul>
              <details>
                <summary>{t("policy.document")}</summary>
                <pre class="log" tabIndex={0}>{visible(JSON.stringify(p.document ?? {}, null, 2)).replaceAll("␊", "\n")}</pre>
              </details>
            </Card>
          );
        }}
      </Show>
      {own && <PolicyChooser d={d} done={async () => {
        await policy.reload();
        await reload();
      }} />}
    </div>
  );
}

function PolicyChooser({ d, done }: { d: Dataset; done: () => Promise<void> }) {
  const packs = useResource<Page<{ name: string; title?: string }>>("/policies?limit=200");
  const [name, setName] = useState(d.policy ?? "");
  const act = useAct();
  return (
    <Card title={t("policy.change")}>
      <p class="muted">{t("policy.change_lead")}</p>
      <Form act={act} send={t("policy.apply")} onSend={async () => {
        await call(`/datasets/${d.name}/policy`, { method: "PUT", json: { name } });
        say(t("act.saved"));
        await done();
      }}>
        <fieldset class="ticks">
          <legend>{t("wizard.policy")}</legend>
          {(packs.data?.items ?? []).map((p) => (
            <label key={p.name} class="tick">
              <input type="radio" name="policy" checked={name === p.name} onChange={() => setName(p.name)} />
              <span>{visible(p.title ?? p.name)}</span>
            </label>
          ))}
        </fieldset>
      </Form>
    </Card>
  );
}

function GrantHeldRow({ g, name, reload }: { g: GrantHeld; name: string; reload: () => Promise<void> }) {
  const act = useAct();
  const take = () => act.run(async () => {
    await call(`/datasets/${name}/grants/${g.user_id}`, { method: "DELETE" });
    say(t("grant.taken", { who: visible(g.name) }));
    await reload();
  });
  return (
    <tr>
      <th scope="row"><Said text={g.name} /><span class="muted detail">{visible(g.email)}</span></th>
      <td class="muted"><Moment at={g.granted_at} /></td>
      <td class="num">
        <button type="button" class="danger" aria-busy={act.busy} onClick={() => void take()}>
          {t("grant.take")}<span class="unseen"> {visible(g.name)}</span>
        </button>
        {act.refusal && <Trouble refusal={act.refusal} />}
      </td>
    </tr>
  );
}

const PICKS_MAX = 8;

/** Researchers whose name or e-mail holds what was typed, with a button each. */
function GrantPicker({ name, held, reload }:
  { name: string; held: Set<string>; reload: () => Promise<void> }) {
  const [typed, setTyped] = useState("");
  const people = useResource<Page<User>>("/users?limit=200");
  const act = useAct();
  const wanted = typed.trim().toLowerCase();
  const found = (people.data?.items ?? [])
    .filter((u) => (!u.roles || u.roles.includes("researcher")) && !u.suspended && !held.has(u.id))
    .filter((u) => `${u.name} ${u.email}`.toLowerCase().includes(wanted));
  const give = (u: User) => act.run(async () => {
    await call(`/datasets/${name}/grants/${u.id}`, { method: "PUT", json: {} });
    say(t("grant.given", { who: visible(u.name) }));
    await reload();
  });
  return (
    <Card title={t("grant.pick")}>
      <Field label={t("grant.find")} type="search" value={typed} onValue={setTyped} hint={t("grant.find_hint")} />
      <p class="unseen" role="status">{tn("grant.found", found.length)}</p>
      <Show of={people}>
        {() => found.length === 0 ? <p class="muted pad">{t("grant.nobody")}</p> : (
          <ul class="picks">
            {found.slice(0, PICKS_MAX).map((u) => (
              <li key={u.id}>
                <span><Said text={u.name} /><span class="muted detail">{visible(u.email)}</span></span>
                <button type="button" aria-busy={act.busy} onClick={() => void give(u)}>
                  {t("grant.give")}<span class="unseen"> {visible(u.name)}</span>
                </button>
              </li>
            ))}
            {found.length > PICKS_MAX && <li class="muted">{tn("grant.more", found.length - PICKS_MAX)}</li>}
          </ul>
        )}
      </Show>
      {act.refusal && <Trouble refusal={act.refusal} />}
    </Card>
  );
}

function AccessTab({ d }: Part) {
  const held = useResource<Page<GrantHeld>>(`/datasets/${d.name}/grants?limit=200`);
  const items = held.data?.items ?? [];
  return (
    <div class="two">
      <Card title={t("grant.title")}>
        <p class="muted">{t("grant.lead")}</p>
        <Show of={held}>
          {() => items.length === 0 ? <Empty title={t("grant.none")} /> : (
            <div class="scroll" role="region" tabIndex={0} aria-label={t("grant.title")}>
              <table class="table">
                <caption class="unseen">{t("grant.title")}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t("job.author")}</th>
                    <th scope="col">{t("grant.since")}</th>
                    <th scope="col"><span class="unseen">{t("grant.act")}</span></th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((g) => <GrantHeldRow key={g.user_id} g={g} name={d.name} reload={held.reload} />)}
                </tbody>
              </table>
            </div>
          )}
        </Show>
      </Card>
      {held.data && (
        <GrantPicker name={d.name} held={new Set(items.map((g) => g.user_id))} reload={held.reload} />
      )}
    </div>
  );
}

function JobsTab({ d }: Part) {
  return (
    <ul class="rows">
      <Paged<Job> path={`/jobs?dataset=${encodeURIComponent(d.name)}&limit=50`}
        empty={<li><Empty title={t("inbox.empty")} /></li>}>
        {(items) => items.map((j) => <JobRow key={j.id} job={j} />)}
      </Paged>
    </ul>
  );
}

const all = ["overview", "columns", "mock", "policy", "data", "access", "jobs"] as const;
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
          : open === "data" && own ? <UploadBox {...part} />
            : open === "access" && own ? <AccessTab {...part} />
              : open === "jobs" ? <JobsTab {...part} />
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
