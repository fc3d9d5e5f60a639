// expected.tsx -- what a quote foresees: objections with their remedy, and what each
// column is read for.
import type { Expectation, Quote } from "../api/types";
import { Told, visible } from "../inert";
import { t, tIf } from "../texts";
import { Icon } from "./icon";
import { Card } from "./page";

const order: Expectation["weight"][] = ["block", "hold", "advice"];

function Row({ e, code }: { e: Expectation; code?: string }) {
  return (
    <li class={e.weight === "block" ? "unmet bad" : "unmet"}>
      <Icon name={e.weight === "advice" ? "open" : "warn"} />
      <span>
        <span class="unseen">{t(`expect.${e.weight}`)}: </span>
        <Told text={e.text} />
        {e.line && (
          <> {code ? <a href={`${code}#L${e.line}`}>{t("place.line", { line: e.line })}</a>
            : <span class="muted">{t("place.line", { line: e.line })}</span>}</>
        )}
        <span class="muted detail"><Told text={e.fix} /></span>
      </span>
    </li>
  );
}

/** What a machine or a reviewer would object to, the gravest first. */
export function ExpectedList({ of, code }: { of: Expectation[]; code?: string }) {
  return (
    <ul class="requirements">
      {order.flatMap((w) => of.filter((e) => e.weight === w))
        .map((e, i) => <Row key={i} e={e} code={code} />)}
    </ul>
  );
}

/** The same as a card; nothing where nothing is to be expected. */
export function Expected({ quote, code }: { quote: Quote | null | undefined; code?: string }) {
  const all = quote?.expect ?? [];
  if (all.length === 0) return null;
  return <Card title={t("expect.title")}><ExpectedList of={all} code={code} /></Card>;
}

type Read = NonNullable<Quote["reads"]>[number];

/** What a column is read for, in a word each. */
export function ReadFor({ of }: { of: Read | undefined }) {
  if (!of) return null;
  if (!of.needed) return <span class="stale detail">{t("reads.nothing")}</span>;
  return <span class="muted detail">{of.uses.map((u) => tIf(`reads.${u}`, u)).join(", ")}</span>;
}

export function Reads({ quote }: { quote: Quote }) {
  const reads = quote.reads
    ?? (quote.columns ?? []).map((column) => ({ column, needed: true, uses: [] as string[] }));
  if (reads.length === 0) return <p class="muted">{t("columns.none")}</p>;
  return (
    <ul class="columns">
      {reads.map((r) => (
        <li key={r.column}><code dir="auto">{visible(r.column)}</code><ReadFor of={r} /></li>
      ))}
    </ul>
  );
}
