// notifications.tsx -- what happened, by whom and why, newest first; what is new since one
// last looked here is marked.
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client";
import { useResource } from "../api/resource";
import type { JobState, Notice, Page } from "../api/types";
import { Said, visible } from "../inert";
import { Head } from "../parts/page";
import { Paged } from "../parts/paged";
import { StatePill } from "../parts/pill";
import { Empty } from "../parts/states";
import { t, tIf } from "../texts";
import { Ago } from "../time";

const AN_ID = /^[a-z]+_[0-9A-Z]{26}$/;

function titleOf(n: Notice): string {
  return n.job ?? n.project ?? n.dataset ?? n.subject;
}

interface Story { last: Notice; before: Notice[] }

/** Moves of one job that follow each other are one piece of news: its last state. */
function storiesOf(items: Notice[]): Story[] {
  const stories: Story[] = [];
  for (const n of items) {
    const now = stories.at(-1);
    const goesOn = n.kind === "job.state" && now?.last.kind === n.kind && now.last.subject === n.subject;
    if (goesOn) now.before.push(n);
    else stories.push({ last: n, before: [] });
  }
  return stories;
}

function Before({ of }: { of: Notice[] }) {
  if (of.length === 0) return null;
  const states = of.map((n) => tIf(`job.state.${n.state}`, n.state)).reverse().join(" → ");
  return <span class="row-sub">{t("news.earlier", { states })}</span>;
}

function News({ of: { last: n, before }, fresh }: { of: Story; fresh: boolean }) {
  const known = tIf(`notice.${n.kind}.${n.state}`, "") || tIf(`notice.${n.kind}`, `${n.kind} ${n.state}`);
  const said = n.kind === "job.state" ? tIf(`next.${n.state}`, n.state) : known;
  return (
    <li class={fresh ? "row fresh" : "row"}>
      <a class="row-link" href={n.link}>
        <span class="row-title">{fresh && <span class="dot"><span class="unseen">{t("news.new")}</span></span>}<Said text={titleOf(n)} /></span>
        <span class="row-sub">
          {said}{" "}· {n.person ? <Said text={n.person.name} /> : t("news.site")}
          {n.dataset && <> · <span class="mono">{visible(n.dataset)}</span></>}
        </span>
        {n.reason && !AN_ID.test(n.reason) && <span class="row-sub comment" dir="auto">{visible(n.reason)}</span>}
        <Before of={before} />
      </a>
      <span class="row-side">
        {n.kind === "job.state" && <StatePill state={n.state as JobState} />}
        <span class="muted row-age"><Ago at={n.time} /></span>
      </span>
    </li>
  );
}

/** Marks everything up to the newest as seen; what was new when one came stays marked here. */
function useSeenUpTo(): number {
  const newest = useResource<Page<Notice>>("/notices?limit=20");
  const top = newest.data?.items[0];
  const [from, setFrom] = useState<number>();
  useEffect(() => {
    if (!newest.data) return;
    const firstSeen = newest.data.items.find((n) => n.seen)?.seq ?? 0;
    setFrom((f) => f ?? firstSeen);
    if (top && !top.seen) {
      void call("/notices/seen", { method: "PUT", json: { seq: top.seq } }).then(newest.reload, () => {});
    }
  }, [top?.seq]);
  return from ?? Infinity;
}

export function Notifications() {
  const seen = useSeenUpTo();
  return (
    <>
      <Head title={t("nav.notifications")} note={<p>{t("news.lead")}</p>} />
      <ul class="rows">
        <Paged<Notice> path="/notices?limit=50" empty={<li><Empty title={t("news.empty")} /></li>}>
          {(items) => storiesOf(items).map((s) => <News key={s.last.seq} of={s} fresh={s.last.seq > seen} />)}
        </Paged>
      </ul>
    </>
  );
}
