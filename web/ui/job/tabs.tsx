// tabs.tsx -- the middle of the job page: code, changes, mock result, checks, talk.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Checks, Finding, JobVersion, LineComment, Mark, MockResult, Review } from "../api/types";
import { Told, visible } from "../inert";
import { MeasurementTable } from "../parts/budget";
import { CodeView, MarkList } from "../parts/code";
import { DiffView, type DiffLook } from "../parts/diff";
import { Icon } from "../parts/icon";
import { Outputs } from "../parts/outputs";
import { RequirementDetail, requirementName } from "../parts/requirement";
import { Empty, Loading, Show } from "../parts/states";
import { byLine, openOnes, Thread, type Place } from "../parts/threads";
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

/** A version of the job as a place to comment on. */
function usePlace(parts: JobParts, version: number): Place {
  const { job, mayComment: may, reloadComments: reload } = parts;
  const reviews = may && job.author?.id !== myId();
  return useMemo(() => ({ job: job.id, version, may, reviews, reload }), [job.id, version, may, reviews]);
}

/** Ways to what is open on other versions than the one on the screen. */
function OpenElsewhere({ parts }: { parts: JobParts }) {
  const places = new Map(openOnes(parts.comments).filter((c) => c.version !== parts.shown)
    .map((c) => [`${c.version}:${c.line}`, c]));
  if (places.size === 0) return null;
  return (
    <p class="muted">
      {t("thread.elsewhere")}{" "}
      {[...places].map(([key, c], i) => (
        <span key={key}>{i > 0 && " · "}<a href={`/jobs/${parts.job.id}?tab=code&v=${c.version}#L${c.line}`}>
          {t("thread.place", { n: c.version, line: c.line })}
        </a></span>
      ))}
    </p>
  );
}

export function CodeTab({ parts }: { parts: JobParts }) {
  const source = useResource<string>(sourcePath(parts.job.id, parts.shown));
  const url = useAddress();
  const focus = Number(/^#L(\d+)$/.exec(url.hash)?.[1]) || undefined;
  const there = source.data !== undefined;
  useEffect(() => {
    if (focus && there) document.getElementById(`L${focus}`)?.scrollIntoView({ block: "center" });
  }, [focus, there]);
  const marks = parts.checks?.marks ?? noMarks;
  const findings = parts.checks?.findings ?? noFindings;
  const place = usePlace(parts, parts.shown);
  const said = useMemo(() => byLine(parts.comments, parts.shown), [parts.comments, parts.shown]);
  return (
    <Show of={source} rows={10}>
      {(text) => (
        <>
          <OpenElsewhere parts={parts} />
          <CodeView source={text} marks={marks} findings={findings} place={place} said={said} focus={focus} />
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

/** What the author says about the version on the screen. */
function VersionNote({ parts }: { parts: JobParts }) {
  const note = parts.versions.find((v) => v.version === parts.shown)?.note;
  return note ? <p class="banner"><span dir="auto">{visible(note)}</span></p> : null;
}

export function ChangesTab({ parts }: { parts: JobParts }) {
  const url = useAddress();
  const base = baseOf(parts, url.searchParams.get("base"));
  const space = url.searchParams.get("space") === "ignore";
  const look: DiffLook = url.searchParams.get("look") === "split" ? "split" : "unified";
  const usable = base >= 1 && base !== parts.shown;
  const before = useResource<string>(usable ? sourcePath(parts.job.id, base) : null);
  const after = useResource<string>(sourcePath(parts.job.id, parts.shown));
  const sides = { before: usePlace(parts, base), after: usePlace(parts, parts.shown) };
  const talk = useMemo(() => ({ ...sides, saidBefore: byLine(parts.comments, base),
    saidAfter: byLine(parts.comments, parts.shown) }), [sides.before, sides.after, parts.comments]);
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
          <input type="checkbox" name="split" checked={look === "split"}
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
        : before.data !== undefined && after.data !== undefined ? (
          <>
            <VersionNote parts={parts} />
            <DiffView before={before.data} after={after.data} ignoreSpace={space} look={look} sides={talk} />
          </>
        ) : <Show of={before.refusal ? before : after}>{() => <Loading />}</Show>}
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
            {mock.failure.text && <span>: <Told text={mock.failure.text} /></span>}</span>
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
              <td class="verdict">{f.line
                ? <a href={`${code}#L${f.line}`}>{t("place.line", { line: f.line })}</a> : "–"}</td>
              <td><code>{f.rule}</code></td>
              <td><Told text={f.text} /></td>
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
                    <td class={r.met ? "verdict good" : "verdict bad"}>
                      <Icon name={r.met ? "met" : "unmet"} /> {r.met ? t("requirements.met") : t("requirements.unmet")}
                    </td>
                    <td><RequirementDetail r={r} /></td>
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

interface Said { at: string; key: string; node: ComponentChildren }

function Submitted({ v, parts }: { v: JobVersion; parts: JobParts }) {
  return (
    <>
      <p>
        <a href={`/jobs/${parts.job.id}?v=${v.version}`}>{t("job.version", { n: v.version })}</a>{" "}
        {t("talk.submitted", { who: visible(parts.job.author?.name ?? "") })}{" "}
        <span class="muted mono">{v.source_sha256.slice(0, 12)}</span>{" "}
        <span class="muted"><Moment at={v.created_at} /></span>
      </p>
      {v.note && <p class="comment" dir="auto">{visible(v.note)}</p>}
    </>
  );
}

function Reviewed({ r, job }: { r: Review; job: string }) {
  return (
    <>
      <p>
        <strong dir="auto">{visible(reviewerName(r))}</strong>{" "}
        {tIf(`decision.${r.decision}.done`, r.decision)}{" "}
        {t("job.version", { n: r.version ?? 0 })}{" "}
        <span class="muted"><Moment at={r.created_at} /></span>
      </p>
      {r.comment && <CommentText text={r.comment} to={`/jobs/${job}?tab=code&v=${r.version}`} />}
    </>
  );
}

function LineTalk({ of, parts }: { of: LineComment[]; parts: JobParts }) {
  const { version, line } = of[0]!;
  const place = usePlace(parts, version);
  return (
    <>
      <p>
        <a href={`/jobs/${parts.job.id}?tab=code&v=${version}#L${line}`}>{t("thread.place", { n: version, line })}</a>
      </p>
      <Thread of={of} place={place} line={line} />
    </>
  );
}

function commented(parts: JobParts): Said[] {
  const places = new Map<string, LineComment[]>();
  for (const c of parts.comments) {
    const key = `${c.version}:${c.line}`;
    places.set(key, [...(places.get(key) ?? []), c]);
  }
  return [...places].map(([key, of]) => ({ at: of[0]!.created_at, key, node: <LineTalk of={of} parts={parts} /> }));
}

export function TalkTab({ parts }: { parts: JobParts }) {
  const acts: Said[] = [
    ...parts.versions.map((v) => ({ at: v.created_at ?? "", key: `v${v.version}`,
      node: <Submitted v={v} parts={parts} /> })),
    ...parts.reviews.map((r, i) => ({ at: r.created_at ?? "", key: r.id ?? `r${i}`,
      node: <Reviewed r={r} job={parts.job.id} /> })),
    ...commented(parts),
  ].sort((a, b) => a.at.localeCompare(b.at));
  if (acts.length === 0) return <Empty title={t("talk.empty")} />;
  return <ol class="talk">{acts.map((a) => <li key={a.key}>{a.node}</li>)}</ol>;
}
