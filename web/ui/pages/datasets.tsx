// datasets.tsx -- the datasets one may see, and those that one may ask for.
import { useAll } from "../api/resource";
import type { Dataset, Listing } from "../api/types";
import { whole } from "../decimal";
import { Said } from "../inert";
import { Card, Head } from "../parts/page";
import { Paged } from "../parts/paged";
import { Pill } from "../parts/pill";
import { Empty, Show } from "../parts/states";
import { hasRole, myId } from "../session";
import { t, tn } from "../texts";
import { AccessPill } from "./ask";
import { BudgetLine } from "./home";

export function DatasetState({ d }: { d: Dataset }) {
  if (d.archived) return <Pill tone="plain">{t("dataset.archived")}</Pill>;
  return d.published
    ? <Pill tone="good">{t("dataset.published")}</Pill>
    : <Pill tone="wait">{t("dataset.draft")}</Pill>;
}

function Row({ d }: { d: Dataset }) {
  return (
    <li class="row">
      <a class="row-link" href={`/datasets/${d.name}`}>
        <span class="row-title"><Said text={d.title} /></span>
        <span class="row-sub">
          <span class="mono">{d.name}</span>
          {d.columns && <> · {tn("columns.n", d.columns.length)}</>}
          {typeof d.rows === "number" && <> · {t("dataset.rows", { n: whole(d.rows) })}</>}
          {d.data_version ? <> · {t("dataset.version", { n: d.data_version })}</> : null}
        </span>
      </a>
      <span class="row-side">
        <span class="row-state"><DatasetState d={d} /></span>
        <span class="row-budget"><BudgetLine name={d.name} /></span>
      </span>
    </li>
  );
}

function ListingRow({ d }: { d: Listing }) {
  return (
    <li class="row">
      <a class="row-link" href={`/datasets/${d.name}`}>
        <span class="row-title"><Said text={d.title} /></span>
        <span class="row-sub"><span class="mono">{d.name}</span> · <Said text={d.owner.name} /></span>
      </a>
      <span class="row-side">
        <span class="row-state">{d.request && <AccessPill state={d.request.state} />}</span>
      </span>
    </li>
  );
}

/** What is there and not one's own to use: a title and whom to ask. */
function Catalogue() {
  const all = useAll<Listing>("/catalogue?limit=200");
  return (
    <Card title={t("catalogue.title")}>
      <p class="muted">{t("catalogue.lead")}</p>
      <Show of={all}>
        {(list) => {
          const others = list.filter((d) => !d.granted && d.owner.id !== myId());
          return others.length === 0 ? <p class="muted">{t("catalogue.empty")}</p>
            : <ul class="rows">{others.map((d) => <ListingRow key={d.name} d={d} />)}</ul>;
        }}
      </Show>
    </Card>
  );
}

export function Datasets() {
  const owner = hasRole("owner");
  const empty = (
    <Empty title={t("datasets.empty")}>
      <p>{owner ? t("datasets.teach_owner") : t("datasets.teach_researcher")}</p>
    </Empty>
  );
  return (
    <>
      <Head title={t("nav.datasets")}>
        {owner && <a class="button main" href="/datasets/new">{t("datasets.new")}</a>}
      </Head>
      <ul class="rows">
        <Paged<Dataset> path="/datasets?limit=100" empty={<li>{empty}</li>}>
          {(items) => items.map((d) => <Row key={d.name} d={d} />)}
        </Paged>
      </ul>
      {hasRole("researcher") && <Catalogue />}
    </>
  );
}
