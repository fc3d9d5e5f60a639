// editor.tsx -- writing a job: its question, its program, a live price, a mock run.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { call, freshKey, refusalOf, type Refusal } from "../api/client";
import { useResource } from "../api/resource";
import type { Budget, Finding, Job, Lane, MockResult, NamedOutput, Page, Policy, Project, Quote } from "../api/types";
import { shown, typed, units } from "../decimal";
import { draftAt, dropDraft, keepDraft, newestDraft } from "../drafts";
import { MockBody } from "../job/tabs";
import { BudgetBar, MeasurementTable, OddsText } from "../parts/budget";
import { Editor } from "../parts/editor";
import { Expected, Reads } from "../parts/expected";
import { Area, Choice, Field, useAct } from "../parts/form";
import { Card, Head } from "../parts/page";
import { Empty, Loading, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { go } from "../router";
import { myId } from "../session";
import { t } from "../texts";
import { samples } from "./samples";

interface Draft {
  project: string;
  dataset: string;
  title: string;
  question: string;
  source: string;
  lane: Lane;
  epsilon: string;
  delta: string;
  outputs: NamedOutput[];
  note: string;
}

const blank: Draft = {
  project: "", dataset: "", title: "", question: "", source: "", lane: "dp", epsilon: "",
  delta: "", outputs: [{ name: "", description: "" }], note: "",
};
const QUOTE_PAUSE_MS = 700;

function isEmpty(d: Draft): boolean {
  return [d.source, d.title, d.question].every((text) => text.trim() === "");
}

function whole(kept: unknown): Draft | null {
  return kept === null ? null : { ...blank, ...(kept as Partial<Draft>) };
}

interface Keeping {
  d: Draft;
  set: (part: Partial<Draft>) => void;
  /** Whether it began with what was kept. */
  restored: boolean;
  /** Forgets what is kept, and begins anew. */
  discard: () => void;
  /** Forgets what is kept: it was sent. */
  sent: () => void;
}

/** A draft of one's own that outlives the page: of a version by job and version, of a new
 * job by dataset. One that waits at another dataset is taken up when that is chosen;
 * where none waits, what is written moves along. */
function useDraft(first: Draft, job: Job | undefined): Keeping {
  const [person] = useState(myId);
  const placeOf = (dataset: string) => job ? `${job.id}:${job.version}` : `new:${dataset}`;
  const [kept] = useState(() => whole(job ? draftAt(person, placeOf("")) : newestDraft(person, "new:")));
  const [restored, setRestored] = useState(kept !== null);
  const [d, setD] = useState<Draft>(kept ?? first);
  const place = placeOf(d.dataset);
  // Before the page is drawn: what comes after may be the end of the page.
  useLayoutEffect(() => {
    if (isEmpty(d)) dropDraft(person, place);
    else keepDraft(person, place, d);
  }, [d]);
  const set = (part: Partial<Draft>) => setD((old) => {
    const next = { ...old, ...part };
    if (job || next.dataset === old.dataset) return next;
    const waiting = whole(draftAt(person, placeOf(next.dataset)));
    if (waiting) return { ...waiting, project: next.project, dataset: next.dataset };
    dropDraft(person, placeOf(old.dataset));
    return next;
  });
  const discard = () => {
    dropDraft(person, place);
    setRestored(false);
    setD({ ...first, project: d.project, dataset: d.dataset });
  };
  return { d, set, restored, discard, sent: () => dropDraft(person, place) };
}

/** The price of the program as it stands, asked for when the typing pauses. */
function useQuote(d: Draft): { quote: Quote | undefined; refusal: Refusal | undefined; busy: boolean } {
  const [quote, setQuote] = useState<Quote>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!d.dataset || !d.source.trim()) {
      setQuote(undefined);
      setRefusal(undefined);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setBusy(true);
      call<Quote>("/quotes", {
        method: "POST", signal: stop.signal,
        json: { dataset: d.dataset, source: d.source, lane: d.lane },
      }).then((a) => {
        setQuote(a.data);
        setRefusal(undefined);
      }, (e) => {
        if (!stop.signal.aborted) setRefusal(refusalOf(e));
      }).finally(() => setBusy(false));
    }, QUOTE_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [d.dataset, d.source, d.lane]);
  return { quote, refusal, busy };
}

function OutputRows({ of, onChange }: { of: NamedOutput[]; onChange: (o: NamedOutput[]) => void }) {
  const set = (i: number, part: Partial<NamedOutput>) =>
    onChange(of.map((o, k) => (k === i ? { ...o, ...part } : o)));
  return (
    <fieldset class="ticks">
      <legend>{t("job.leaves")}</legend>
      <p class="hint">{t("editor.outputs_hint")}</p>
      {of.map((o, i) => (
        <div key={i} class="output-row">
          <Field label={t("editor.output_name")} value={o.name} required maxLength={63}
            onValue={(name) => set(i, { name })} />
          <Field label={t("editor.output_what")} value={o.description ?? ""} required maxLength={200}
            onValue={(description) => set(i, { description })} />
          {of.length > 1 && (
            <button type="button" aria-label={t("editor.output_remove", { n: i + 1 })}
              onClick={() => onChange(of.filter((_, k) => k !== i))}>×</button>
          )}
        </div>
      ))}
      <div class="buttons">
        <button type="button" onClick={() => onChange([...of, { name: "", description: "" }])}>
          {t("editor.output_add")}
        </button>
      </div>
    </fieldset>
  );
}

