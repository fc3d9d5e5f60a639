// growing.tsx -- long tables and lists, piece by piece: what fills the window first, the
// rest in turns short enough that no act of the reader waits for it.
import { Fragment, type ComponentChildren, type VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

const PIECE = 100;

interface Props<T> {
  of: T[];
  /** Draws one; the same function every time, or all is drawn anew. */
  row: (item: T, i: number) => ComponentChildren;
  /** What the rows of a piece stand in; nothing in a list. */
  piece?: (rows: ComponentChildren) => VNode;
  /** A row that must stand at once. */
  upTo?: number;
}

export function Growing<T>({ of, row, piece, upTo = 0 }: Props<T>) {
  const n = Math.ceil(of.length / PIECE);
  const [shown, setShown] = useState(1);
  const needed = Math.max(shown, Math.ceil(upTo / PIECE));
  useEffect(() => {
    if (needed >= n) return;
    const timer = setTimeout(() => setShown(needed + 1));
    return () => clearTimeout(timer);
  }, [needed, n]);
  // A piece that was drawn is the same node the next time: it costs nothing again.
  const drawn = useMemo<VNode[]>(() => [], [of, row, piece]);
  for (let p = drawn.length; p < Math.min(needed, n); p++) {
    const rows = of.slice(p * PIECE, (p + 1) * PIECE).map((item, i) => row(item, p * PIECE + i));
    drawn.push(<Fragment key={p}>{piece ? piece(rows) : rows}</Fragment>);
  }
  return <>{drawn.slice(0, needed)}</>;
}

/** A piece of lines as a table of its own: the browser leaves out those out of sight. The
 * region around says what they are. Columns have the widths of these classes. */
export function linesPiece(look: string, widths: string[]) {
  return (rows: ComponentChildren) => (
    <div class="piece">
      <table class={`lines ${look}`} role="presentation">
        <colgroup>{widths.map((w, i) => <col key={i} class={w} />)}</colgroup>
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}
