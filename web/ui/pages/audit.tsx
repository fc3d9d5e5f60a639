// audit.tsx -- every act in its chain, with a check that the chain hangs together.
import { useMemo, useState } from "preact/hooks";
import { call } from "../api/client";
import { useAll, useResource } from "../api/resource";
import type { AuditEntry, AuditHead, Checkpoint, Dataset, Page, User } from "../api/types";
import { whole } from "../decimal";
import { Said, visible } from "../inert";
import { Filter } from "../parts/filter";
import { useAct } from "../parts/form";
import { Icon } from "../parts/icon";
import { Card, Facts, Head } from "../parts/page";
import { Paged } from "../parts/paged";
import { ShortId } from "../parts/short_id";
import { Empty, Show, Trouble } from "../parts/states";
import { setQuery, useAddress } from "../router";
import { save } from "../save";
import { hasRole } from "../session";
import { t, tn } from "../texts";
import { Moment } from "../time";

const CHECKPOINTS_SHOWN = 6;

interface Verdict { good: boolean; text: string }

/** Walks the whole log: numbers without gaps, each entry naming the hash before it, the
 * last one being the head. What each hash covers only the command line recomputes. */
async function walk(): Promise<Verdict> {
  const head = (await call<AuditHead>("/audit/head")).data;
  let cursor = "";
  let before: AuditEntry | undefined;
  let n = 0;
  for (;;) {
    const page = (await call<Page<AuditEntry>>(
      `/audit?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`)).data;
    for (const e of page.items) {
      const linked = !before || ((e.prev === undefined || e.prev === before.hash) && e.seq === before.seq + 1);
      if (!linked) return { good: false, text: t("audit.broken", { seq: e.seq }) };
      before = e;
      n++;
      if (e.seq === head.entries && e.hash !== head.head)
        return { good: false, text: t("audit.head_differs") };
    }
    if (!page.next_cursor) break;
    cursor = page.next_cursor;
  }
  return { good: true, text: t("audit.linked", { n: whole(n) }) };
}

function HeadCard() {
  const head = useResource<AuditHead>("/audit/head");
  const [verdict, setVerdict] = useState<Verdict>();
  const act = useAct();
  return (
    <Card title={t("audit.head")}>
      <Show of={head}>
        {(h) => (
          <Facts of={[
            [t("audit.entries"), whole(h.entries)],
            [t("audit.hash"), <code class="hash">{h.head}</code>],
            [t("audit.key"), h.key ? <code class="hash">{h.key}</code> : ""],
          ]} />
        )}
      </Show>
      <div class="buttons">
        <button type="button" class="main" aria-busy={act.busy}
          onClick={() => void act.run(async () => setVerdict(await walk()))}>{t("audit.verify")}</button>
        <a class="button" href="/api/v1/audit/export" download="audit.jsonl">{t("audit.export")}</a>
      </div>
      <div role="status">
        {verdict && (
          <p class={verdict.good ? "good" : "bad"}>
            <Icon name={verdict.good ? "met" : "warn"} /> {verdict.text}
          </p>
        )}
      </div>
      {act.refusal && <Trouble refusal={act.refusal} />}
      <p class="muted">{t("audit.offline")}</p>
      <pre class="log" tabIndex={0}>datasite audit verify audit.jsonl</pre>
    </Card>
  );
}

/** The signed heads of the log as it was: kept elsewhere, they show a rewritten log. */
function CheckpointCard() {
  const all = useAll<Checkpoint>("/audit/checkpoints?limit=200");
  const act = useAct();
  const sign = () => act.run(async () => {
    await call("/audit/checkpoints", { method: "POST", json: {} });
    await all.reload();
  });
  return (
    <Card title={t("checkpoint.title")}>
      <p class="muted">{t("checkpoint.lead")}</p>
      <Show of={all}>
        {(list) => list.length === 0 ? <p class="muted">{t("checkpoint.none")}</p> : (
          <ul class="picks">
            {list.slice(-CHECKPOINTS_SHOWN).reverse().map((c) => (
              <li key={c.entries}>
                <span>{tn("checkpoint.after", c.entries)} <code class="muted">{c.head.slice(0, 12)}</code></span>
                <span class="muted"><Moment at={c.time} /></span>
              </li>
            ))}
          </ul>
        )}
      </Show>
      {act.refusal && <Trouble refusal={act.refusal} />}
      <div class="buttons">
        <button type="button" aria-busy={act.busy} onClick={() => void sign()}>{t("checkpoint.sign")}</button>
        <button type="button" disabled={!all.data?.length} onClick={() =>
          save("checkpoints.json", "application/json", JSON.stringify(all.data, null, 2))}>{t("audit.export")}</button>
      </div>
    </Card>
  );
}

