// notifications.tsx -- what happened to the jobs one may see, newest first; what is new
// since one last looked here is marked.
import { useEffect, useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Job, Page } from "../api/types";
import { Said } from "../inert";
import { Head } from "../parts/page";
import { StatePill } from "../parts/pill";
import { Empty, Show } from "../parts/states";
import { myId } from "../session";
import { t } from "../texts";
import { Ago } from "../time";

const seenKey = () => `seen:${myId()}`;

function News({ job, since }: { job: Job; since: string }) {
  const fresh = (job.updated_at ?? "") > since;
  const author = job.author?.id === myId();
  return (
    <li class={fresh ? "row fresh" : "row"}>
      <a class="row-link" href={`/jobs/${job.id}`}>
        <span class="row-title">
          {fresh && <span class="tag">{t("news.new")}</span>} <Said text={job.title} />
        </span>
        <span class="row-sub">
          {t(author ? `next.author.${job.state}` : `next.${job.state}`)}{" "}
          · <Said text={job.author?.name} /> · <span class="mono">{job.dataset}</span>
        </span>
      </a>
      <span class="row-side"><StatePill state={job.state} /><span class="muted"><Ago at={job.updated_at} /></span></span>
    </li>
  );
}

export function Notifications() {
  const jobs = useResource<Page<Job>>("/jobs?limit=200");
  const [since] = useState(() => localStorage.getItem(seenKey()) ?? "");
  const newest = jobs.data?.items.reduce((a, j) => ((j.updated_at ?? "") > a ? j.updated_at! : a), since);
  useEffect(() => {
    if (newest) localStorage.setItem(seenKey(), newest);
  }, [newest]);
  return (
    <>
      <Head title={t("nav.notifications")} note={<p>{t("news.lead")}</p>} />
      <Show of={jobs}>
        {(page) => page.items.length === 0 ? <Empty title={t("news.empty")} /> : (
          <ul class="rows">
            {[...page.items]
              .sort((a, b) => (b.updated_at ?? "").localeCompare(a.updated_at ?? ""))
              .map((j) => <News key={j.id} job={j} since={since} />)}
          </ul>
        )}
      </Show>
    </>
  );
}
