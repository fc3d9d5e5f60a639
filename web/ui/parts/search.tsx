// search.tsx -- finds pages, jobs, datasets, projects and people by what their names hold,
// among those that the reader may list.
import { useMemo, useState } from "preact/hooks";
import { useAll } from "../api/resource";
import type { Dataset, Job, Project, User } from "../api/types";
import { visible } from "../inert";
import { navOf } from "../nav";
import { go } from "../router";
import { hasRole, useSession } from "../session";
import { t, tIf, tn, type Key } from "../texts";
import { Dialog } from "./dialog";
import { Field } from "./form";

const HITS_MAX = 12;

interface Hit { to: string; kind: Key; title: string; more: string }

const hitOf = {
  job: (j: Job): Hit => ({ to: `/jobs/${j.id}`, kind: "search.kind.job", title: j.title,
    more: `${j.author?.name ?? ""} · ${j.dataset} · ${tIf(`job.state.${j.state}`, j.state)}` }),
  dataset: (d: Dataset): Hit => ({ to: `/datasets/${d.name}`, kind: "search.kind.dataset", title: d.title, more: d.name }),
  project: (p: Project): Hit => ({ to: `/projects/${p.id}`, kind: "search.kind.project", title: p.title, more: p.purpose }),
  person: (u: User): Hit => ({ to: "/people", kind: "search.kind.person", title: u.name, more: u.email }),
};

/** All that can be found; what the reader may not list is not asked for. */
function useFindable(): Hit[] {
  const { user } = useSession();
  const jobs = useAll<Job>("/jobs?limit=200");
  const datasets = useAll<Dataset>("/datasets?limit=200");
  const projects = useAll<Project>("/projects?limit=200");
  const people = useAll<User>(hasRole("admin") ? "/users?limit=200" : null);
  const lists = [jobs.data, datasets.data, projects.data, people.data];
  return useMemo(() => [
    ...navOf(user?.roles ?? []).map((n): Hit => ({ to: n.path, kind: "search.kind.page", title: t(n.text), more: "" })),
    ...(datasets.data ?? []).map(hitOf.dataset), ...(jobs.data ?? []).map(hitOf.job),
    ...(projects.data ?? []).map(hitOf.project), ...(people.data ?? []).map(hitOf.person),
  ], lists);
}

/** Those that hold every word, the title's matches first. */
function matching(all: Hit[], typed: string): Hit[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const holds = (text: string) => words.every((w) => text.toLowerCase().includes(w));
  const found = all.filter((h) => holds(`${h.title} ${h.more} ${h.to}`));
  return [...found.filter((h) => holds(h.title)), ...found.filter((h) => !holds(h.title))];
}

/** Arrow keys move between the field and what is found. */
function onArrows(e: KeyboardEvent): void {
  const by = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
  if (by === 0) return;
  const all = [...(e.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("input, .hits a")];
  e.preventDefault();
  all[all.indexOf(document.activeElement as HTMLElement) + by]?.focus();
}

export function Search({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const all = useFindable();
  const found = useMemo(() => matching(all, typed), [all, typed]);
  return (
    <Dialog title={t("search.title")} onClose={onClose}>
      <form onKeyDown={onArrows} onSubmit={(e) => {
        e.preventDefault();
        if (!found[0]) return;
        onClose();
        go(found[0].to);
      }}>
        <Field label={t("search.label")} value={typed} autocomplete="off" spellcheck={false} onValue={setTyped} autoFocus hint={t("search.hint")} />
        <p class="unseen" role="status">{typed.trim() && tn("search.found", found.length)}</p>
        {typed.trim() && found.length === 0 && <p class="muted pad">{t("search.none")}</p>}
        <ul class="hits">
          {found.slice(0, HITS_MAX).map((h) => (
            <li key={h.kind + h.to + h.more}>
              <a href={h.to} onClick={onClose}>
                <span class="row-title" dir="auto">{visible(h.title)}</span>
                <span class="row-sub"><span class="tag">{t(h.kind)}</span> <span dir="auto">{visible(h.more)}</span></span>
              </a>
            </li>
          ))}
        </ul>
        <div class="buttons"><button type="button" onClick={onClose}>{t("act.close")}</button></div>
      </form>
    </Dialog>
  );
}
