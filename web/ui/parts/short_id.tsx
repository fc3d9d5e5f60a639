// short_id.tsx -- an id in short: its kind and its end, which differ more than beginnings
// do; whole on hover. A job's leads to the job.
import { visible } from "../inert";

export function ShortId({ id }: { id: string | null | undefined }) {
  const text = visible(id ?? "–");
  const short = /^([a-z]+)_\w{20}(\w{6})$/.exec(text);
  if (!short) return <span class="mono">{text}</span>;
  const words = `${short[1]} …${short[2]}`;
  return short[1] === "job"
    ? <a class="mono" href={`/jobs/${text}`} title={text}>{words}</a>
    : <span class="mono" title={text}>{words}</span>;
}
