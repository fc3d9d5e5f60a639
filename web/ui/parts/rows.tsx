// rows.tsx -- the first rows of a CSV text as a table.
import { csvRows } from "../csv";
import { visible } from "../inert";

export function Rows({ of, max, name }: { of: string; max: number; name: string }) {
  const [head = [], ...rows] = csvRows(of, max);
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={name}>
      <table class="table plain">
        <caption class="unseen">{name}</caption>
        <thead><tr>{head.map((h, i) => <th key={i} scope="col"><code>{visible(h)}</code></th>)}</tr></thead>
        <tbody>
          {rows.map((r, i) => <tr key={i}>{r.map((v, k) => <td key={k}>{visible(v)}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  );
}
