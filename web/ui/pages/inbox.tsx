// inbox.tsx -- jobs by whose turn it is: the owner's home, and the list of all jobs.
import { useMemo } from "preact/hooks";
import { useAll, useResource, type Resource } from "../api/resource";
import type { Dataset, Job, Page, WaitingOn } from "../api/types";
import { shown } from "../decimal";
import { Said } from "../inert";
import { Filter } from "../parts/filter";
import { Growing } from "../parts/growing";
import { Icon } from "../parts/icon";
import { Head, Tabs } from "../parts/page";
import { Paged } from "../parts/paged";
import { jobStates, StatePill } from "../parts/pill";
import { Empty, Show } from "../parts/states";
import { useAddress } from "../router";
import { hasRole, myId } from "../session";
import { t } from "../texts";
import { Ago } from "../time";
import { InboxStats } from "./inbox_stats";

type Turn = "mine" | "others" | "done" | "all";

function mineTo(job: Job): boolean {
  const author = job.author?.id === myId();
  const roles: Record<WaitingOn, boolean> = {
    author, reviewer: !author && hasRole("owner"), admin: hasRole("admin"),
    system: false, nobody: false,
  };
  return roles[job.waiting_on];
}

export function isMine(job: Job): boolean {
  return job.waiting_on !== "nobody" && mineTo(job);
}

/** Every job that waits on somebody or something. Few, however many are done. */
export function useOpenJobs(): Pick<Resource<Job[]>, "data" | "refusal" | "loading" | "reload"> {
  const parts = [useAll<Job>(openPath("reviewer")), useAll<Job>(openPath("author")),
    useAll<Job>(openPath("admin")), useAll<Job>(openPath("system"))];
  const lists = parts.map((p) => p.data);
  const data = useMemo(() => lists.every((l) => l !== undefined) ? lists.flatMap((l) => l!) : undefined, lists);
  return {
    data, refusal: parts.find((p) => p.refusal)?.refusal, loading: parts.some((p) => p.loading),
    reload: async () => {
      await Promise.all(parts.map((p) => p.reload()));
    },
  };
}

function openPath(on: WaitingOn): string {
  return `/jobs?limit=200&waiting_on=${on}`;
}

function ChecksInShort({ job }: { job: Job }) {
  const all = job.requirements ?? [];
  const met = all.filter((r) => r.met).length;
  const unmet = all.length - met;
  if (all.length === 0) return null;
  return (
    <span class="tally">
      <span class="good"><Icon name="met" />{t("inbox.met", { n: met })}</span>
      {unmet > 0 && <span class="muted"><Icon name="open" />{t("inbox.unmet", { n: unmet })}</span>}
    </span>
  );
}

export function JobRow({ job }: { job: Job }) {
  return (
    <li class="row">
      <a class="row-link" href={`/jobs/${job.id}`}>
        <span class="row-title"><Said text={job.title} /></span>
        <span class="row-sub">
          {job.author?.id !== myId() && <><Said text={job.author?.name} /> · </>}<span class="mono">{job.dataset}</span> · {t("job.version", { n: job.version })}
          {job.version > 1 && job.state === "in_review" && <span class="tag">{t("inbox.revised")}</span>}
        </span>
      </a>
      <span class="row-side row-job">
        <span><StatePill state={job.state} /></span>
        <span class="num">ε {shown(job.max_budget?.epsilon)}</span>
        <span><ChecksInShort job={job} /></span>
        <span class="muted row-age"><Ago at={job.updated_at ?? job.created_at} /></span>
      </span>
    </li>
  );
}

/** The API's times sort as text. */
function inTime(a: Job, b: Job): number {
  const x = a.updated_at ?? "";
  const y = b.updated_at ?? "";
  return x < y ? -1 : x > y ? 1 : 0;
}

const jobRow = (job: Job) => <JobRow key={job.id} job={job} />;

