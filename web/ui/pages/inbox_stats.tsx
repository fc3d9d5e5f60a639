// inbox_stats.tsx -- the owner's jobs and budgets at a glance: who waits longest, how long
// a job takes, which budgets run low.
import { duration } from "../amounts";
import { useAll, useEach, useResource } from "../api/resource";
import type { AccessRequest, Budget, Dataset, Job, Page } from "../api/types";
import { share } from "../decimal";
import { Said, visible } from "../inert";
import { myId } from "../session";
import { t } from "../texts";
import { Ago } from "../time";

const DAYS = 30;
const DAY_MS = 86_400_000;
const LOW = 0.2;
/** No one reads less than a second. */
const SHORTEST_MS = 1_000;

const since = (text: string | undefined) => Date.parse(text ?? "");

/** How long the jobs that ended lately took, in the middle; null where none did. */
function medianMs(done: Job[]): number | null {
  const spans = done.filter((j) => Date.now() - since(j.updated_at) < DAYS * DAY_MS)
    .map((j) => since(j.updated_at) - since(j.created_at)).sort((a, b) => a - b);
  return spans[spans.length >> 1] ?? null;
}

function Oldest({ mine }: { mine: Job[] | undefined }) {
  if (!mine) return null;
  const first = mine.reduce<Job | undefined>((a, b) => (a && since(a.updated_at) <= since(b.updated_at) ? a : b), undefined);
  if (!first) return <span class="muted">{t("inbox.nobody_waits")}</span>;
  return <><Ago at={first.updated_at} /> <span class="muted">· <Said text={first.title} /></span></>;
}

function LowBudgets() {
  const datasets = useAll<Dataset>("/datasets?limit=200");
  const names = (datasets.data ?? []).filter((d) => d.published).map((d) => d.name);
  const budgets = useEach<Budget>(names.map((n) => `/datasets/${n}/budget`));
  if (!datasets.data || budgets.some((b) => b === undefined)) return null;
  const low = names.filter((_, i) => share(budgets[i]!.free, budgets[i]!.epsilon) < LOW);
  if (low.length === 0) return <span class="muted">{t("inbox.low_none")}</span>;
  return <>{low.map((n) => <a key={n} class="mono" href={`/budgets/${n}`}>{visible(n)} </a>)}</>;
}

function Median() {
  const done = useResource<Page<Job>>("/jobs?limit=200&waiting_on=nobody");
  if (!done.data) return null;
  const median = medianMs(done.data.items);
  return median === null ? <span class="muted">{t("inbox.median_none")}</span>
    : <>{duration(Math.max(median, SHORTEST_MS))}</>;
}

/** Where people wait for a grant, and how many. */
function Asking() {
  const open = useAll<AccessRequest>("/access_requests?limit=200&state=open");
  if (!open.data) return null;
  const names = open.data.filter((r) => r.researcher.id !== myId()).map((r) => r.dataset);
  if (names.length === 0) return <span class="muted">{t("inbox.asking_none")}</span>;
  return (
    <>
      {[...new Set(names)].map((n) => (
        <a key={n} href={`/datasets/${n}?tab=access`}>
          {names.filter((x) => x === n).length} × <span class="mono">{visible(n)}</span>{" "}
        </a>
      ))}
    </>
  );
}

/** The same height from the start: the list below never moves under the reader's hand. */
export function InboxStats({ mine }: { mine: Job[] | undefined }) {
  return (
    <dl class="stats" aria-label={t("inbox.stats")}>
      <div><dt>{t("inbox.oldest")}</dt><dd><Oldest mine={mine} /></dd></div>
      <div><dt>{t("inbox.median")}</dt><dd><Median /></dd></div>
      <div><dt>{t("inbox.low")}</dt><dd><LowBudgets /></dd></div>
      <div><dt>{t("inbox.asking")}</dt><dd><Asking /></dd></div>
    </dl>
  );
}
