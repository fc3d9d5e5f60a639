// result.tsx -- what came out, for those who may see it after release: values, receipt, how to cite.
import { useResource } from "../api/resource";
import type { Job, Result } from "../api/types";
import { visible } from "../inert";
import { shown } from "../decimal";
import { MeasurementTable } from "../parts/budget";
import { chartSvg } from "../parts/chart";
import { Card, Facts, Head } from "../parts/page";
import { Outputs, outputsCsv, tablesOf } from "../parts/outputs";
import { Empty, Show } from "../parts/states";
import { save } from "../save";
import { t } from "../texts";
import { Moment } from "../time";

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
        [t("receipt.released"), <Moment at={factOf(r, "released_at") || undefined} />],
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

function citation(job: Job): string {
  return t("result.cite_text", {
    title: visible(job.title ?? ""), dataset: job.dataset ?? "",
    version: job.dataset_version ?? "", epsilon: shown(job.quote?.total?.epsilon ?? job.max_budget?.epsilon),
    job: job.id,
  });
}

function ResultBody({ result, job }: { result: Result; job: Job }) {
  const tables = tablesOf(result.outputs, job.outputs);
  return (
    <div class="two">
      <div>
        <Card title={t("result.values")} extra={
          <div class="buttons small">
            <button type="button" onClick={() => save(`result-${job.id}.csv`, "text/csv", outputsCsv(result.outputs))}>CSV</button>
            <button type="button" onClick={() => save(`result-${job.id}.json`, "application/json", JSON.stringify(result, null, 2))}>JSON</button>
            {tables.length > 0 && (
              <button type="button" onClick={() => save(`result-${job.id}.svg`, "image/svg+xml", chartSvg(job.title ?? "", citation(job), tables))}>SVG</button>
            )}
          </div>
        }>
          <Outputs outputs={result.outputs} named={job.outputs} kept={result.withheld} />
        </Card>
        <Card title={t("result.measurements")}>
          <MeasurementTable of={result.measurements} name={t("result.measurements")} foreseen />
          <p class="muted">{job.lane === "dp" ? t("result.caveat") : t("result.caveat_exact")}</p>
        </Card>
        <Card title={t("result.program")}>
          <p class="muted">{t("result.program_lead")}</p>
          <pre class="log" tabIndex={0}>{`curl -H "Authorization: Bearer $TOKEN" \\\n  ${location.origin}/api/v1/jobs/${job.id}/result`}</pre>
        </Card>
      </div>
      <div>
        <ReceiptCard result={result} job={job} />
        <Card title={t("result.cite")}>
          <p dir="auto">{citation(job)}</p>
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