function Nothing({ turn }: { turn: Turn }) {
  const datasets = useResource<Page<Dataset>>(hasRole("owner") ? "/datasets" : null);
  const fresh = datasets.data?.items.length === 0;
  if (turn !== "mine") return <Empty title={t("inbox.empty")} />;
  return (
    <Empty title={t("inbox.empty_mine")}>
      {fresh ? (
        <p>{t("inbox.teach_dataset")} <a href="/datasets/new">{t("datasets.new")}</a></p>
      ) : hasRole("owner") ? (
        <p>{t("inbox.teach_invite")} <a href="/datasets">{t("nav.datasets")}</a></p>
      ) : (
        <p>{t("inbox.teach_job")} <a href="/jobs/new">{t("jobs.new")}</a></p>
      )}
    </Empty>
  );
}

/** The part of the open jobs that is the reader's turn, or is not. */
function OpenList({ jobs, turn, dataset }: { jobs: Job[]; turn: Turn; dataset: string }) {
  const part = useMemo(() => jobs
    .filter((j) => isMine(j) === (turn === "mine"))
    .filter((j) => dataset === "" || j.dataset === dataset)
    .sort((a, b) => (turn === "mine" ? 1 : -1) * inTime(a, b)), [jobs, turn, dataset]);
  return part.length === 0 ? <Nothing turn={turn} /> : <ul class="rows"><Growing of={part} row={jobRow} /></ul>;
}

/** Jobs page by page, the newest first. */
export function JobPages({ query }: { query: Record<string, string> }) {
  const wanted = Object.entries({ limit: "50", ...query }).filter(([, v]) => v !== "");
  return (
    <ul class="rows">
      <Paged<Job> path={`/jobs?${new URLSearchParams(wanted)}`} empty={<li><Empty title={t("inbox.empty")} /></li>}>
        {(items) => items.map(jobRow)}
      </Paged>
    </ul>
  );
}

export function JobTabs({ start }: { start: Turn }) {
  const url = useAddress();
  const open = useOpenJobs();
  const datasets = useAll<Dataset>("/datasets?limit=200");
  const names = useMemo(() => (datasets.data ?? []).map((d) => d.name).sort(), [datasets.data]);
  const turn = (url.searchParams.get("show") ?? start) as Turn;
  const dataset = url.searchParams.get("dataset") ?? "";
  const state = url.searchParams.get("state") ?? "";
  const mine = open.data?.filter(isMine).length ?? 0;
  return (
    <>
      <div class="bar-row">
        <Tabs label={t("inbox.tabs")} name="show" open={turn} tabs={[
          { id: "mine", text: t("inbox.mine"), count: mine },
          { id: "others", text: t("inbox.others"), count: (open.data?.length ?? 0) - mine },
          { id: "done", text: t("inbox.done") },
          { id: "all", text: t("inbox.all") },
        ]} />
        {turn === "all" && (
          <Filter name="state" label={t("inbox.state")} chosen={state}
            options={jobStates.map((s) => [s, t(`job.state.${s}`)])} />
        )}
        <Filter name="dataset" label={t("word.dataset")} chosen={dataset} options={names.map((n) => [n, n])} />
      </div>
      {turn === "done" || turn === "all"
        ? <JobPages key={turn + dataset + state} query={turn === "done" ? { dataset, waiting_on: "nobody" } : { dataset, state }} />
        : <Show of={open}>{(jobs) => <OpenList jobs={jobs} turn={turn} dataset={dataset} />}</Show>}
    </>
  );
}

function Stats() {
  const open = useOpenJobs();
  const mine = useMemo(() => open.data?.filter(isMine), [open.data]);
  return <InboxStats mine={mine} />;
}

export function Inbox() {
  return (
    <>
      <Head title={t("inbox.title")} note={<p>{t("inbox.lead")}</p>} />
      {hasRole("owner") && <Stats />}
      <JobTabs start="mine" />
    </>
  );
}
