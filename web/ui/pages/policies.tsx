// policies.tsx -- every policy that was in force for a dataset, the newest first, and what
// changed with each: in sentences, and line by line.
import { useMemo, useState } from "preact/hooks";
import { useAll, useResource } from "../api/resource";
import type { Dataset, PastPolicy, PolicyWord } from "../api/types";
import { visible } from "../inert";
import { DiffView, type Sides } from "../parts/diff";
import { Card, Head } from "../parts/page";
import { Pill } from "../parts/pill";
import { PolicyWords, Sentence } from "../parts/policy_words";
import { Empty, Show } from "../parts/states";
import { t } from "../texts";
import { Moment } from "../time";

/** Sentences with the same subject say the same thing of two policies. */
function subjectOf(w: PolicyWord): string {
  const about = /^(lane|approvals|input\.columns|output\.exceptions)/.exec(w.id)?.[0] ?? w.id;
  return `${about} ${w.params.lane ?? ""}`;
}

interface Change { was: PolicyWord | undefined; now: PolicyWord | undefined }

/** The sentences that differ, each beside the one that it took the place of. */
function changesOf(before: PolicyWord[], after: PolicyWord[]): Change[] {
  const old = new Map(before.map((w) => [subjectOf(w), w]));
  const changes: Change[] = [];
  for (const now of after) {
    const was = old.get(subjectOf(now));
    old.delete(subjectOf(now));
    if (was?.text !== now.text) changes.push({ was, now });
  }
  return [...changes, ...[...old.values()].map((was) => ({ was, now: undefined }))];
}

function Changes({ of }: { of: Change[] }) {
  if (of.length === 0) return <p class="muted">{t("policies.same_words")}</p>;
  return (
    <ul class="changes">
      {of.map(({ was, now }, i) => (
        <li key={i}>
          {was && <del><span class="unseen">{t("diff.removed")}: </span><Sentence of={was} /></del>}
          {now && <ins><span class="unseen">{t("diff.added")}: </span><Sentence of={now} /></ins>}
        </li>
      ))}
    </ul>
  );
}

const nowhere = { job: "", version: 0, may: false, reviews: false, reload: async () => {} };
const silent: Sides = { before: nowhere, after: nowhere, saidBefore: new Map(), saidAfter: new Map() };
const textOf = (p: PastPolicy) => JSON.stringify(p.document, null, 2) + "\n";

/** Both documents as lines; worked out when it is opened, one at a time on the page. */
function Documents({ before, after }: { before: PastPolicy; after: PastPolicy }) {
  const [open, setOpen] = useState(false);
  return (
    <details name="documents" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t("policies.document")}</summary>
      {open && <DiffView before={textOf(before)} after={textOf(after)} ignoreSpace={false} look="unified" sides={silent} />}
    </details>
  );
}

function Version({ of, before, current }: { of: PastPolicy; before: PastPolicy | undefined; current: boolean }) {
  const changes = useMemo(() => before && changesOf(before.words, of.words), [before, of]);
  return (
    <Card title={`${t("dataset.version", { n: of.version })} · ${visible(of.name)}`} extra={
      <span class="head-line">
        {current && <Pill tone="good">{t("policies.now")}</Pill>}
        <span class="muted">{t("policies.since")} <Moment at={of.since} /></span>
      </span>
    }>
      <h3>{t(changes ? "policies.changed" : "policies.first")}</h3>
      {changes ? <Changes of={changes} /> : <PolicyWords words={of.words} />}
      {before && <Documents before={before} after={of} />}
    </Card>
  );
}

export function Policies({ name }: { name: string }) {
  const dataset = useResource<Dataset>(`/datasets/${encodeURIComponent(name)}`);
  const all = useAll<PastPolicy>(`/datasets/${encodeURIComponent(name)}/policy/versions?limit=200`);
  const title = dataset.data ? visible(dataset.data.title) : name;
  return (
    <>
      <Head title={t("policies.title", { name: title })} note={<p>{t("policies.lead")}</p>}
        back={{ to: `/datasets/${name}?tab=policy`, text: title }} />
      <Show of={all}>
        {(list) => list.length === 0 ? <Empty title={t("policies.empty")} /> : (
          <>
            {list.map((p, i) => (
              <Version key={p.version} of={p} before={list[i - 1]} current={i === list.length - 1} />
            )).reverse()}
          </>
        )}
      </Show>
    </>
  );
}