type Names = Map<string, string>;

/** People and datasets by id, as far as the reader may list them. */
function useNames(): { people: Names; all: Names } {
  const users = useAll<User>(hasRole("admin") ? "/users?limit=200" : null);
  const datasets = useAll<Dataset>("/datasets?limit=200");
  return useMemo(() => {
    const people: Names = new Map((users.data ?? []).map((u) => [u.id, u.name]));
    return { people, all: new Map([...people, ...(datasets.data ?? []).map((d): [string, string] => [d.id, d.name])]) };
  }, [users.data, datasets.data]);
}

/** A person or dataset by name, or an id in short. */
function Ref({ id, names }: { id: string | null | undefined; names: Names }) {
  const name = names.get(id ?? "");
  return name ? <span title={visible(id)}><Said text={name} /></span> : <ShortId id={id} />;
}

function Row({ e, names }: { e: AuditEntry; names: Names }) {
  return (
    <tr>
      <td class="num">{e.seq}</td>
      <td><Moment at={e.time} /></td>
      <td><Ref id={e.actor} names={names} /></td>
      <td><code>{visible(e.verb)}</code></td>
      <td><Ref id={e.subject} names={names} /></td>
      <td>
        <details>
          <summary class="mono muted">{e.hash.slice(0, 10)}</summary>
          <pre class="log">{visible(JSON.stringify(e, null, 2)).replaceAll("␊", "\n")}</pre>
        </details>
      </td>
    </tr>
  );
}

/** What acts are about: the first word of their names. */
const kinds = ["job", "run", "result", "template", "budget", "raise", "freeze", "population", "dataset", "grant", "access",
  "project", "user", "session", "token", "webhook", "setting", "setup"] as const;

export function Audit() {
  const query = useAddress().searchParams;
  const find = (query.get("q") ?? "").toLowerCase();
  const kind = query.get("kind") ?? "";
  const actor = query.get("actor") ?? "";
  const { people, all: names } = useNames();
  const fits = (e: AuditEntry) =>
    `${e.actor} ${names.get(e.actor ?? "") ?? ""} ${e.verb} ${e.subject} ${JSON.stringify(e.facts)}`.toLowerCase().includes(find);
  const wanted = new URLSearchParams({ limit: "200", order: "newest" });
  if (kind) wanted.set("verb", `${kind}.`);
  if (actor) wanted.set("actor", actor);
  const heads = ["seq", "time", "actor", "verb", "subject", "entry"] as const;
  return (
    <>
      <Head title={t("nav.audit")} note={<p>{t("audit.lead")}</p>} />
      <div class="two">
        <Card title={t("audit.log")}>
          <div class="bar-row">
            <Filter name="kind" label={t("audit.about")} chosen={kind}
              options={kinds.map((k) => [k, t(`audit.kind.${k}`)])} />
            <Filter name="actor" label={t("audit.col.actor")} chosen={actor}
              options={[...people].map(([id, name]): [string, string] => [id, visible(name)])} />
            <label class="filter">
              <span>{t("audit.filter")}</span>
              <input type="search" value={find} onInput={(e) => setQuery("q", e.currentTarget.value)} />
            </label>
          </div>
          <div class="scroll" role="region" tabIndex={0} aria-label={t("audit.log")}>
            <table class="table">
              <caption class="unseen">{t("audit.log")}</caption>
              <thead><tr>{heads.map((h) => <th key={h} scope="col" class={h === "seq" ? "num" : ""}>{t(`audit.col.${h}`)}</th>)}</tr></thead>
              <tbody>
                <Paged<AuditEntry> key={`${wanted}`} path={`/audit?${wanted}`} columns={heads.length}
                  empty={<Empty title={t("audit.empty")} />}>
                  {(items) => items.filter(fits).map((e) => <Row key={e.seq} e={e} names={names} />)}
                </Paged>
              </tbody>
            </table>
          </div>
        </Card>
        <div>
          <HeadCard />
          <CheckpointCard />
        </div>
      </div>
    </>
  );
}
