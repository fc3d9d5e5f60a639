// requests.tsx -- who asks for a dataset, for its owner to decide; and whether it may be
// known at all.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useAll } from "../api/resource";
import type { AccessRequest, Dataset } from "../api/types";
import { Said, visible } from "../inert";
import { Dialog } from "../parts/dialog";
import { Area, Form, Tick, useAct } from "../parts/form";
import { Card } from "../parts/page";
import { Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { t, tn } from "../texts";
import { Moment } from "../time";
import { AccessPill, AskedWords, PURPOSE_MAX } from "./ask";

interface Own { d: Dataset; reload: () => Promise<void> }

/** A decision about the request as it is at the click. */
async function decide(r: AccessRequest, json: { decision: "grant" | "refuse"; comment?: string }): Promise<void> {
  const path = `/datasets/${r.dataset}/access_requests/${r.id}`;
  const seen = await call<AccessRequest>(path);
  await call(`${path}/decision`, { method: "POST", json, ifMatch: seen.etag });
}

function Refusing({ r, done, close }: { r: AccessRequest; done: () => Promise<void>; close: () => void }) {
  const [comment, setComment] = useState("");
  const act = useAct();
  return (
    <Dialog title={t("access.refuse_title", { who: visible(r.researcher.name) })} onClose={close}>
      <Form act={act} send={t("access.refuse")} onSend={async () => {
        await decide(r, { decision: "refuse", comment });
        say(t("access.refused_now", { who: visible(r.researcher.name) }));
        close();
        await done();
      }} extra={<button type="button" onClick={close}>{t("act.cancel")}</button>}>
        <Area label={t("access.why")} hint={t("access.why_hint")} required autoFocus maxLength={PURPOSE_MAX}
          value={comment} onValue={setComment} />
      </Form>
    </Dialog>
  );
}

function Row({ r, reload }: { r: AccessRequest; reload: () => Promise<void> }) {
  const [refusing, setRefusing] = useState(false);
  const act = useAct();
  const who = visible(r.researcher.name);
  const grant = () => act.run(async () => {
    await decide(r, { decision: "grant" });
    say(t("grant.given", { who }));
    await reload();
  });
  return (
    <li>
      <p>
        <strong><Said text={r.researcher.name} /></strong>{" "}
        <span class="muted detail">{visible(r.researcher.email)} · <Moment at={r.asked_at} /></span>
      </p>
      <AskedWords r={r} />
      {r.state !== "open" ? <AccessPill state={r.state} /> : (
        <div class="buttons small">
          <button type="button" class="main" aria-busy={act.busy} onClick={() => void grant()}>
            {t("grant.give")}<span class="unseen"> {who}</span>
          </button>
          <button type="button" class="danger" onClick={() => setRefusing(true)}>
            {t("access.refuse_open")}<span class="unseen"> {who}</span>
          </button>
        </div>
      )}
      {act.refusal && <Trouble refusal={act.refusal} />}
      {refusing && <Refusing r={r} done={reload} close={() => setRefusing(false)} />}
    </li>
  );
}

function List({ of, reload }: { of: AccessRequest[]; reload: () => Promise<void> }) {
  return <ul class="stack-list">{of.map((r) => <Row key={r.id} r={r} reload={reload} />)}</ul>;
}

function Known({ d, reload }: Own) {
  const act = useAct();
  const set = (discoverable: boolean) => act.run(async () => {
    await call(`/datasets/${d.name}`, { method: "PATCH", json: { discoverable } });
    say(t("act.saved"));
    await reload();
  });
  return (
    <>
      <Tick label={t("access.known")} checked={d.discoverable} onTick={(on) => void set(on)} />
      <p class="hint">{t(d.published ? "access.known_hint" : "access.known_later")}</p>
      {act.refusal && <Trouble refusal={act.refusal} />}
    </>
  );
}

/** The owner's queue; what is open comes first, the oldest on top. */
export function Requests({ d, reload }: Own) {
  const all = useAll<AccessRequest>(`/datasets/${d.name}/access_requests?limit=200`);
  const both = async () => {
    await Promise.all([all.reload(), reload()]);
  };
  return (
    <Card title={t("access.queue")}>
      <Known d={d} reload={reload} />
      <Show of={all}>
        {(list) => {
          const open = list.filter((r) => r.state === "open");
          const ended = list.filter((r) => r.state !== "open").reverse();
          return (
            <>
              {open.length === 0 ? <p class="muted">{t("access.none")}</p> : <List of={open} reload={both} />}
              {ended.length > 0 && (
                <details>
                  <summary>{tn("access.ended", ended.length)}</summary>
                  <List of={ended} reload={both} />
                </details>
              )}
            </>
          );
        }}
      </Show>
    </Card>
  );
}
