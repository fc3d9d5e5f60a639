// tabs.tsx -- the middle of the job page: code, changes, mock result, checks, talk.
import { useEffect } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Checks, Finding, Mark, MockResult, Review } from "../api/types";
import { visible } from "../inert";
import { MeasurementTable } from "../parts/budget";
import { CodeView, MarkList } from "../parts/code";
import { DiffView, type DiffLook } from "../parts/diff";
import { Icon } from "../parts/icon";
import { Outputs } from "../parts/outputs";
import { requirementDetail, requirementName } from "../parts/requirement";
import { Empty, Loading, Show } from "../parts/states";
import { setQuery, useAddress } from "../router";
import { myId } from "../session";
import { t, tIf } from "../texts";
import { Moment } from "../time";
import type { JobParts } from "./page";

function sourcePath(id: string, version: number): string {
  return `/jobs/${id}/versions/${version}/source`;
}

// The same list every time, so that nothing is drawn anew for it.
const noMarks: Mark[] = [];
const noFindings: Finding[] = [];

export function CodeTab({ parts, onLine }: { parts: JobParts; onLine?: (line: number) => void }) {
  const source = useResource<string>(sourcePath(parts.job.id, parts.shown));
  const url = useAddress();
  const focus = Number(/^#L(\d+)$/.exec(url.hash)?.[1]) || undefined;
  const there = source.data !== undefined;
  useEffect(() => {
    if (focus && there) document.getElementById(`L${focus}`)?.scrollIntoView({ block: "center" });
  }, [focus, there]);
  const marks = parts.checks?.marks ?? noMarks;
  const findings = parts.checks?.findings ?? noFindings;
  return (
    <Show of={source} rows={10}>
      {(text) => (
        <>
          <CodeView source={text} marks={marks} findings={findings} onLine={onLine} focus={focus} />
          <ul class="code-key">
            {["spend", "release", "exact", "column", "loop", "finding"].filter((k) =>
              k === "finding" ? findings.length > 0 : marks.some((m) => m.kind === k)).map((k) => (
              <li key={k}><span class={`mark mark-${k}`}>{signOf(k)}</span> {tIf(`mark.${k}`, k)}</li>
            ))}
          </ul>
          <MarkList marks={marks} findings={findings} />
        </>
      )}
    </Show>
  );
}

function signOf(kind: string): string {
  return { spend: "ε", release: "▲", exact: "=", column: "#", loop: "↻", finding: "!" }[kind] ?? "·";
}

/** The version to compare with: asked for, else the last one I reviewed, else the one before. */
function baseOf(parts: JobParts, asked: string | null): number {
  if (asked) return Number(asked) || 0;
  const mine = parts.reviews
    .filter((r) => typeof r.reviewer === "object" && r.reviewer?.id === myId())
    .map((r) => r.version ?? 0)
    .filter((v) => v < parts.shown);
  return mine.length > 0 ? Math.max(...mine) : parts.shown - 1;
}

export function ChangesTab({ parts }: { parts: JobParts }) {
  const url = useAddress();
  const base = baseOf(parts, url.searchParams.get("base"));
  const space = url.searchParams.get("space") === "ignore";
  const look: DiffLook = url.searchParams.get("look") === "split" ? "split" : "unified";
  const usable = base >= 1 && base !== parts.shown;
  const before = useResource<string>(usable ? sourcePath(parts.job.id, base) : null);
  const after = useResource<string>(sourcePath(parts.job.id, parts.shown));
  if (parts.job.version === 1) return <Empty title={t("diff.first")} />;
  const others = Array.from({ length: parts.job.version }, (_, i) => i + 1)
    .filter((v) => v !== parts.shown);
  return (
    <>
      <div class="bar-row">
        <label class="filter">
          <span>{t("diff.base")}</span>
          <select value={String(base)} onChange={(e) => setQuery("base", e.currentTarget.value)}>
            {others.map((v) => <option key={v} value={v}>{t("job.version", { n: v })}</option>)}
          </select>
        </label>
        <span class="muted">{t("diff.to", { n: parts.shown })}</span>
        <label class="tick">
          <input type="checkbox" checked={look === "split"}
            onChange={(e) => setQuery("look", e.currentTarget.checked ? "split" : null)} />
          <span>{t("diff.split")}</span>
        </label>
        <label class="tick">
          <input type="checkbox" checked={space}
            onChange={(e) => setQuery("space", e.currentTarget.checked ? "ignore" : null)} />
          <span>{t("diff.space")}</span>
        </label>
      </div>
      {!usable ? <Empty title={t("diff.same_version")} />
        : before.data !== undefined && after.data !== undefined
          ? <DiffView before={before.data} after={after.data} ignoreSpace={space} look={look} />
          : <Show of={before.refusal ? before : after}>{() => <Loading />}</Show>}
    </>
  );
}

export function MockBody({ mock, named }: { mock: MockResult; named: { name: string; description?: string }[] }) {
  return (
    <>
      <p class="banner banner-mock"><strong>{t("mock.word")}</strong> {t("mock.lead")}</p>
      {mock.failure && (
        <p class="banner banner-bad">
          <span><strong>{tIf(`failure.${mock.failure.kind}`, mock.failure.kind)}</strong>
            {mock.failure.line ? ` (${t("place.line", { line: mock.failure.line })})` : ""}
            {mock.failure.text && <span dir="auto">: {visible(mock.failure.text)}</span>}</span>
        </p>
      )}
      {mock.ok && <Outputs outputs={mock.outputs} named={named} />}
      <h3>{t("mock.measurements")}</h3>
      <MeasurementTable of={mock.measurements ?? []} name={t("mock.measurements")} />
      {mock.log && (
        <>
          <h3>{t("mock.log")}</h3>
          <pre class="log" tabIndex={0} dir="auto">{mock.log.split("\n").map(visible).join("\n")}</pre>
        </>
      )}
    </>
  );
}

export function MockTab({ parts }: { parts: JobParts }) {
  const mock = useResource<MockResult>(`/jobs/${parts.job.id}/versions/${parts.shown}/mock_result`);
  return (
    <Show of={mock} missing={<Empty title={t("mock.missing")} />}>
      {(m) => <MockBody mock={m} named={parts.job.outputs ?? []} />}
    </Show>
  );
}

export function FindingList({ checks, code }: { checks: Checks; code: string }) {
  const findings = checks.findings ?? [];
  if (findings.length === 0)
    return <p class="all-clear"><Icon name="met" /> {t("checks.clear")}</p>;
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={t("checks.findings")}>
      <table class="table">
        <caption class="unseen">{t("checks.findings")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("checks.where")}</th>
            <th scope="col">{t("checks.rule")}</th>
            <th scope="col">{t("checks.what")}</th>
          </tr>
        </thead>
        <tbody>
          {findings.map((f, i) => (
            <tr key={i}>
              <td class="num">{f.line
                ? <a href={`${code}#L${f.line}`}>{t("place.line", { line: f.line })}</a> : "–"}</td>
              <td><code>{f.rule}</code></td>
              <td dir="auto">{visible(f.text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ChecksTab({ parts }: { parts: JobParts }) {
  const checks = useResource<Checks>(`/jobs/${parts.job.id}/versions/${parts.shown}/checks`);
  return (
    <Show of={checks}>
      {(c) => (
        <>
          <div class="scroll" role="region" tabIndex={0} aria-label={t("checks.run")}>
            <table class="table">
              <caption class="unseen">{t("checks.run")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("checks.check")}</th>
                  <th scope="col">{t("checks.verdict")}</th>
                  <th scope="col">{t("checks.evidence")}</th>
                </tr>
              </thead>
              <tbody>
                {(c.requirements ?? parts.job.requirements ?? []).map((r) => (
                  <tr key={r.name}>
                    <th scope="row">
                      {requirementName(r)}
                      <span class="muted detail">{tIf(`requirement.${r.name}.why`, "")}</span>
                    </th>
                    <td class={r.met ? "good" : "bad"}>
                      <Icon name={r.met ? "met" : "unmet"} /> {r.met ? t("requirements.met") : t("requirements.unmet")}
                    </td>
                    <td dir="auto">{requirementDetail(r)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <h3>{t("checks.findings")}</h3>
          <FindingList checks={c} code={`/jobs/${parts.job.id}?tab=code&v=${parts.shown}`} />
        </>
      )}
    </Show>
  );
}

export function reviewerName(r: Review): string {
  return typeof r.reviewer === "object" ? r.reviewer?.name ?? "" : r.reviewer ?? "";
}

/** A comment as text; "line 12" becomes a way to that line of the reviewed version. */
export function CommentText({ text, to }: { text: string; to: string }) {
  const word = t("review.line", { line: "§" }).split("§");
  const find = new RegExp(`(\\b(?:line|${word[0]!.trim()}) \\d+)`, "i");
  return (
    <p class="comment" dir="auto">
      {text.split(find).map((part, i) => {
        const n = i % 2 === 1 ? /\d+/.exec(part)?.[0] : undefined;
        return n ? <a key={i} href={`${to}#L${n}`}>{part}</a> : visible(part).replaceAll("␊", "\n");
      })}
    </p>
  );
}

export function TalkTab({ parts }: { parts: JobParts }) {
  const { job, reviews, versions } = parts;
  const acts = [
    ...versions.map((v) => ({ at: v.created_at ?? "", version: v, review: null })),
    ...reviews.map((r) => ({ at: r.created_at ?? "", version: null, review: r })),
  ].sort((a, b) => a.at.localeCompare(b.at));
  if (acts.length === 0) return <Empty title={t("talk.empty")} />;
  return (
    <ol class="talk">
      {acts.map(({ at, version, review }, i) => (
        <li key={i}>
          {version && (
            <p>
              <a href={`/jobs/${job.id}?v=${version.version}`}>{t("job.version", { n: version.version })}</a>{" "}
              {t("talk.submitted", { who: job.author?.name ?? "" })}{" "}
              <span class="muted mono">{version.source_sha256.slice(0, 12)}</span>{" "}
              <span class="muted"><Moment at={at} /></span>
            </p>
          )}
          {review && (
            <>
              <p>
                <strong dir="auto">{reviewerName(review)}</strong>{" "}
                {tIf(`decision.${review.decision}.done`, review.decision)}{" "}
                {t("job.version", { n: review.version ?? 0 })}{" "}
                <span class="muted"><Moment at={at} /></span>
              </p>
              {review.comment && (
                <CommentText text={review.comment} to={`/jobs/${job.id}?tab=code&v=${review.version}`} />
              )}
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
