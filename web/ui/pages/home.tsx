// home.tsx -- the researcher's start: first steps, projects, and jobs by whose turn it is.
import { useResource } from "../api/resource";
import type { Budget, Dataset, Job, Page, Project } from "../api/types";
import { shown } from "../decimal";
import { Said } from "../inert";
import { BudgetBar } from "../parts/budget";
import { Icon } from "../parts/icon";
import { Card, Head } from "../parts/page";
import { Empty, Show } from "../parts/states";
import { t } from "../texts";
import { isMine, JobRow, JobTabs, useOpenJobs } from "./inbox";

interface Step { done: boolean; text: string; to: string }

/** What a researcher does first; gone once the first job is submitted. */
function FirstSteps({ datasets, projects, jobs }:
  { datasets: Dataset[]; projects: Project[]; jobs: Job[] }) {
  if (jobs.length > 0) return null;
  const first = datasets[0]?.name;
  const steps: Step[] = [
    { done: false, text: t("steps.dictionary"), to: first ? `/datasets/${first}?tab=columns` : "/datasets" },
    { done: projects.length > 0, text: t("steps.project"), to: "/projects" },
    { done: false, text: t("steps.mock"), to: first ? `/datasets/${first}?tab=mock` : "/datasets" },
    { done: jobs.length > 0, text: t("steps.submit"), to: "/jobs/new" },
  ];
  return (
    <Card title={t("steps.title")}>
      <ol class="requirements">
        {steps.map((s) => (
          <li key={s.text} class={s.done ? "met" : "unmet"}>
            <Icon name={s.done ? "met" : "open"} /><a href={s.to}>{s.text}</a>
          </li>
        ))}
      </ol>
    </Card>
  );
}

export function BudgetLine({ name }: { name: string }) {
  const budget = useResource<Budget>(`/datasets/${name}/budget`);
  if (!budget.data) return null;
  return (
    <div>
      <BudgetBar budget={budget.data} />
      <span class="muted num">
        {t("budget.line", { free: shown(budget.data.free), total: shown(budget.data.epsilon) })}
      </span>
    </div>
  );
}

function Projects({ of }: { of: Project[] }) {
  if (of.length === 0) {
    return <Empty title={t("projects.empty")}><p><a href="/projects">{t("projects.new")}</a></p></Empty>;
  }
  return (
    <ul class="stack-list">
      {of.map((p) => (
        <li key={p.id}>
          <strong><Said text={p.title} /></strong>
          <p class="muted"><Said text={p.purpose} /></p>
          {p.datasets.map((d) => (
            <div key={d}><a class="mono" href={`/datasets/${d}`}>{d}</a><BudgetLine name={d} /></div>
          ))}
        </li>
      ))}
    </ul>
  );
}

function MyTurn({ jobs }: { jobs: Job[] }) {
  if (jobs.length === 0) return <p class="muted">{t("home.nothing")}</p>;
  return <ul class="rows">{jobs.map((j) => <JobRow key={j.id} job={j} />)}</ul>;
}

const RECENT = 8;

function Recent({ jobs }: { jobs: Job[] }) {
  if (jobs.length === 0) return null;
  return (
    <Card title={t("home.recent")} extra={<a href="/jobs?show=all">{t("home.all")}</a>}>
      <ul class="rows">{jobs.slice(0, RECENT).map((j) => <JobRow key={j.id} job={j} />)}</ul>
    </Card>
  );
}

export function Home() {
  const open = useOpenJobs();
  const jobs = useResource<Page<Job>>("/jobs?limit=20");
  const projects = useResource<Page<Project>>("/projects?limit=200");
  const datasets = useResource<Page<Dataset>>("/datasets?limit=200");
  return (
    <>
      <Head title={t("home.title")} note={<p>{t("home.lead")}</p>}>
        <a class="button main" href="/jobs/new">{t("jobs.new")}</a>
      </Head>
      <div class="two">
        <div>
          {jobs.data && (
            <FirstSteps jobs={jobs.data.items} projects={projects.data?.items ?? []}
              datasets={datasets.data?.items ?? []} />
          )}
          <Card title={t("home.mine")}>
            <Show of={open}>{(all) => <MyTurn jobs={all.filter(isMine)} />}</Show>
          </Card>
          <Show of={jobs}>{(page) => <Recent jobs={page.items.filter((j) => !isMine(j))} />}</Show>
        </div>
        <div>
          <Card title={t("projects.title")}>
            <Show of={projects}>{(page) => <Projects of={page.items} />}</Show>
          </Card>
        </div>
      </div>
    </>
  );
}

export function Jobs() {
  return (
    <>
      <Head title={t("jobs.title")}>
        <a class="button main" href="/jobs/new">{t("jobs.new")}</a>
      </Head>
      <JobTabs start="all" />
    </>
  );
}
