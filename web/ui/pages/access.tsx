// access.tsx -- who asks for a dataset, who may use it, and who reviews its jobs beside the
// owner.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useAll } from "../api/resource";
import type { Dataset, GrantHeld, User } from "../api/types";
import { Said, visible } from "../inert";
import { Field, useAct } from "../parts/form";
import { Card } from "../parts/page";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { t, tn } from "../texts";
import { Moment } from "../time";
import { Requests } from "./requests";

const PICKS_MAX = 8;

interface Picker {
  title: string;
  /** The list of those who may be picked, but for `held`. */
  path: string;
  held: Set<string>;
  find: string;
  verb: string;
  nobody: string;
  pick: (u: User) => Promise<void>;
}

/** People whose name or e-mail holds what was typed, with a button each. */
function PeoplePicker({ title, path, held, find, verb, nobody, pick }: Picker) {
  const [typed, setTyped] = useState("");
  const people = useAll<User>(path);
  const act = useAct();
  const wanted = typed.trim().toLowerCase();
  const found = (people.data ?? []).filter((u) => !u.suspended && !held.has(u.id))
    .filter((u) => `${u.name} ${u.email}`.toLowerCase().includes(wanted));
  return (
    <Card title={title}>
      <Field label={find} type="search" value={typed} onValue={setTyped} hint={t("grant.find_hint")} />
      <p class="unseen" role="status">{tn("grant.found", found.length)}</p>
      <Show of={people}>
        {() => found.length === 0 ? <p class="muted pad">{nobody}</p> : (
          <ul class="picks">
            {found.slice(0, PICKS_MAX).map((u) => (
              <li key={u.id}>
                <span><Said text={u.name} /><span class="muted detail">{visible(u.email)}</span></span>
                <button type="button" aria-busy={act.busy} onClick={() => void act.run(() => pick(u))}>
                  {verb}<span class="unseen"> {visible(u.name)}</span>
                </button>
              </li>
            ))}
            {found.length > PICKS_MAX && <li class="muted">{tn("grant.more", found.length - PICKS_MAX)}</li>}
          </ul>
        )}
      </Show>
      {act.refusal && <Trouble refusal={act.refusal} />}
    </Card>
  );
}

function GrantRow({ g, name, reload }: { g: GrantHeld; name: string; reload: () => Promise<void> }) {
  const act = useAct();
  const take = () => act.run(async () => {
    await call(`/datasets/${name}/grants/${g.user_id}`, { method: "DELETE" });
    say(t("grant.taken", { who: visible(g.name) }));
    await reload();
  });
  return (
    <tr>
      <th scope="row"><Said text={g.name} /><span class="muted detail">{visible(g.email)}</span></th>
      <td class="muted"><Moment at={g.granted_at} /></td>
      <td class="num">
        <button type="button" class="danger" aria-busy={act.busy} onClick={() => void take()}>
          {t("grant.take")}<span class="unseen"> {visible(g.name)}</span>
        </button>
        {act.refusal && <Trouble refusal={act.refusal} />}
      </td>
    </tr>
  );
}

function GrantTable({ items, name, reload }: { items: GrantHeld[]; name: string; reload: () => Promise<void> }) {
  if (items.length === 0) return <Empty title={t("grant.none")} />;
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={t("grant.title")}>
      <table class="table">
        <caption class="unseen">{t("grant.title")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("job.author")}</th>
            <th scope="col">{t("grant.since")}</th>
            <th scope="col"><span class="unseen">{t("grant.act")}</span></th>
          </tr>
        </thead>
        <tbody>{items.map((g) => <GrantRow key={g.user_id} g={g} name={name} reload={reload} />)}</tbody>
      </table>
    </div>
  );
}

function Grants({ d }: { d: Dataset }) {
  const held = useAll<GrantHeld>(`/datasets/${d.name}/grants?limit=200`);
  const items = held.data ?? [];
  const give = async (u: User) => {
    await call(`/datasets/${d.name}/grants/${u.id}`, { method: "PUT", json: {} });
    say(t("grant.given", { who: visible(u.name) }));
    await held.reload();
  };
  return (
    <div class="two">
      <Card title={t("grant.title")}>
        <p class="muted">{t("grant.lead")}</p>
        <Show of={held}>{() => <GrantTable items={items} name={d.name} reload={held.reload} />}</Show>
      </Card>
      {held.data && (
        <PeoplePicker title={t("grant.pick")} path="/users?limit=200&role=researcher" verb={t("grant.give")}
          find={t("grant.find")}
          nobody={t("grant.nobody")} held={new Set(items.map((g) => g.user_id))} pick={give} />
      )}
    </div>
  );
}

type Named = Dataset["reviewers"][number];

function ReviewerRow({ r, drop }: { r: Named; drop: (r: Named) => Promise<void> }) {
  const act = useAct();
  return (
    <li>
      <Said text={r.name} />
      <button type="button" class="danger" aria-busy={act.busy} onClick={() => void act.run(() => drop(r))}>
        {t("reviewers.drop")}<span class="unseen"> {visible(r.name)}</span>
      </button>
      {act.refusal && <Trouble refusal={act.refusal} />}
    </li>
  );
}

function Reviewers({ d, reload }: { d: Dataset; reload: () => Promise<void> }) {
  const now = d.reviewers ?? [];
  const set = async (ids: string[], said: string) => {
    await call(`/datasets/${d.name}`, { method: "PATCH", json: { reviewers: ids } });
    say(said);
    await reload();
  };
  const ids = now.map((r) => r.id);
  return (
    <div class="two">
      <Card title={t("reviewers.title")}>
        <p class="muted">{t("reviewers.lead")}</p>
        <ul class="picks">
          <li>
            <span><Said text={d.owner?.name} /><span class="muted detail">{t("dataset.owner")}</span></span>
          </li>
          {now.map((r) => (
            <ReviewerRow key={r.id} r={r} drop={(x) => set(ids.filter((id) => id !== x.id),
              t("reviewers.dropped", { who: visible(x.name) }))} />
          ))}
        </ul>
      </Card>
      <PeoplePicker title={t("reviewers.pick")} path="/users?limit=200&role=owner" verb={t("reviewers.add")}
        find={t("reviewers.find")}
        nobody={t("reviewers.nobody")} held={new Set([...ids, d.owner?.id ?? ""])}
        pick={(u) => set([...ids, u.id], t("reviewers.added", { who: visible(u.name) }))} />
    </div>
  );
}

export function AccessTab({ d, reload }: { d: Dataset; reload: () => Promise<void> }) {
  return (
    <>
      <Requests d={d} reload={reload} />
      <Grants d={d} />
      <Reviewers d={d} reload={reload} />
    </>
  );
}
