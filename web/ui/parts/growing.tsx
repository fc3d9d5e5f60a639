// growing.tsx -- long tables and lists, piece by piece: what fills the window first, the
// rest in turns short enough that no act of the reader waits for it.
import { Fragment, type ComponentChildren, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

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

interface Drawn<T> { of: T[]; nodes: VNode[]; row: Props<T>["row"]; piece: Props<T>["piece"] }

/** What of the last drawing stands in the next one: a piece of the same items is the same
 * node, which costs nothing again. */
function keepSame<T>(last: Drawn<T>, now: Drawn<T>): Drawn<T> {
  if (last.row !== now.row || last.piece !== now.piece) return now;
  if (last.of === now.of) return last;
  last.nodes.forEach((node, p) => {
    const end = Math.min((p + 1) * PIECE, Math.max(last.of.length, now.of.length));
    for (let i = p * PIECE; i < end; i++) if (last.of[i] !== now.of[i]) return;
    now.nodes[p] = node;
  });
  return now;
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
  const drawn = useRef<Drawn<T>>({ of: [], nodes: [], row, piece });
  drawn.current = keepSame(drawn.current, { of, nodes: [], row, piece });
  const nodes = drawn.current.nodes;
  for (let p = 0; p < Math.min(needed, n); p++) {
    if (nodes[p]) continue;
    const rows = of.slice(p * PIECE, (p + 1) * PIECE).map((item, i) => row(item, p * PIECE + i));
    nodes[p] = <Fragment key={p}>{piece ? piece(rows) : rows}</Fragment>;
  }
  return <>{nodes.slice(0, needed)}</>;
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
