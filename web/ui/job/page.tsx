// page.tsx -- one job: who asks, why, what runs, which columns, what leaves, what it
// costs, what changed; and, for the one whose turn it is, the decision.
import { useEffect, useRef, useState } from "preact/hooks";
import { useAll, useResource, type Resource } from "../api/resource";
import type { Budget, Checks, Dataset, Job, JobVersion, LineComment, Page, Project, Review } from "../api/types";
import { Said, Told, visible } from "../inert";
import { Price, QuoteList } from "../parts/budget";
import { Expected, ReadFor } from "../parts/expected";
import { Icon } from "../parts/icon";
import { Card, Facts, Head, Tabs } from "../parts/page";
import { RequirementDetail, requirementName } from "../parts/requirement";
import { Show } from "../parts/states";
import { mayComment } from "../parts/threads";
import { useAddress } from "../router";
import { hasRole, myId } from "../session";
import { t, tIf, tn } from "../texts";
import { Actions } from "./actions";
import { Note } from "./head";
import { RiskCard } from "./risk";
import { CodeTab, ChangesTab, ChecksTab, MockTab, TalkTab } from "./tabs";

export interface Seen { version: number; sha: string }

export interface JobParts {
  job: Job;
  etag: string | null;
  reload: () => Promise<void>;
  /** The version on the screen; the newest unless the address names another. */
  shown: number;
  versions: JobVersion[];
  checks: Checks | undefined;
  budget: Budget | undefined;
  dataset: Dataset | undefined;
  project: Project | undefined;
  reviews: Review[];
  comments: LineComment[];
  mayComment: boolean;
  reloadComments: () => Promise<void>;
}

const noComments: LineComment[] = [];

