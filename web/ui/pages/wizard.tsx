// wizard.tsx -- a new dataset in five steps: file, people, columns, budget, review; and what
// a dataset that is made still lacks, step by step. A reload goes on where one was: what is
// typed is kept in the tab, without the file; what is made is read from the server.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { bytes } from "../amounts";
import { call, freshKey, upload } from "../api/client";
import { useResource } from "../api/resource";
import type { Column, DataLoaded, Dataset, Page, Policy, SchemaDocument } from "../api/types";
import { odds, shown, typed, whole } from "../decimal";
import { Said, Told, told, visible } from "../inert";
import { ColumnEditor, Dictionary, tidy } from "../parts/columns";
import { Area, Choice, Field, Tick, useAct } from "../parts/form";
import { Card, Facts, Head } from "../parts/page";
import { PolicyWords } from "../parts/policy_words";
import { Rows } from "../parts/rows";
import { Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { go, setQuery } from "../router";
import { myId } from "../session";
import { t, tIf, tn, tx } from "../texts";
import { UploadBox } from "./dataset";
import { MockMaker } from "./mock";
import { Publication } from "./publication";

const SAMPLE_BYTES = 1 << 20;
const MOCK_ROWS = 1000;
const PREVIEW_ROWS = 6;
const steps = ["file", "unit", "columns", "budget", "review"] as const;
type StepName = (typeof steps)[number];

interface Plan {
  file: File | null;
  fileName: string;
  /** The first part of the file, to look at. */
  head: string;
  name: string;
  title: string;
  description: string;
  single: boolean;
  unitColumn: string;
  maxRows: string;
  columns: Column[];
  boundsKnown: boolean;
  epsilon: string;
  delta: string;
  policy: string;
}

const blank: Plan = {
  file: null, fileName: "", head: "", name: "", title: "", description: "", single: false, unitColumn: "", maxRows: "",
  columns: [], boundsKnown: false, epsilon: "", delta: "0", policy: "",
};

/** What outlives a reload. */
interface Kept { plan: Plan; step: StepName; key: string }

const slot = () => `wizard.${myId()}`;

function keptPlan(): Kept | null {
  try {
    const k = JSON.parse(sessionStorage.getItem(slot()) ?? "null") as Kept | null;
    return k && steps.includes(k.step) ? { ...k, plan: { ...blank, ...k.plan } } : null;
  } catch {
    return null;
  }
}

/** Nothing of the file's content stays in the browser. */
function keep(k: Kept): void {
  sessionStorage.setItem(slot(), JSON.stringify({ ...k, plan: { ...k.plan, file: null, head: "" } }));
}

interface StepProps { plan: Plan; set: (part: Partial<Plan>) => void }

/** The head of the file, cut at the end of a line: enough to propose a schema from. */
async function headOf(file: File): Promise<string> {
  const text = await file.slice(0, SAMPLE_BYTES).text();
  return file.size <= SAMPLE_BYTES ? text : text.slice(0, text.lastIndexOf("\n") + 1);
}

function FileStep({ plan, set }: StepProps) {
  const act = useAct();
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => {
    if (!file) return;
    void act.run(async () => {
      const head = await headOf(file);
      const a = await call<SchemaDocument>("/datasets/suggestions", {
        method: "POST", raw: { type: "text/csv", body: head },
      });
      const name = file.name.replace(/\.\w+$/, "").toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_");
      set({
        file, fileName: file.name, head, columns: a.data.columns, name: plan.name || name.slice(0, 63),
        title: plan.title || file.name.replace(/\.\w+$/, ""),
        unitColumn: a.data.unit?.column ?? "", maxRows: "",
      });
    });
  };
  return (
    <Card title={t("wizard.file")}>
      <p>{t("wizard.file_lead")}</p>
      <div class="drop" onDragOver={(e) => e.preventDefault()}
        onDrop={(e) => {
          e.preventDefault();
          take(e.dataTransfer?.files[0]);
        }}>
        <input ref={input} type="file" accept=".csv,.tsv,text/csv" class="unseen" tabIndex={-1}
          aria-hidden="true" onChange={(e) => take(e.currentTarget.files?.[0])} />
        <button type="button" onClick={() => input.current?.click()} aria-busy={act.busy}>
          {t("wizard.choose")}
        </button>
        <p class="muted" role="status">
          {plan.file
            ? <><Said text={plan.file.name} /> · {bytes(plan.file.size)} · {tn("columns.n", plan.columns.length)}</>
            : plan.fileName ? <Said text={plan.fileName} /> : t("wizard.drop")}
        </p>
      </div>
      {act.refusal && <Trouble refusal={act.refusal} />}
      {plan.head && (
        <>
          <h3>{t("wizard.preview")}</h3>
          <Rows of={plan.head} max={PREVIEW_ROWS} name={t("wizard.preview")} />
        </>
      )}
      <div class="grid2">
        <Field label={t("wizard.name")} value={plan.name} onValue={(name) => set({ name })}
          pattern="[a-z][a-z0-9_\-]*" maxLength={63} required hint={t("wizard.name_hint")} />
        <Field label={t("wizard.title")} value={plan.title} onValue={(title) => set({ title })}
          maxLength={200} required />
      </div>
      <Area label={t("wizard.description")} value={plan.description} rows={3} maxLength={4000}
        onValue={(description) => set({ description })} />
    </Card>
  );
}

function UnitStep({ plan, set }: StepProps) {
  return (
    <Card title={t("wizard.unit")}>
      <p>{t("wizard.unit_lead")}</p>
      <Tick label={t("wizard.unit_single")} checked={plan.single} onTick={(single) => set({ single })} />
      {!plan.single && (
        <div class="grid2">
          <Choice label={t("wizard.unit_column")} value={plan.unitColumn}
            onValue={(unitColumn) => set({ unitColumn })}
            options={[["", "–"], ...plan.columns.map((c) => [c.name, c.name] as [string, string])]} />
          <Field label={t("wizard.unit_rows")} type="number" min="1" required value={plan.maxRows}
            onValue={(maxRows) => set({ maxRows })} hint={t("wizard.unit_rows_hint")} />
        </div>
      )}
    </Card>
  );
}

function ColumnStep({ plan, set }: StepProps) {
  return (
    <Card title={t("columns.dictionary")}>
      <p>{t("wizard.columns_lead")}</p>
      <ColumnEditor columns={plan.columns} onChange={(columns) => set({ columns })} />
      <Tick label={t("wizard.bounds_known")} checked={plan.boundsKnown}
        onTick={(boundsKnown) => set({ boundsKnown })} />
    </Card>
  );
}

function BudgetStep({ plan, set }: StepProps) {
  const policies = useResource<Page<Policy>>("/policies?limit=200");
  const items = policies.data?.items ?? [];
  const chosen = items.find((p) => p.name === plan.policy);
  const chance = odds(typed(plan.epsilon));
  if (items.length > 0 && plan.policy === "") set({ policy: items[0]!.name });
  return (
    <Card title={t("wizard.budget")}>
      <p>{t("wizard.budget_lead")}</p>
      <div class="grid2">
        <Field label={t("wizard.epsilon")} required inputMode="decimal" value={plan.epsilon}
          pattern="[0-9]+([.,][0-9]+)?" onValue={(epsilon) => set({ epsilon })} />
        <Field label={t("wizard.delta")} required value={plan.delta} onValue={(delta) => set({ delta })}
          hint={t("wizard.delta_hint")} />
      </div>
      {chance && (
        <p class="odds">{tx("wizard.odds", { chance: <strong>{t("budget.in_100", { chance })}</strong> })}</p>
      )}
      <Choice label={t("wizard.policy")} value={plan.policy} onValue={(policy) => set({ policy })}
        options={items.map((p) => [p.name, told(p.title)])}
        hint={<Told text={(chosen?.document as { description?: string } | undefined)?.description} />} />
      {chosen && <details><summary>{t("policy.words")}</summary><PolicyWords words={chosen.words} /></details>}
    </Card>
  );
}

function ReviewStep({ plan, set }: StepProps) {
  return (
    <>
      <Card title={t("wizard.review")}>
        {!plan.file && (
          <label class="field">
            <span>{t("wizard.again", { name: visible(plan.fileName) })}</span>
            <input type="file" accept=".csv,.tsv,text/csv"
              onChange={(e) => set({ file: e.currentTarget.files?.[0] ?? null })} />
          </label>
        )}
        <Facts of={[
          [t("wizard.title"), <Said text={plan.title} />],
          [t("wizard.name"), <code>{plan.name}</code>],
          [t("wizard.file"), plan.file ? <Said text={plan.file.name} /> : t("wizard.no_file")],
          [t("wizard.unit"), plan.single ? t("wizard.unit_single")
            : t("dataset.unit", { column: plan.unitColumn, n: plan.maxRows })],
          [t("wizard.budget"), `ε ${shown(typed(plan.epsilon))}, δ ${shown(typed(plan.delta))}`],
          [t("wizard.policy"), plan.policy],
        ]} />
        <p class="muted">{t("wizard.review_lead")}</p>
      </Card>
      <Card title={t("columns.dictionary")}><Dictionary columns={plan.columns} unit={plan.unitColumn} /></Card>
    </>
  );
}

function Progress({ sent, total }: { sent: number; total: number }) {
  return (
    <div role="status">
      <progress max={total} value={sent} aria-label={t("upload.progress")} />
      <p class="muted num">{t("upload.bytes", { sent: whole(sent), total: whole(total) })}</p>
    </div>
  );
}

function bodyOf(plan: Plan) {
  return {
    name: plan.name, title: plan.title, description: plan.description,
    unit: plan.single ? null : { column: plan.unitColumn, max_rows: Number(plan.maxRows) },
    columns: plan.columns.map(tidy),
    budget: { epsilon: typed(plan.epsilon), delta: typed(plan.delta) },
    policy: plan.policy,
  };
}

/** The next step begins where it stands, not where the button of the last one was. */
function useStepFocus(box: RefObject<HTMLElement | null>, step: string | undefined): void {
  const last = useRef(step);
  useEffect(() => {
    const title = box.current?.querySelector("h2");
    if (title && last.current !== undefined && last.current !== step) {
      title.tabIndex = -1;
      title.focus();
    }
    last.current = step;
  }, [step]);
}

function StepList({ of, at }: { of: readonly string[]; at: number }) {
  return (
    <ol class="phases steps" aria-label={t("wizard.steps")}>
      {of.map((s, i) => (
        <li key={s} class={i < at ? "past" : i === at ? "now" : ""} aria-current={i === at ? "step" : undefined}>
          {tIf(`wizard.step.${s}`, s)}
        </li>
      ))}
    </ol>
  );
}

const lacks = ["data", "mock", "publish"] as const;

function firstLack(d: Dataset): (typeof lacks)[number] {
  return !d.data_version ? "data" : !d.mock_rows ? "mock" : "publish";
}

/** A dataset that is made, at the first thing that it lacks before it is published. */
function Resumed({ name }: { name: string }) {
  const dataset = useResource<Dataset>(`/datasets/${encodeURIComponent(name)}`);
  const box = useRef<HTMLDivElement>(null);
  const now = dataset.data && firstLack(dataset.data);
  const over = dataset.data && (dataset.data.published || dataset.data.archived || dataset.data.owner.id !== myId());
  useStepFocus(box, now);
  useEffect(() => {
    if (over) go(`/datasets/${name}`, true);
  }, [over]);
  return (
    <Show of={dataset} rows={6}>
      {(d) => {
        const part = { d, reload: dataset.reload, own: true };
        return (
          <>
            <Head title={visible(d.title)} back={{ to: `/datasets/${d.name}`, text: d.name }}
              note={<p>{t("wizard.resumed")}</p>} />
            <StepList of={lacks} at={lacks.indexOf(firstLack(d))} />
            <div ref={box}>
              {now === "data" ? <UploadBox {...part} />
                : now === "mock" ? <MockMaker {...part} /> : <Publication {...part} />}
            </div>
          </>
        );
      }}
    </Show>
  );
}

export function Wizard() {
  // Decided once: a dataset that is made here does not take its file from the page.
  const [made] = useState(() => new URL(location.href).searchParams.get("dataset"));
  return made ? <Resumed name={made} /> : <Fresh />;
}

function Fresh() {
  const [before, setBefore] = useState(keptPlan);
  const [plan, setPlan] = useState<Plan>(before?.plan ?? blank);
  const [step, setStep] = useState<StepName>(before?.step ?? "file");
  const [sent, setSent] = useState<[number, number] | null>(null);
  const [made, setMade] = useState(false);
  const [key, setKey] = useState(() => before?.key ?? freshKey());
  const act = useAct();
  const form = useRef<HTMLFormElement>(null);
  useStepFocus(form, step);
  // Before the next frame: a reload may come at once.
  useLayoutEffect(() => {
    if (!made && plan !== blank) keep({ plan, step, key });
  }, [plan, step, key, made]);
  const afresh = () => {
    sessionStorage.removeItem(slot());
    setBefore(null);
    setPlan(blank);
    setStep("file");
    setKey(freshKey());
    act.clear();
  };
  const set = (part: Partial<Plan>) => setPlan((p) => ({ ...p, ...part }));
  const at = steps.indexOf(step);
  const ready = {
    file: plan.columns.length > 0,
    unit: plan.single || (plan.unitColumn !== "" && Number(plan.maxRows) >= 1),
    columns: plan.boundsKnown, budget: plan.policy !== "", review: true,
  }[step];
  const create = () => act.run(async () => {
    if (!made) {
      await call<Dataset>("/datasets", { method: "POST", key, json: bodyOf(plan) });
      setMade(true);
      sessionStorage.removeItem(slot());
      setQuery("dataset", plan.name);
    }
    if (plan.file) {
      const job = upload<DataLoaded>(`/datasets/${plan.name}/data`, plan.file, (a, b) => setSent([a, b]));
      await job.done.finally(() => setSent(null));
    }
    await call(`/datasets/${plan.name}/mock/generation`, {
      method: "POST", json: { rows: MOCK_ROWS, seed: Math.floor(Math.random() * 1e9) },
    });
    say(t("wizard.made"));
    // The query alone would leave this page as it is.
    go(plan.file ? `/datasets/${plan.name}` : `/datasets/${plan.name}?tab=data`);
  });
  return (
    <>
      <Head title={t("datasets.new")} back={{ to: "/datasets", text: t("nav.datasets") }} />
      <StepList of={steps} at={at} />
      {before && (
        <p class="banner" role="status">
          {t("wizard.kept")} <button type="button" onClick={afresh}>{t("wizard.afresh")}</button>
        </p>
      )}
      <form ref={form} onSubmit={(e) => {
        e.preventDefault();
        if (step === "review") void create();
        else if (ready) setStep(steps[at + 1]!);
      }}>
        {step === "file" && <FileStep plan={plan} set={set} />}
        {step === "unit" && <UnitStep plan={plan} set={set} />}
        {step === "columns" && <ColumnStep plan={plan} set={set} />}
        {step === "budget" && <BudgetStep plan={plan} set={set} />}
        {step === "review" && <ReviewStep plan={plan} set={set} />}
        {sent && <Progress sent={sent[0]} total={sent[1]} />}
        {act.refusal && <Trouble refusal={act.refusal} />}
        {made && act.refusal && (
          <p><a href={`/datasets/${plan.name}`}>{t("wizard.go_on")}</a></p>
        )}
        <div class="buttons">
          {at > 0 && !made && (
            <button type="button" onClick={() => setStep(steps[at - 1]!)}>{t("act.back")}</button>
          )}
          <button type="submit" class="main" disabled={!ready} aria-busy={act.busy}>
            {step === "review" ? t("wizard.create") : t("act.next")}
          </button>
        </div>
        {!ready && step !== "review" && <p class="hint">{t(`wizard.needs.${step}`)}</p>}
      </form>
    </>
  );
}

