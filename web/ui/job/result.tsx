// result.tsx -- what came out: for the author after release, for the owner before it.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useResource } from "../api/resource";
import type { Job, OutCheck, Result, SealedResult } from "../api/types";
import { Told, visible } from "../inert";
import { shown } from "../decimal";
import { MeasurementTable } from "../parts/budget";
import { Dialog } from "../parts/dialog";
import { Area, useAct } from "../parts/form";
import { Icon } from "../parts/icon";
import { Card, Facts, Head } from "../parts/page";
import { Outputs, outputsCsv } from "../parts/outputs";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { go } from "../router";
import { save } from "../save";
import { hasRole } from "../session";
import { t, tIf } from "../texts";

function factOf(receipt: Record<string, unknown>, name: string): string {
  const v = receipt[name];
  if (typeof v === "string" || typeof v === "number") return visible(String(v));
  if (typeof v === "object" && v !== null && "name" in v) return visible(String(v.name));
  return "";
}

function ReceiptCard({ result, job }: { result: Result; job: Job }) {
  const r = result.receipt.receipt as Record<string, unknown>;
  return (
    <Card title={t("receipt.title")}>
      <p class="muted">{t("receipt.lead")}</p>
      <Facts of={[
        [t("word.dataset"), factOf(r, "dataset") || job.dataset],
        [t("receipt.data_version"), factOf(r, "data_version")],
        [t("receipt.policy"), factOf(r, "policy")],
        ["ε", shown(factOf(r, "epsilon") || job.quote?.total?.epsilon)],
        [t("receipt.released"), factOf(r, "released_at")],
        [t("receipt.source"), <code class="hash">{factOf(r, "source_sha256") || job.source_sha256}</code>],
        [t("receipt.signature"), <code class="hash">{result.receipt.signature}</code>],
      ]} />
      <div class="buttons">
        <a class="button main" href={`/api/v1/jobs/${job.id}/receipt`} download={`receipt-${job.id}.json`}>
          {t("receipt.download")}
        </a>
        <a class="button" href={`/api/v1/jobs/${job.id}/provenance`} download={`provenance-${job.id}.json`}>
          {t("provenance.download")}
        </a>
      </div>
      <p class="muted">{t("receipt.verify")}</p>
      <pre class="log" tabIndex={0}>datasite verify receipt-{job.id}.json --key site.pub</pre>
    </Card>
  );
}

function ResultBody({ result, job }: { result: Result; job: Job }) {
  return (
    <div class="two">
      <div>
        <Card title={t("result.values")} extra={
          <div class="buttons small">
            <button type="button" onClick={() => save(`result-${job.id}.csv`, "text/csv", outputsCsv(result.outputs))}>CSV</button>
            <button type="button" onClick={() => save(`result-${job.id}.json`, "application/json", JSON.stringify(result, null, 2))}>JSON</button>
          </div>
        }>
          <Outputs outputs={result.outputs} named={job.outputs} />
        </Card>
        <Card title={t("result.measurements")}>
          <MeasurementTable of={result.measurements} name={t("result.measurements")} />
          <p class="muted">{job.lane === "dp" ? t("result.caveat") : t("result.caveat_exact")}</p>
        </Card>
      </div>
      <div>
        <ReceiptCard result={result} job={job} />
        <Card title={t("result.program")}>
          <p class="muted">{t("result.program_lead")}</p>
          <pre class="log" tabIndex={0}>{`curl -H "Authorization: Bearer $TOKEN" \\\n  ${location.origin}/api/v1/jobs/${job.id}/result`}</pre>
        </Card>
        <Card title={t("result.cite")}>
          <p dir="auto">
            {t("result.cite_text", {
              title: visible(job.title ?? ""), dataset: job.dataset ?? "",
              version: job.dataset_version ?? "", epsilon: shown(job.quote?.total?.epsilon ?? job.max_budget?.epsilon),
              job: job.id,
            })}
          </p>
        </Card>
      </div>
    </div>
  );
}

export function ResultPage({ id }: { id: string }) {
  const job = useResource<Job>(`/jobs/${id}`);
  const ready = job.data?.state === "released";
  const result = useResource<Result>(ready ? `/jobs/${id}/result` : null);
  return (
    <Show of={job} rows={8}>
      {(j) => (
        <>
          <Head title={visible(j.title ?? id)} back={{ to: `/jobs/${id}`, text: t("job.back") }}
            note={<p class="muted">{t("result.lead", { n: j.version })}</p>} />
          {ready
            ? <Show of={result}>{(r) => <ResultBody result={r} job={j} />}</Show>
            : <Empty title={t("result.not_yet")}><p>{t(`job.state.${j.state}`)}</p></Empty>}
        </>
      )}
    </Show>
  );
}

/** What a check saw or asks for, as text: a word, a list, or names with values. */
function plainText(v: unknown): string {
  if (v === null || v === undefined || v === "") return "";
  if (typeof v === "number") return shown(v, 6);
  if (Array.isArray(v)) return v.map(plainText).join(", ");
  if (typeof v === "object")
    return Object.entries(v).map(([k, x]) => `${visible(k)}: ${plainText(x)}`).join("; ");
  return visible(String(v));
}

