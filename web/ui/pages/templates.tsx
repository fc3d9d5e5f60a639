// templates.tsx -- programs with holes that reviewers sign beforehand: a job that fills one
// within its bounds needs nobody's look.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useAll, useResource } from "../api/resource";
import type { Dataset, DatasetPolicy, Lane, Template } from "../api/types";
import { shown, typed } from "../decimal";
import { visible } from "../inert";
import { CodeView } from "../parts/code";
import { Editor } from "../parts/editor";
import { Choice, Field, Form, useAct } from "../parts/form";
import { Card, Facts } from "../parts/page";
import { Pill } from "../parts/pill";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { myId } from "../session";
import { t } from "../texts";

type Hole = Template["parameters"][string];
interface Part { d: Dataset; reload: () => Promise<void> }

const noMarks: never[] = [];
const HOLE = /\$\{([A-Za-z_]\w*)\}/g;
const lanes: Lane[] = ["dp", "exact", "rows"];

/** What may stand in a hole, in words. */
function holeText(h: Hole): string {
  if (h.values) return h.values.map(visible).join(", ");
  return `${visible(h.lower ?? "")} … ${visible(h.upper ?? "")}`;
}

function One({ tpl, d, reload, mayReview, version }:
  Part & { tpl: Template; mayReview: boolean; version: number | undefined }) {
  const act = useAct();
  const path = `/datasets/${d.name}/templates/${tpl.id}`;
  const does = (ask: () => Promise<unknown>) => () => void act.run(async () => {
    await ask();
    say(t("act.saved"));
    await reload();
  });
  const old = version !== undefined && tpl.policy_version !== version;
  const signed = tpl.signatures.some((s) => s.id === myId());
  return (
    <Card title={visible(tpl.name)} extra={tpl.ended_at ? <Pill tone="plain">{t("template.ended")}</Pill>
      : old ? <Pill tone="wait">{t("template.old")}</Pill> : <Pill tone="good">{t("template.active")}</Pill>}>
      <Facts wide of={[
        [t("job.lane"), t(`lane.${tpl.lane}`)],
        [t("template.price"), `ε ${shown(tpl.max_epsilon)}`],
        [t("template.signed"), tpl.signatures.map((s) => visible(s.name)).join(", ")],
        ...Object.entries(tpl.parameters).map(([n, h]): [string, string] => [`\${${visible(n)}}`, holeText(h)]),
      ]} />
      <CodeView source={tpl.source} marks={noMarks} findings={noMarks} />
      {act.refusal && <Trouble refusal={act.refusal} />}
      {mayReview && !tpl.ended_at && (
        <div class="buttons">
          {!signed && (
            <button type="button" class="main" aria-busy={act.busy} onClick={does(() =>
              call(`${path}/signatures`, { method: "POST", json: {} }))}>{t("template.sign")}</button>
          )}
          <button type="button" class="danger" aria-busy={act.busy} onClick={does(() =>
            call(path, { method: "DELETE" }))}>{t("template.end")}</button>
        </div>
      )}
    </Card>
  );
}

/** A hole as it is typed: bounds, or words apart by commas. */
interface TypedHole { lower: string; upper: string; words: string }
const blank: TypedHole = { lower: "", upper: "", words: "" };

function holeOf(h: TypedHole): Hole {
  const values = h.words.split(",").map((w) => w.trim()).filter(Boolean);
  return values.length > 0 ? { values } : { lower: typed(h.lower), upper: typed(h.upper) };
}

function HoleFields({ name, h, set }: { name: string; h: TypedHole; set: (h: TypedHole) => void }) {
  return (
    <fieldset class="ticks">
      <legend><code>{`\${${name}}`}</code></legend>
      <div class="grid2">
        <Field label={t("template.lower")} inputMode="decimal" value={h.lower} onValue={(lower) => set({ ...h, lower })} />
        <Field label={t("template.upper")} inputMode="decimal" value={h.upper} onValue={(upper) => set({ ...h, upper })} />
      </div>
      <Field label={t("template.words")} value={h.words} onValue={(words) => set({ ...h, words })} />
    </fieldset>
  );
}

function NewTemplate({ d, reload }: Part) {
  const [name, setName] = useState("");
  const [lane, setLane] = useState<Lane>("dp");
  const [source, setSource] = useState("");
  const [epsilon, setEpsilon] = useState("");
  const [typedHoles, setHoles] = useState<Record<string, TypedHole>>({});
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  const names = [...new Set([...source.matchAll(HOLE)].map((m) => m[1]!))];
  const holes = Object.fromEntries(names.map((n) => [n, typedHoles[n] ?? blank]));
  return (
    <details class="card">
      <summary>{t("template.new")}</summary>
      <p class="muted">{t("template.new_lead")}</p>
      <Form act={act} send={t("template.make")} onSend={async () => {
        const parameters = Object.fromEntries(names.map((n) => [n, holeOf(holes[n]!)]));
        const json = { name, lane, source, parameters, max_epsilon: typed(epsilon) };
        await call(`/datasets/${d.name}/templates`, { method: "POST", json, key });
        setKey(freshKey());
        setName("");
        setSource("");
        say(t("act.saved"));
        await reload();
      }}>
        <Field label={t("editor.title")} required maxLength={200} value={name} onValue={setName} />
        <div class="grid2">
          <Choice label={t("job.lane")} value={lane} onValue={setLane} options={lanes.map((l) => [l, t(`lane.${l}`)])} />
          <Field label={t("template.price")} required inputMode="decimal" value={epsilon} onValue={setEpsilon} />
        </div>
        <Editor label={t("editor.source")} value={source} onValue={setSource} findings={noMarks} />
        {names.map((n) => (
          <HoleFields key={n} name={n} h={holes[n]!} set={(h) => setHoles({ ...typedHoles, [n]: h })} />
        ))}
      </Form>
    </details>
  );
}

export function TemplatesTab({ d }: { d: Dataset }) {
  const all = useAll<Template>(`/datasets/${d.name}/templates?limit=200`);
  const policy = useResource<DatasetPolicy>(`/datasets/${d.name}/policy`);
  const mayReview = d.owner?.id === myId() || (d.reviewers ?? []).some((r) => r.id === myId());
  return (
    <>
      <p class="muted pad">{t("template.lead")}</p>
      {mayReview && <NewTemplate d={d} reload={all.reload} />}
      <Show of={all}>
        {(list) => list.length === 0 ? <Empty title={t("template.none")} /> : (
          <>
            {list.map((x) => (
              <One key={x.id} tpl={x} d={d} reload={all.reload} mayReview={mayReview} version={policy.data?.version} />
            ))}
          </>
        )}
      </Show>
    </>
  );
}