function Requirements({ job }: { job: Job }) {
  const all = job.requirements ?? [];
  if (all.length === 0) return <p class="muted">{t("requirements.none")}</p>;
  return (
    <ul class="requirements">
      {all.map((r) => (
        <li key={r.name} class={r.met ? "met" : "unmet"}>
          <Icon name={r.met ? "met" : "open"} />
          <span>
            {requirementName(r)}
            <span class="unseen"> {r.met ? t("requirements.met") : t("requirements.unmet")}</span>
            <span class="muted detail"><RequirementDetail r={r} /></span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Context({ job, project }: { job: Job; project: Project | undefined }) {
  return (
    <>
      <Facts of={[
        [t("job.question"), <Said text={job.question ?? ""} />],
        [t("job.purpose"), project && <Said text={project.purpose} />],
        [t("job.project"), project && <a href={`/projects/${project.id}`}><Said text={project.title} /></a>],
        [t("job.author"), job.author?.name && <Said text={job.author.name} />],
        [t("job.lane"), job.lane && t(`lane.${job.lane}`)],
      ]} />
      <h3>{t("job.leaves")}</h3>
      <ul class="leaves">
        {(job.outputs ?? []).map((o) => (
          <li key={o.name}>
            <code dir="auto">{visible(o.name)}</code>
            {o.description && <span dir="auto"> {visible(o.description)}</span>}
          </li>
        ))}
        {(job.outputs ?? []).length === 0 && <li class="muted">{t("job.leaves_nothing")}</li>}
      </ul>
      {job.lane && <p class="muted">{t(`lane.${job.lane}_leaves`)}</p>}
    </>
  );
}

function Columns({ parts }: { parts: JobParts }) {
  const reads = new Map((parts.job.quote?.reads ?? []).map((r) => [r.column, r]));
  const used = parts.checks?.columns ?? parts.job.quote?.columns ?? [];
  const known = new Map((parts.dataset?.columns ?? []).map((c) => [c.name, c]));
  if (used.length === 0) return <p class="muted">{t("columns.none")}</p>;
  return (
    <ul class="columns">
      {used.map((name) => {
        const c = known.get(name);
        return (
          <li key={name}>
            <code dir="auto">{visible(name)}</code>{" "}
            {c && <span class="muted">{tIf(`type.${c.type}`, c.type)}</span>}
            {c?.sensitivity && (
              <span class={`tag tag-${c.sensitivity}`}>{tIf(`sensitivity.${c.sensitivity}`, c.sensitivity)}</span>
            )}
            <ReadFor of={reads.get(name)} />
          </li>
        );
      })}
    </ul>
  );
}

/** Says that the page shows something else than what would be decided on. */
function Banners({ parts, seen, look }: { parts: JobParts; seen: Seen; look: () => void }) {
  const { job, dataset } = parts;
  const url = useAddress();
  url.searchParams.set("tab", "changes");
  url.searchParams.set("base", String(seen.version));
  url.searchParams.delete("v");
  return (
    <>
      {job.version !== seen.version && (
        <div class="banner" role="alert">
          <span>{t("job.newer", { now: job.version, seen: seen.version })}</span>
          <a class="button" href={url.pathname + url.search} onClick={look}>
            {t("job.compare", { from: seen.version, to: job.version })}
          </a>
        </div>
      )}
      {parts.shown !== job.version && (
        <div class="banner">
          <span>{t("job.older", { shown: parts.shown, now: job.version })}</span>
          <a class="button" href={url.pathname}>{t("job.to_newest")}</a>
        </div>
      )}
      {dataset?.data_version && job.dataset_version && job.waiting_on !== "nobody"
        && dataset.data_version !== job.dataset_version && (
        <div class="banner">
          <span>{t("job.data_moved", { was: job.dataset_version, now: dataset.data_version })}</span>
        </div>
      )}
      {job.failure && (
        <div class="banner banner-bad">
          <span>
            <strong>{tIf(`failure.${job.failure.kind}`, job.failure.kind)}</strong>
            {job.failure.line ? ` (${t("place.line", { line: job.failure.line })})` : ""}
            {job.failure.text ? <span>: <Told text={job.failure.text} /></span> : ""}
          </span>
        </div>
      )}
    </>
  );
}

function Body({ parts, seen, look }: { parts: JobParts; seen: Seen; look: () => void }) {
  const url = useAddress();
  const tab = url.searchParams.get("tab") ?? "code";
  const { job, checks, dataset } = parts;
  const findings = checks?.findings?.length ?? 0;
  const [comment, setComment] = useState("");
  const tabs = [
    { id: "code", text: t("tab.code") },
    { id: "changes", text: t("tab.changes") },
    { id: "mock", text: t("tab.mock") },
    { id: "checks", text: t("tab.checks"), count: findings },
    { id: "talk", text: t("tab.talk"), count: parts.reviews.length + parts.comments.length },
  ];
  return (
    <>
      <Banners parts={parts} seen={seen} look={look} />
      <div class="review">
        <div class="review-left">
          <Card title={t("job.context")}><Context job={job} project={parts.project} /></Card>
          <Card title={t("requirements.title")}><Requirements job={job} /></Card>
        </div>
        <div class="review-main">
          <Tabs label={t("tab.label")} tabs={tabs} open={tab} />
          {tab === "changes" ? <ChangesTab parts={parts} />
            : tab === "mock" ? <MockTab parts={parts} />
              : tab === "checks" ? <ChecksTab parts={parts} />
                : tab === "talk" ? <TalkTab parts={parts} />
                  : <CodeTab parts={parts} />}
        </div>
        <div class="review-right">
          <Actions parts={parts} seen={seen} comment={comment} setComment={setComment} />
          <Expected quote={job.quote} code={`/jobs/${job.id}?tab=code&v=${job.version}`} />
          <Card title={t("price.title")}><Price job={job} budget={parts.budget} /></Card>
          {dataset?.owner?.id === myId() && <RiskCard job={job} />}
        </div>
        <div class="review-more">
          <Card title={t("price.parts")}><QuoteList quote={job.quote} /></Card>
          <Card title={t("columns.title")}
            extra={<span class="muted">{tn("columns.n", (checks?.columns ?? job.quote?.columns ?? []).length)}</span>}>
            <Columns parts={parts} />
          </Card>
        </div>
      </div>
    </>
  );
}

export function canDecide(job: Job): boolean {
  return job.state === "in_review" && hasRole("owner") && job.author?.id !== myId();
}

/** The version that the reader has looked at; a newer one counts only once they ask. */
function useSeen(job: Job): [Seen, () => void] {
  const [seen, setSeen] = useState<Seen>({ version: job.version, sha: job.source_sha256 });
  const latest = useRef(job);
  latest.current = job;
  useEffect(() => {
    setSeen({ version: latest.current.version, sha: latest.current.source_sha256 });
  }, [job.id]);
  return [seen, () => setSeen({ version: job.version, sha: job.source_sha256 })];
}

function Loaded({ job, of }: { job: Job; of: Resource<Job> }) {
  const url = useAddress();
  const [seen, look] = useSeen(job);
  const asked = Number(url.searchParams.get("v")) || seen.version;
  const shown = Math.min(Math.max(1, asked), job.version);
  const at = `/jobs/${job.id}`;
  const versions = useResource<Page<JobVersion>>(`${at}/versions`);
  const checks = useResource<Checks>(`${at}/versions/${shown}/checks`);
  const reviews = useResource<Page<Review>>(`${at}/reviews`);
  const budget = useResource<Budget>(job.dataset ? `/datasets/${job.dataset}/budget` : null);
  const dataset = useResource<Dataset>(job.dataset ? `/datasets/${job.dataset}` : null);
  const project = useResource<Project>(job.project ? `/projects/${job.project}` : null);
  const comments = useAll<LineComment>(`${at}/comments?limit=200`);
  const parts: JobParts = {
    job, etag: of.etag, reload: of.reload, shown,
    versions: versions.data?.items ?? [], checks: checks.data, budget: budget.data,
    dataset: dataset.data, project: project.data, reviews: reviews.data?.items ?? [],
    comments: comments.data ?? noComments, mayComment: mayComment(job, dataset.data),
    reloadComments: comments.reload,
  };
  return (
    <>
      <Head title={visible(job.title ?? job.id)} note={<Note parts={parts} />}
        back={{ to: hasRole("owner") ? "/inbox" : "/jobs", text: hasRole("owner") ? t("inbox.title") : t("jobs.title") }} />
      <Body parts={parts} seen={seen} look={look} />
    </>
  );
}

export function JobPage({ id }: { id: string }) {
  const job = useResource<Job>(`/jobs/${id}`);
  return <Show of={job} rows={8}>{(j) => <Loaded key={id} job={j} of={job} />}</Show>;
}
