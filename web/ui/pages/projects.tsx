// projects.tsx -- a researcher's purposes, and the datasets that each may use.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useResource } from "../api/resource";
import type { Dataset, Page, Project } from "../api/types";
import { Said } from "../inert";
import { Area, Field, Form, Tick, useAct } from "../parts/form";
import { Card, Facts, Head } from "../parts/page";
import { Empty, Show } from "../parts/states";
import { say } from "../parts/toast";
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

export function Projects() {
  const projects = useResource<Page<Project>>("/projects?limit=200");
  const datasets = useResource<Page<Dataset>>("/datasets?limit=200");
  return (
    <>
      <Head title={t("projects.title")} note={<p>{t("projects.lead")}</p>} />
      <div class="two">
        <div>
          <Show of={projects}>
            {(page) => page.items.length === 0 ? <Empty title={t("projects.empty")} /> : (
              <>
                {page.items.map((p) => (
                  <section key={p.id} class="card">
                    <h2><Said text={p.title} /></h2>
                    <p><Said text={p.purpose} /></p>
                    <Facts of={[
                      [t("nav.datasets"), p.datasets.map((d, i) => (
                        <>{i > 0 && ", "}<a class="mono" href={`/datasets/${d}`}>{d}</a></>
                      ))],
                      [t("word.since"), <Moment at={p.created_at} />],
                    ]} />
                  </section>
                ))}
              </>
            )}
          </Show>
        </div>
        <div>
          <NewProject datasets={datasets.data?.items ?? []} onDone={() => void projects.reload()} />
        </div>
      </div>
    </>
  );
}
