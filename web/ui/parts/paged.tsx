// paged.tsx -- a list that arrives in pages: each page is a resource of its own and
// draws its rows; the last one offers the next.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Page } from "../api/types";
import { t } from "../texts";
import { Loading, Trouble } from "./states";

interface Props<T> {
  path: string;
  children: (items: T[]) => ComponentChildren;
  /** Stands in place of the first page when it has no items. */
  empty?: ComponentChildren;
  /** Number of columns where rows are table rows. */
  columns?: number;
  cursor?: string;
}

function Cell({ columns, children }: { columns?: number; children: ComponentChildren }) {
  return columns ? <tr><td colSpan={columns}>{children}</td></tr> : <>{children}</>;
}

export function Paged<T>(props: Props<T>) {
  const { path, children, empty, columns, cursor } = props;
  const [more, setMore] = useState(false);
  const glue = path.includes("?") ? "&" : "?";
  const page = useResource<Page<T>>(cursor ? `${path}${glue}cursor=${encodeURIComponent(cursor)}` : path);
  if (!page.data) {
    return (
      <Cell columns={columns}>
        {page.refusal ? <Trouble refusal={page.refusal} retry={() => void page.reload()} /> : <Loading />}
      </Cell>
    );
  }
  const next = page.data.next_cursor;
  if (!cursor && page.data.items.length === 0 && empty)
    return <Cell columns={columns}>{empty}</Cell>;
  return (
    <>
      {children(page.data.items)}
      {next && !more && (
        <Cell columns={columns}>
          <button type="button" onClick={() => setMore(true)}>{t("state.more")}</button>
        </Cell>
      )}
      {next && more && <Paged {...props} cursor={next} />}
    </>
  );
}
