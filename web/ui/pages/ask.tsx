// ask.tsx -- a dataset that one may know of but not use: what its owner wrote, the way to
// ask for it, and what became of that.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useAll, useResource } from "../api/resource";
import type { AccessRequest, AccessState, Listing } from "../api/types";
import { Said, visible } from "../inert";
import { Area, Form, useAct } from "../parts/form";
import { Card, Facts, Head } from "../parts/page";
import { Pill } from "../parts/pill";
import { Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { t } from "../texts";
import { Moment } from "../time";

export const PURPOSE_MAX = 4000;

const tones = { open: "wait", granted: "good", refused: "bad", withdrawn: "plain" } as const;

export function AccessPill({ state }: { state: AccessState }) {
  return <Pill tone={tones[state]}>{t(`access.state.${state}`)}</Pill>;
}

/** What was asked and answered, for both who asked and who answers. */
export function AskedWords({ r }: { r: AccessRequest }) {
  return (
    <>
      <p class="comment" dir="auto">{visible(r.purpose)}</p>
      {r.comment && (
        <p class="comment muted" dir="auto">{visible(r.decided_by?.name ?? "")}: {visible(r.comment)}</p>
      )}
    </>
  );
}

function AskForm({ name, reload }: { name: string; reload: () => Promise<void> }) {
  const [purpose, setPurpose] = useState("");
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  return (
    <Form act={act} send={t("access.ask")} onSend={async () => {
      await call(`/datasets/${name}/access_requests`, { method: "POST", key, json: { purpose } });
      setKey(freshKey());
      setPurpose("");
      say(t("access.asked_now"));
      await reload();
    }}>
      <Area label={t("access.purpose")} hint={t("access.purpose_hint")} required maxLength={PURPOSE_MAX}
        value={purpose} onValue={setPurpose} />
    </Form>
  );
}

function Waiting({ r, owner, reload }: { r: AccessRequest; owner: string; reload: () => Promise<void> }) {
  const act = useAct();
  const withdraw = () => act.run(async () => {
    await call(`/datasets/${r.dataset}/access_requests/${r.id}`, { method: "DELETE" });
    say(t("access.withdrawn_now"));
    await reload();
  });
  return (
    <>
      <p><AccessPill state={r.state} /> {t("access.waits", { who: visible(owner) })}</p>
      <p class="muted"><Moment at={r.asked_at} /></p>
      <AskedWords r={r} />
      {act.refusal && <Trouble refusal={act.refusal} />}
      <div class="buttons">
        <button type="button" aria-busy={act.busy} onClick={() => void withdraw()}>{t("access.withdraw")}</button>
      </div>
    </>
  );
}

function Earlier({ of }: { of: AccessRequest[] }) {
  if (of.length === 0) return null;
  return (
    <Card title={t("access.earlier")}>
      <ul class="stack-list">
        {[...of].reverse().map((r) => (
          <li key={r.id}>
            <AccessPill state={r.state} /> <span class="muted"><Moment at={r.asked_at} /></span>
            <AskedWords r={r} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Asking({ d, all, reload }: { d: Listing; all: AccessRequest[]; reload: () => Promise<void> }) {
  const open = all.find((r) => r.state === "open");
  return (
    <>
      <Card title={t("access.title")}>
        {open ? <Waiting r={open} owner={d.owner.name} reload={reload} /> : (
          <>
            <p class="muted">{t("access.lead", { who: visible(d.owner.name) })}</p>
            <AskForm name={d.name} reload={reload} />
          </>
        )}
      </Card>
      <Earlier of={all.filter((r) => r.state !== "open")} />
    </>
  );
}

export function AskPage({ name }: { name: string }) {
  const listing = useResource<Listing>(`/catalogue/${encodeURIComponent(name)}`);
  const asked = useAll<AccessRequest>(`/datasets/${encodeURIComponent(name)}/access_requests?limit=200`);
  return (
    <Show of={listing} rows={6}>
      {(d) => (
        <>
          <Head title={visible(d.title)} back={{ to: "/datasets", text: t("nav.datasets") }}
            note={<p class="head-line"><code>{d.name}</code></p>} />
          <div class="two">
            <div>
              <Card title={t("dataset.about")}>
                <p><Said text={d.description || t("dataset.no_description")} /></p>
                <Facts wide of={[[t("dataset.owner"), <Said text={d.owner.name} />]]} />
                <p class="muted">{t("access.unseen")}</p>
              </Card>
            </div>
            <div><Show of={asked}>{(all) => <Asking d={d} all={all} reload={asked.reload} />}</Show></div>
          </div>
        </>
      )}
    </Show>
  );
}