function GateCheck({ check }: { check: OutCheck }) {
  const name = check.rule ?? check.name ?? "";
  const met = check.met ?? check.ok ?? false;
  const lines = [check.detail ? <Told text={plainText(check.detail)} /> : "",
    Boolean(check.threshold) && t("gate.asks", { value: plainText(check.threshold) }),
    check.evidence !== undefined && t("gate.saw", { value: plainText(check.evidence) })];
  return (
    <li class={met ? "met" : "unmet"}>
      <Icon name={met ? "met" : "warn"} />
      <span>
        {tIf(`outcheck.${name}`, visible(name.replaceAll(/[-_]/g, " ")))}
        <span class="unseen"> {met ? t("requirements.met") : t("requirements.unmet")}</span>
        {lines.map((l, i) => l && <span key={i} class="muted detail" dir="auto">{l}</span>)}
      </span>
    </li>
  );
}

/** Those that are not met stand first: they are what the owner must think about. */
function GateChecks({ checks }: { checks: OutCheck[] }) {
  if (checks.length === 0) return <p class="muted">{t("sealed.no_checks")}</p>;
  const bad = (c: OutCheck) => !(c.met ?? c.ok);
  return (
    <ul class="requirements">
      {[...checks.filter(bad), ...checks.filter((c) => !bad(c))].map((c, i) => <GateCheck key={i} check={c} />)}
    </ul>
  );
}

function Gate({ job, etag, reload }: { job: Job; etag: string | null; reload: () => Promise<void> }) {
  const [asking, setAsking] = useState<"release" | "withhold" | null>(null);
  const [comment, setComment] = useState("");
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  const ask = (d: "release" | "withhold") => {
    setKey(freshKey());
    act.clear();
    setAsking(d);
  };
  const send = () => act.run(async () => {
    await call(`/jobs/${job.id}/release`, {
      method: "POST", json: { decision: asking, comment }, ifMatch: etag, key,
    });
    say(t(`gate.${asking!}.done`));
    await reload();
    go(`/jobs/${job.id}`);
  });
  return (
    <Card title={t("gate.title")} id="decide">
      <p class="muted">{t("gate.lead")}</p>
      <div class="decide-buttons">
        <button type="button" class="main" onClick={() => ask("release")}>{t("gate.release")}</button>
        <button type="button" class="danger" onClick={() => ask("withhold")}>{t("gate.withhold")}</button>
      </div>
      {asking && (
        <Dialog title={t(`gate.${asking}.title`)} onClose={() => setAsking(null)}>
          <form onSubmit={(e) => {
            e.preventDefault();
            void send();
          }}>
            <p>{t(`gate.${asking}.lead`, { who: visible(job.author?.name ?? "") })}</p>
            <Area label={asking === "withhold" ? t("review.reason") : t("review.comment")} rows={3}
              required={asking === "withhold"} maxLength={4000} value={comment} onValue={setComment} />
            {act.refusal && <Trouble refusal={act.refusal} />}
            <div class="buttons">
              <button type="submit" class={asking === "withhold" ? "main danger" : "main"} aria-busy={act.busy}>
                {t(`gate.${asking}`)}
              </button>
              <button type="button" onClick={() => setAsking(null)}>{t("act.cancel")}</button>
            </div>
          </form>
        </Dialog>
      )}
    </Card>
  );
}

export function SealedPage({ id }: { id: string }) {
  const job = useResource<Job>(`/jobs/${id}`);
  const held = job.data?.state === "held";
  const sealed = useResource<SealedResult>(held && hasRole("owner") ? `/jobs/${id}/sealed_result` : null);
  return (
    <Show of={job} rows={8}>
      {(j) => (
        <>
          <Head title={visible(j.title ?? id)} back={{ to: `/jobs/${id}`, text: t("job.back") }}
            note={<p class="banner banner-seal"><Icon name="lock" /> {t("sealed.lead")}</p>} />
          {!held ? <Empty title={t("sealed.none")}><p>{t(`job.state.${j.state}`)}</p></Empty> : (
            <div class="two">
              <div>
                <Card title={t("sealed.outputs")}>
                  <Show of={sealed}>{(s) => <Outputs outputs={s.outputs} named={j.outputs} />}</Show>
                </Card>
                <Card title={t("result.measurements")}>
                  <MeasurementTable of={sealed.data?.measurements ?? []} name={t("result.measurements")} />
                </Card>
                {sealed.data?.log && (
                  <Card title={t("mock.log")}>
                    <pre class="log" tabIndex={0}>{sealed.data.log.split("\n").map(visible).join("\n")}</pre>
                  </Card>
                )}
              </div>
              <div>
                {sealed.data && <Gate job={j} etag={job.etag} reload={job.reload} />}
                <Card title={t("sealed.checks")}><GateChecks checks={sealed.data?.checks ?? []} /></Card>
                <Card title={t("job.question")}><p dir="auto">{visible(j.question ?? "")}</p></Card>
              </div>
            </div>
          )}
        </>
      )}
    </Show>
  );
}
