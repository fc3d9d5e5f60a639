// risk.tsx -- for the dataset's owner: what an attacker could learn of one person, by this
// job and by all of them.
import { useResource } from "../api/resource";
import type { Job, Odds, Risk } from "../api/types";
import { asNumber, shown } from "../decimal";
import { numberFormat } from "../format";
import { Said, visible } from "../inert";
import { Card } from "../parts/page";
import { Show } from "../parts/states";
import { t } from "../texts";

const NEARLY_SURE = 0.99;
const SUREST = 0.9999;

/** In per cent; never a certainty, which no budget gives. */
function percent(text: string): string {
  const p = Math.min(asNumber(text), SUREST);
  return numberFormat({ style: "percent", maximumFractionDigits: p > NEARLY_SURE ? 2 : 1 }).format(p);
}

function OddsRow({ what, of }: { what: string; of: Odds }) {
  return (
    <tr>
      <th scope="row">{what}<span class="muted detail">ε {shown(of.epsilon)}</span></th>
      <td class="num">{percent(of.posterior)}</td>
      <td class="num">{percent(of.advantage)}</td>
    </tr>
  );
}

function Influence({ of }: { of: Risk["influence"] }) {
  if (of.length === 0) return null;
  const share = (v: number | null) => (v === null ? "–" : `${v} %`);
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={t("risk.influence")}>
      <h3>{t("risk.influence")}</h3>
      <table class="table">
        <caption class="unseen">{t("risk.influence")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("measurement.what")}</th>
            <th scope="col" class="num">{t("risk.one")}</th>
            <th scope="col" class="num">{t("risk.two")}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((i, k) => (
            <tr key={k}>
              <th scope="row"><code><Said text={i.label} /></code></th>
              <td class="num">{share(i.one_percent)}</td>
              <td class="num">{share(i.two_percent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function RiskCard({ job }: { job: Job }) {
  const risk = useResource<Risk>(`/jobs/${job.id}/risk`);
  return (
    <Card title={t("risk.title")}>
      <p class="muted">{t("risk.lead")}</p>
      <Show of={risk}>
        {(r) => (
          <>
            <table class="table">
              <caption class="unseen">{t("risk.title")}</caption>
              <thead>
                <tr>
                  <th scope="col"><span class="unseen">{t("risk.of")}</span></th>
                  <th scope="col" class="num">{t("risk.posterior")}</th>
                  <th scope="col" class="num">{t("risk.advantage")}</th>
                </tr>
              </thead>
              <tbody>
                <OddsRow what={t("risk.job")} of={r.odds.job} />
                <OddsRow what={t("risk.spent")} of={r.odds.spent} />
                <OddsRow what={t("risk.with_job")} of={r.odds.with_job} />
                <OddsRow what={t("risk.limit")} of={r.odds.limit} />
              </tbody>
            </table>
            <Influence of={r.influence} />
            {r.uniqueness && (
              <p class="muted">{t("risk.unique", { columns: r.uniqueness.columns.map(visible).join(", "),
                percent: r.uniqueness.unique_percent })}</p>
            )}
          </>
        )}
      </Show>
    </Card>
  );
}