function LivePrice({ d, budget, onUse }: { d: Draft; budget: Budget | undefined; onUse: (e: string) => void }) {
  const { quote, refusal, busy } = useQuote(d);
  const total = quote?.total?.epsilon ?? undefined;
  const more = total && d.epsilon && (units(total) ?? 0n) > (units(d.epsilon) ?? 0n);
  return (
    <>
      <Card title={t("editor.price")} extra={busy ? <span class="muted" role="status">{t("editor.pricing")}</span> : null}>
        {!quote && !refusal && <p class="muted">{t("editor.no_price")}</p>}
        {refusal && <Trouble refusal={refusal} />}
        {quote && !refusal && (
          <>
            <p class="price"><span class="price-figure">ε {shown(total)}</span></p>
            <OddsText epsilon={total} pure={budget?.accounting !== "zcdp"} delta={budget?.delta} />
            {more && <p class="stale">{t("editor.over")}</p>}
            {total && d.epsilon !== total && (
              <div class="buttons"><button type="button" onClick={() => onUse(total)}>{t("editor.use_price")}</button></div>
            )}
            <MeasurementTable of={quote.measurements ?? []} name={t("price.parts")} />
            <h3>{t("columns.title")}</h3>
            <Reads quote={quote} />
          </>
        )}
        {budget && <BudgetBar budget={budget} ask={d.epsilon} />}
        {budget && <p class="muted num">{t("budget.line", { free: shown(budget.free), total: shown(budget.epsilon) })}</p>}
      </Card>
      <Expected quote={quote} />
    </>
  );
}

/** How a failed mock run looks as findings at lines. */
function findingsOf(mock: MockResult | undefined): Finding[] {
  if (!mock) return [];
  const f = mock.failure;
  const own = f?.line ? [{ rule: f.kind, line: f.line, column: null, text: f.text ?? "" }] : [];
  return [...(mock.findings ?? []), ...own];
}

function lanesOf(policy: Policy | undefined): Lane[] {
  const lanes = (policy?.document as { lanes?: Record<string, unknown> } | undefined)?.lanes;
  const all: Lane[] = ["dp", "exact", "rows"];
  return lanes ? all.filter((l) => l in lanes) : all;
}

function bodyOf(d: Draft): Record<string, unknown> {
  const delta = d.delta.trim();
  return {
    title: d.title, question: d.question, source: d.source, lane: d.lane,
    max_budget: { epsilon: typed(d.epsilon), ...(delta ? { delta: typed(delta) } : {}) },
    outputs: d.outputs.filter((o) => o.name.trim() !== ""),
  };
}

