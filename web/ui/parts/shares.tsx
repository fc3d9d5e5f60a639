// shares.tsx -- how a budget is shared out: each project, and the researchers in it.
import { useAll } from "../api/resource";
import type { Share } from "../api/types";
import { shown } from "../decimal";
import { Said } from "../inert";
import { t } from "../texts";
import { BudgetBar } from "./budget";
import { Card } from "./page";
import { Empty, Show } from "./states";

function Row({ of }: { of: Share }) {
  const { epsilon, free } = of;
  return (
    <tr>
      <th scope="row" class={of.researcher ? "inner" : ""}>
        {of.researcher ? <Said text={of.researcher.name} />
          : <a href={`/projects/${of.project.id}`}><Said text={of.project.title} /></a>}
        {epsilon !== null && free !== null && <BudgetBar budget={{ ...of, epsilon, free }} />}
      </th>
      <td class="num">{epsilon === null ? <span class="muted">{t("shares.no_cap")}</span> : `ε ${shown(epsilon)}`}</td>
      <td class="num">{shown(of.spent)}</td>
      <td class="num">{shown(of.reserved)}</td>
      <td class="num">{free === null ? "–" : shown(free)}</td>
    </tr>
  );
}

export function Shares({ name }: { name: string }) {
  const all = useAll<Share>(`/datasets/${name}/budget/allocations?limit=200`);
  return (
    <Card title={t("shares.title")}>
      <p class="muted">{t("shares.lead")}</p>
      <Show of={all}>
        {(list) => list.length === 0 ? <Empty title={t("shares.none")} /> : (
          <div class="scroll" role="region" tabIndex={0} aria-label={t("shares.title")}>
            <table class="table">
              <caption class="unseen">{t("shares.title")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("shares.who")}</th>
                  <th scope="col" class="num">{t("shares.cap")}</th>
                  <th scope="col" class="num">{t("budget.spent_word")}</th>
                  <th scope="col" class="num">{t("budget.reserved_word")}</th>
                  <th scope="col" class="num">{t("budget.free_word")}</th>
                </tr>
              </thead>
              <tbody>{list.map((a) => <Row key={a.project.id + (a.researcher?.id ?? "")} of={a} />)}</tbody>
            </table>
          </div>
        )}
      </Show>
    </Card>
  );
}
