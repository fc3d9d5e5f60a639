// publication.tsx -- whether researchers may see a dataset: what that needs, and the way back.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import type { Dataset } from "../api/types";
import { Dialog } from "../parts/dialog";
import { useAct } from "../parts/form";
import { Icon } from "../parts/icon";
import { Card } from "../parts/page";
import { Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { go } from "../router";
import { t, type Key } from "../texts";
import type { Part } from "./dataset";

interface Need { met: boolean; text: Key; tab: string }

function needsOf(d: Dataset): Need[] {
  return [
    { met: Boolean(d.data_version), text: "publish.data", tab: "data" },
    { met: Boolean(d.mock_rows), text: "publish.mock", tab: "mock" },
    { met: Boolean(d.policy), text: "publish.policy", tab: "policy" },
  ];
}

function Needs({ of, name }: { of: Need[]; name: string }) {
  return (
    <>
      <h3>{t("publish.needs")}</h3>
      <ul class="requirements">
        {of.map((n) => (
          <li key={n.text} class={n.met ? "met" : "unmet"}>
            <Icon name={n.met ? "met" : "open"} />
            <span>
              <a href={`/datasets/${name}?tab=${n.tab}`}>{t(n.text)}</a>
              <span class="unseen"> {n.met ? t("requirements.met") : t("requirements.unmet")}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Publication({ d, reload }: Part) {
  const act = useAct();
  const [asking, setAsking] = useState(false);
  const flip = () => act.run(async () => {
    await call(`/datasets/${d.name}/publication`, d.published ? { method: "DELETE" } : { method: "POST", json: {} });
    say(d.published ? t("dataset.unpublished_now") : t("dataset.published_now"));
    await reload();
  });
  const archive = () => act.run(async () => {
    await call(`/datasets/${d.name}`, { method: "DELETE" });
    setAsking(false);
    say(t("dataset.archived_now"));
    go("/datasets");
  });
  const needs = needsOf(d);
  if (d.archived) return null;
  return (
    <Card title={t("dataset.publication")}>
      <p class="muted">{d.published ? t("dataset.is_published") : t("dataset.not_published")}</p>
      {!d.published && <Needs of={needs} name={d.name} />}
      {needs.some((n) => !n.met) && <p><a href={`/datasets/new?dataset=${d.name}`}>{t("wizard.resume")}</a></p>}
      {act.refusal && <Trouble refusal={act.refusal} />}
      <div class="buttons">
        <button type="button" class={d.published ? "" : "main"} aria-busy={act.busy}
          disabled={!d.published && needs.some((n) => !n.met)} onClick={() => void flip()}>
          {d.published ? t("dataset.unpublish") : t("dataset.publish")}
        </button>
        <button type="button" class="danger" onClick={() => setAsking(true)}>{t("dataset.archive")}</button>
      </div>
      {asking && (
        <Dialog title={t("dataset.archive_title")} onClose={() => setAsking(false)}>
          <p>{t("dataset.archive_lead")}</p>
          <div class="buttons">
            <button type="button" class="main danger" aria-busy={act.busy} onClick={() => void archive()}>
              {t("dataset.archive")}
            </button>
            <button type="button" onClick={() => setAsking(false)}>{t("act.cancel")}</button>
          </div>
        </Dialog>
      )}
    </Card>
  );
}
