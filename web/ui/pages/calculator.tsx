// calculator.tsx -- what an answer costs: a statistic and the error one can live with give
// a price, by the very quote that a job gets.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import type { Column, Dataset, Quote } from "../api/types";
import { asNumber, shown, typed } from "../decimal";
import { OddsText } from "../parts/budget";
import { ExpectedList } from "../parts/expected";
import { Choice, Field, Form, useAct } from "../parts/form";
import { Card } from "../parts/page";
import { t } from "../texts";

// Those whose error does not depend on the data.
const statistics = ["count", "count_units", "sum"] as const;
type Statistic = (typeof statistics)[number];

function isMeasured(s: Statistic): boolean {
  return s === "sum";
}

function hasBounds(c: Column): boolean {
  return (c.type === "integer" || c.type === "decimal") && c.lower !== undefined && c.upper !== undefined;
}

/** A program that asks only this. */
function programOf(dataset: string, s: Statistic, column: string, error: string): string {
  const what = isMeasured(s) ? `"${column}", ` : "";
  return `local v = site.open "${dataset}"\nreturn { answer = v:${s}(${what}{ error = ${error} }):release().value }\n`;
}

export function Calculator({ d, pure, delta }: { d: Dataset; pure: boolean; delta: string | undefined }) {
  const columns = (d.columns ?? []).filter(hasBounds).map((c) => c.name);
  const [statistic, setStatistic] = useState<Statistic>("count");
  const [column, setColumn] = useState(columns[0] ?? "");
  const [error, setError] = useState("");
  const [quote, setQuote] = useState<Quote>();
  const act = useAct();
  const offered = statistics.filter((s) => columns.length > 0 || !isMeasured(s));
  const answered = (quote?.measurements ?? []).length > 0;
  const epsilon = quote?.total?.epsilon ?? undefined;
  return (
    <Card title={t("calc.title")}>
      <p class="muted">{t("calc.lead")}</p>
      <Form act={act} tone="plain" send={t("calc.send")} disabled={!(asNumber(typed(error)) > 0)} onSend={async () => {
        const source = programOf(d.name, statistic, column, typed(error));
        setQuote((await call<Quote>("/quotes", { method: "POST", json: { dataset: d.name, source, lane: "dp" } })).data);
      }}>
        <Choice<Statistic> label={t("calc.statistic")} value={statistic} onValue={setStatistic}
          options={offered.map((s) => [s, t(`calc.${s}`)])} />
        {isMeasured(statistic) && (
          <Choice label={t("calc.column")} value={column} onValue={setColumn} options={columns.map((c) => [c, c])} />
        )}
        <Field label={t("calc.error")} required inputMode="decimal" value={error} onValue={setError} hint={t("calc.hint")} />
      </Form>
      <div role="status">
        {quote && (
          <>
            {answered && (
              <>
                <p class="price"><span class="price-figure">ε {shown(epsilon)}</span></p>
                <OddsText epsilon={epsilon} pure={pure} delta={delta} />
              </>
            )}
            <ExpectedList of={quote.expect ?? []} />
          </>
        )}
      </div>
    </Card>
  );
}