function Editing({ first, projects, job }: { first: Draft; projects: Project[]; job?: Job }) {
  const { d, set, restored, discard, sent } = useDraft(first, job);
  const [mock, setMock] = useState<MockResult>();
  const [key, setKey] = useState(freshKey);
  const sending = useAct();
  const trying = useAct();
  const result = useRef<HTMLDivElement>(null);
  const project = projects.find((p) => p.id === d.project);
  const datasets = project?.datasets ?? (job?.dataset ? [job.dataset] : []);
  useEffect(() => {
    if (!job && datasets.length > 0 && !datasets.includes(d.dataset)) set({ dataset: datasets[0]! });
  }, [d.project]);
  const budget = useResource<Budget>(d.dataset ? `/datasets/${d.dataset}/budget` : null);
  const policy = useResource<Policy>(d.dataset ? `/datasets/${d.dataset}/policy` : null);
  const lanes = lanesOf(policy.data);

  const submit = () => sending.run(async () => {
    const to = job ? `/jobs/${job.id}/versions` : "/jobs";
    const json = job
      ? { ...bodyOf(d), ...(d.note.trim() ? { note: d.note } : {}) }
      : { project: d.project, dataset: d.dataset, ...bodyOf(d) };
    const a = await call<Job>(to, { method: "POST", json, key });
    sent();
    setKey(freshKey());
    say(t("editor.sent"));
    go(`/jobs/${job?.id ?? a.data.id}`);
  });
  const tryMock = () => trying.run(async () => {
    const json = { dataset: d.dataset, source: d.source, lane: d.lane };
    setMock((await call<MockResult>("/mock_runs", { method: "POST", json })).data);
    result.current?.scrollIntoView({ block: "nearest" });
  });
  const other = sending.refusal?.problem.job;
  return (
    <form class="two" onSubmit={(e) => {
      e.preventDefault();
      void submit();
    }}>
      <div>
        {restored && (
          <div class="banner" role="status">
            <span>{t("editor.restored")}</span>
            <button type="button" onClick={discard}>{t("editor.discard")}</button>
          </div>
        )}
        <Card title={t("editor.what")}>
          {!job && (
            <div class="grid2">
              <Choice label={t("job.project")} value={d.project} onValue={(v) => set({ project: v })}
                options={projects.map((p) => [p.id, p.title])} />
              <Choice label={t("word.dataset")} value={d.dataset} onValue={(v) => set({ dataset: v })}
                options={datasets.map((x) => [x, x])} />
            </div>
          )}
          <Field label={t("editor.title")} required maxLength={200} value={d.title} onValue={(v) => set({ title: v })} />
          <Area label={t("job.question")} required maxLength={4000} rows={2} value={d.question}
            onValue={(v) => set({ question: v })} hint={t("editor.question_hint")} />
        </Card>
        <Card title={t("editor.program")} extra={
          <label class="filter">
            <span>{t("editor.samples")}</span>
            <select value="" onChange={(e) => {
              const s = samples[e.currentTarget.value as keyof typeof samples];
              if (s) set({ source: s(d.dataset || "dataset") });
            }}>
              <option value="">{t("editor.sample_choose")}</option>
              {Object.keys(samples).map((k) => (
                <option key={k} value={k}>{t(`sample.${k as keyof typeof samples}`)}</option>
              ))}
            </select>
          </label>
        }>
          <Editor label={t("editor.source")} value={d.source} onValue={(v) => set({ source: v })}
            findings={findingsOf(mock)} />
          <div class="buttons">
            <button type="button" onClick={() => void tryMock()} aria-busy={trying.busy}
              disabled={!d.dataset || !d.source.trim()}>{t("editor.try")}</button>
          </div>
        </Card>
        <div ref={result} aria-live="polite">
          {trying.refusal && <Trouble refusal={trying.refusal} />}
          {trying.busy && <Loading />}
          {mock && !trying.busy && (
            <Card title={t("tab.mock")}><MockBody mock={mock} named={d.outputs} /></Card>
          )}
        </div>
      </div>
      <div>
        <Card title={t("editor.terms")}>
          <Choice label={t("job.lane")} value={d.lane} onValue={(lane) => set({ lane })}
            options={lanes.map((l) => [l, t(`lane.${l}`)])} hint={t(`lane.${d.lane}_leaves`)} />
          <Field label={t("editor.epsilon")} required inputMode="decimal" pattern="[0-9]+([.,][0-9]+)?"
            value={d.epsilon} onValue={(v) => set({ epsilon: v })} hint={t("editor.epsilon_hint")} />
          {budget.data?.accounting === "zcdp" && (
            <Field label={t("editor.delta")} inputMode="decimal" value={d.delta} onValue={(v) => set({ delta: v })}
              hint={t("editor.delta_hint")} />
          )}
          <OutputRows of={d.outputs} onChange={(outputs) => set({ outputs })} />
          {job && (
            <Area label={t("editor.note")} rows={2} maxLength={4000} value={d.note}
              onValue={(v) => set({ note: v })} hint={t("editor.note_hint")} />
          )}
        </Card>
        <LivePrice d={d} budget={budget.data} onUse={(epsilon) => set({ epsilon })} />
        {sending.refusal && <Trouble refusal={sending.refusal} />}
        {typeof other === "string" && (
          <p><a href={`/jobs/${other.split("/").pop()}`}>{t("editor.twin")}</a></p>
        )}
        <div class="buttons stack">
          <button type="submit" class="main" aria-busy={sending.busy}>
            {job ? t("editor.submit_version", { n: job.version + 1 }) : t("editor.submit")}
          </button>
        </div>
        <p class="hint">{t("editor.kept")}</p>
      </div>
    </form>
  );
}

export function NewJob() {
  const projects = useResource<Page<Project>>("/projects?limit=200");
  return (
    <>
      <Head title={t("jobs.new")} back={{ to: "/jobs", text: t("jobs.title") }}
        note={<p>{t("editor.lead")}</p>} />
      <Show of={projects}>
        {(page) => page.items.length === 0
          ? <Empty title={t("editor.no_project")}><p><a href="/projects">{t("projects.new")}</a></p></Empty>
          : <Editing first={{ ...blank, project: page.items[0]!.id }} projects={page.items} />}
      </Show>
    </>
  );
}

function draftOf(job: Job, source: string): Draft {
  return {
    ...blank, project: job.project ?? "", dataset: job.dataset ?? "", title: job.title ?? "",
    question: job.question ?? "", source, lane: job.lane ?? "dp",
    epsilon: job.max_budget?.epsilon ?? "", delta: job.max_budget?.delta ?? "",
    outputs: job.outputs?.length ? job.outputs : blank.outputs,
  };
}

export function EditJob({ id }: { id: string }) {
  const job = useResource<Job>(`/jobs/${id}`);
  const source = useResource<string>(job.data ? `/jobs/${id}/versions/${job.data.version}/source` : null);
  return (
    <>
      <Head title={t("editor.again")} back={{ to: `/jobs/${id}`, text: t("job.back") }} />
      <Show of={job}>
        {(j) => (
          <Show of={source}>
            {(text) => (
              <Editing first={draftOf(j, text)} projects={[]} job={j} />
            )}
          </Show>
        )}
      </Show>
    </>
  );
}

