// projects.tsx -- a researcher's purposes, and the datasets that each may use.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useAll, useResource } from "../api/resource";
import type { Dataset, Member, Project } from "../api/types";
import { Said, visible } from "../inert";
import { Area, Field, Form, Tick, useAct } from "../parts/form";
import { Card, Facts, Head } from "../parts/page";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { hasRole, myId } from "../session";
import { t } from "../texts";
import { Moment } from "../time";

function NewProject({ datasets, onDone }: { datasets: Dataset[]; onDone: () => void }) {
  const [title, setTitle] = useState("");
  const [purpose, setPurpose] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  const send = async () => {
    await call("/projects", { method: "POST", key, json: { title, purpose, datasets: chosen } });
    setTitle("");
    setPurpose("");
    setChosen([]);
    setKey(freshKey());
    say(t("projects.made"));
    onDone();
  };
  return (
    <Card title={t("projects.new")}>
      <Form act={act} send={t("projects.make")} onSend={send} disabled={chosen.length === 0}>
        <Field label={t("projects.name")} required maxLength={200} value={title} onValue={setTitle} />
        <Area label={t("job.purpose")} required maxLength={4000} value={purpose} onValue={setPurpose}
          hint={t("projects.purpose_hint")} />
        <fieldset class="ticks">
          <legend>{t("nav.datasets")}</legend>
          {datasets.length === 0 && <p class="muted">{t("projects.no_datasets")}</p>}
          {datasets.map((d) => (
            <Tick key={d.name} label={<><code>{d.name}</code> <Said text={d.title} /></>}
              checked={chosen.includes(d.name)}
              onTick={(on) => setChosen(on ? [...chosen, d.name] : chosen.filter((x) => x !== d.name))} />
          ))}
        </fieldset>
      </Form>
    </Card>
  );
}

function MemberRow({ m, project, mayChange, reload }:
  { m: Member; project: string; mayChange: boolean; reload: () => Promise<void> }) {
  const act = useAct();
  const drop = () => act.run(async () => {
    await call(`/projects/${project}/members/${m.id}`, { method: "DELETE" });
    say(t("act.saved"));
    await reload();
  });
  return (
    <li>
      <span><Said text={m.name} />{m.owner && <span class="muted detail">{t("members.maker")}</span>}</span>
      {mayChange && !m.owner && (
        <button type="button" class="danger" aria-busy={act.busy} onClick={() => void drop()}>
          {t("members.drop")}<span class="unseen"> {visible(m.name)}</span>
        </button>
      )}
      {act.refusal && <Trouble refusal={act.refusal} />}
    </li>
  );
}

/** Who works on a project. They name themselves by their account's id: researchers see no list of people. */
function Members({ p }: { p: Project }) {
  const all = useAll<Member>(`/projects/${p.id}/members?limit=200`);
  const [id, setId] = useState("");
  const act = useAct();
  const mayChange = p.researcher?.id === myId() || hasRole("admin");
  return (
    <Card title={t("members.title")}>
      <p class="muted">{t("members.lead")}</p>
      <Show of={all}>
        {(list) => (
          <ul class="picks">
            {list.map((m) => <MemberRow key={m.id} m={m} project={p.id} mayChange={mayChange} reload={all.reload} />)}
          </ul>
        )}
      </Show>
      {mayChange && (
        <Form act={act} tone="plain" send={t("members.add")} onSend={async () => {
          await call(`/projects/${p.id}/members/${id.trim()}`, { method: "PUT", json: {} });
          setId("");
          say(t("act.saved"));
          await all.reload();
        }}>
          <Field label={t("members.id")} required pattern="usr_[0-9A-Za-z]+" value={id} onValue={setId}
            hint={t("members.id_hint")} spellcheck={false} autocomplete="off" />
        </Form>
      )}
    </Card>
  );
}

function ProjectCard({ p, link }: { p: Project; link?: boolean }) {
  return (
    <section class="card">
      {link && <h2><a href={`/projects/${p.id}`}><Said text={p.title} /></a></h2>}
      <p><Said text={p.purpose} /></p>
      <Facts of={[
        [t("job.author"), p.researcher?.name && <Said text={p.researcher.name} />],
        [t("nav.datasets"), p.datasets.map((d, i) => (
          <span key={d}>{i > 0 && ", "}<a class="mono" href={`/datasets/${d}`}>{d}</a></span>
        ))],
        [t("word.since"), <Moment at={p.created_at} />],
      ]} />
    </section>
  );
}

export function ProjectPage({ id }: { id: string }) {
  const project = useResource<Project>(`/projects/${id}`);
  return (
    <Show of={project} rows={6}>
      {(p) => (
        <>
          <Head title={visible(p.title)} back={{ to: "/projects", text: t("projects.title") }} />
          <div class="two">
            <ProjectCard p={p} />
            <Members p={p} />
          </div>
        </>
      )}
    </Show>
  );
}

export function Projects() {
  const projects = useAll<Project>("/projects?limit=200");
  const datasets = useAll<Dataset>("/datasets?limit=200");
  return (
    <>
      <Head title={t("projects.title")} note={<p>{t("projects.lead")}</p>} />
      <div class="two">
        <div>
          <Show of={projects}>
            {(list) => list.length === 0 ? <Empty title={t("projects.empty")} />
              : <>{list.map((p) => <ProjectCard key={p.id} p={p} link />)}</>}
          </Show>
        </div>
        <div>
          <NewProject datasets={datasets.data ?? []} onDone={() => void projects.reload()} />
        </div>
      </div>
    </>
  );
}
