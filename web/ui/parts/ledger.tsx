// ledger.tsx -- a budget's movements, one a row, and all of them as a file.
import { wholeList } from "../api/resource";
import type { Budget, LedgerEntry } from "../api/types";
import { csvText } from "../csv";
import { visible } from "../inert";
import { save } from "../save";
import { t, tIf } from "../texts";
import { Moment } from "../time";
import { useAct } from "./form";
import { Card } from "./page";
import { Paged } from "./paged";
import { ShortId } from "./short_id";
import { Empty, Trouble } from "./states";

const heads = ["seq", "time", "kind", "what", "mechanism", "epsilon", "rho", "hash"] as const;
type Head = (typeof heads)[number];
const numbers = new Set<Head>(["seq", "epsilon", "rho"]);

function Rows({ items, withRho }: { items: LedgerEntry[]; withRho: boolean }) {
  return (
    <>
      {items.map((e) => (
        <tr key={e.seq}>
          <td class="num">{e.seq}</td>
          <td><Moment at={e.time} /></td>
          <td>{tIf(`ledger.${e.kind}`, e.kind)}</td>
          <td>
            {e.measurement && <code>{visible(e.measurement)} </code>}
            {e.job && <ShortId id={e.job} />}
          </td>
          <td>{(e.mechanism ?? "").replaceAll("_", " ")}</td>
          <td class="num">{e.epsilon ?? ""}</td>
          {withRho && <td class="num">{e.rho ?? ""}</td>}
          <td class="mono muted" title={e.hash}>{e.hash.slice(0, 8)}</td>
        </tr>
      ))}
    </>
  );
}

const members = ["seq", "time", "kind", "job", "run", "measurement", "mechanism", "epsilon", "rho", "delta", "hash"] as const;

function Export({ name, path }: { name: string; path: string }) {
  const act = useAct();
  const get = (type: "csv" | "json") => act.run(async () => {
    const { data } = await wholeList<LedgerEntry>(path);
    const text = type === "json" ? JSON.stringify(data, null, 2)
      : csvText([[...members], ...data.map((e) => members.map((m) => e[m]))]);
    save(`ledger-${name}.${type}`, type === "json" ? "application/json" : "text/csv", text);
  });
  return (
    <div class="buttons small">
      {act.refusal && <Trouble refusal={act.refusal} />}
      {(["csv", "json"] as const).map((type) => (
        <button key={type} type="button" aria-busy={act.busy} onClick={() => void get(type)}>
          <span class="unseen">{t("ledger.export")} </span>{type.toUpperCase()}
        </button>
      ))}
    </div>
  );
}

export function Ledger({ name, budget }: { name: string; budget: Budget | undefined }) {
  const withRho = budget?.accounting !== "pure";
  const path = `/datasets/${name}/ledger?limit=200`;
  const shown = heads.filter((h) => withRho || h !== "rho");
  return (
    <Card title={t("ledger.title")} extra={<Export name={name} path={path} />}>
      <p class="muted">{t("ledger.lead")}</p>
      <div class="scroll" role="region" tabIndex={0} aria-label={t("ledger.title")}>
        <table class="table">
          <caption class="unseen">{t("ledger.title")}</caption>
          <thead>
            <tr>
              {shown.map((h) => <th key={h} scope="col" class={numbers.has(h) ? "num" : ""}>{t(`ledger.head.${h}`)}</th>)}
            </tr>
          </thead>
          <tbody>
            <Paged<LedgerEntry> path={path} columns={shown.length} empty={<Empty title={t("ledger.empty")} />}>
              {(items) => <Rows items={items} withRho={withRho} />}
            </Paged>
          </tbody>
        </table>
      </div>
    </Card>
  );
}
