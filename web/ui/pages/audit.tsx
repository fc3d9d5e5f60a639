// audit.tsx -- every act in its chain, with a check that the chain hangs together.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useResource } from "../api/resource";
import type { AuditEntry, AuditHead, Page } from "../api/types";
import { whole } from "../decimal";
import { visible } from "../inert";
import { useAct } from "../parts/form";
import { Icon } from "../parts/icon";
import { Card, Facts, Head } from "../parts/page";
import { Paged } from "../parts/paged";
import { Empty, Show, Trouble } from "../parts/states";
import { setQuery, useAddress } from "../router";
import { t } from "../texts";
import { Moment } from "../time";

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

/** An id in short: its kind and its end; whole on hover and in the entry. */
function Ref({ id }: { id: string | null | undefined }) {
  const text = visible(id ?? "–");
  const short = /^([a-z]+)_\w{20}(\w{6})$/.exec(text);
  if (!short) return <span class="mono">{text}</span>;
  const words = `${short[1]} …${short[2]}`;
  return short[1] === "job"
    ? <a class="mono" href={`/jobs/${text}`} title={text}>{words}</a>
    : <span class="mono" title={text}>{words}</span>;
}

function Row({ e }: { e: AuditEntry }) {
  return (
    <tr>
      <td class="num">{e.seq}</td>
      <td><Moment at={e.time} /></td>
      <td><Ref id={e.actor} /></td>
      <td><code>{visible(e.verb)}</code></td>
      <td><Ref id={e.subject} /></td>
      <td>
        <details>
          <summary class="mono muted">{e.hash.slice(0, 10)}</summary>
          <pre class="log">{visible(JSON.stringify(e, null, 2)).replaceAll("␊", "\n")}</pre>
        </details>
      </td>
    </tr>
  );
}

export function Audit() {
  const find = (useAddress().searchParams.get("q") ?? "").toLowerCase();
  const fits = (e: AuditEntry) =>
    `${e.actor} ${e.verb} ${e.subject} ${JSON.stringify(e.facts)}`.toLowerCase().includes(find);
  const heads = ["seq", "time", "actor", "verb", "subject", "entry"] as const;
  return (
    <>
      <Head title={t("nav.audit")} note={<p>{t("audit.lead")}</p>} />
      <div class="two">
        <Card title={t("audit.log")} extra={
          <label class="filter">
            <span>{t("audit.filter")}</span>
            <input type="search" value={find} onInput={(e) => setQuery("q", e.currentTarget.value)} />
          </label>
        }>
          <div class="scroll" role="region" tabIndex={0} aria-label={t("audit.log")}>
            <table class="table">
              <caption class="unseen">{t("audit.log")}</caption>
              <thead><tr>{heads.map((h) => <th key={h} scope="col">{t(`audit.col.${h}`)}</th>)}</tr></thead>
              <tbody>
                <Paged<AuditEntry> path="/audit?limit=200" columns={heads.length}
                  empty={<Empty title={t("audit.empty")} />}>
                  {(items) => items.filter(fits).map((e) => <Row key={e.seq} e={e} />)}
                </Paged>
              </tbody>
            </table>
          </div>
        </Card>
        <HeadCard />
      </div>
    </>
  );
}
