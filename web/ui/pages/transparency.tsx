// transparency.tsx -- for anybody: what was released, for which purpose, at which price.
import type { Disclosure } from "../api/types";
import { shown, units } from "../decimal";
import { Said } from "../inert";
import { Head } from "../parts/page";
import { Paged } from "../parts/paged";
import { Empty } from "../parts/states";
import { t } from "../texts";
import { Moment } from "../time";

function Row({ d }: { d: Disclosure }) {
  const delta = units(d.delta) === 0n ? "" : `, δ ${shown(d.delta)}`;
  return (
    <tr>
      <td><Moment at={d.released_at} /></td>
      <th scope="row"><Said text={d.dataset} /></th>
      <td><Said text={d.purpose} /></td>
      <td>{t(`lane.${d.lane}`)}</td>
      <td class="num">ε {shown(d.epsilon)}{delta}</td>
      <td><code class="muted" title={d.source_sha256}>{d.source_sha256.slice(0, 12)}</code></td>
    </tr>
  );
}

export function Transparency() {
  const heads = ["time", "dataset", "purpose", "lane", "price", "program"] as const;
  return (
    <>
      <Head title={t("nav.transparency")} note={<p>{t("transparency.lead")}</p>} />
      <section class="card">
        <div class="scroll" role="region" tabIndex={0} aria-label={t("nav.transparency")}>
          <table class="table">
            <caption class="unseen">{t("nav.transparency")}</caption>
            <thead><tr>{heads.map((h) => <th key={h} scope="col">{t(`transparency.${h}`)}</th>)}</tr></thead>
            <tbody>
              <Paged<Disclosure> path="/transparency?limit=100" columns={heads.length}
                empty={<Empty title={t("transparency.empty")} />}>
                {(items) => items.map((d) => <Row key={d.job} d={d} />)}
              </Paged>
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}
