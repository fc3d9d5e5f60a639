// head.tsx -- what stands under a job's title: its state, whose turn it is, which version
// of what one looks at.
import { StatePill, waitingText } from "../parts/pill";
import { setQuery } from "../router";
import { t } from "../texts";
import { Moment } from "../time";
import type { JobParts } from "./page";

/** The versions to look at; a word where there is one. */
function Versions({ newest, shown }: { newest: number; shown: number }) {
  if (newest === 1) return <span>{t("job.version", { n: 1 })}</span>;
  return (
    <label class="filter">
      <span>{t("job.versions")}</span>
      <select value={String(shown)} onChange={(e) => {
        const to = e.currentTarget.value;
        setQuery("v", to === String(newest) ? null : to);
      }}>
        {Array.from({ length: newest }, (_, i) => (
          <option key={i} value={i + 1}>{t("job.version_of", { n: i + 1, total: newest })}</option>
        ))}
      </select>
    </label>
  );
}

export function Note({ parts }: { parts: JobParts }) {
  const { job } = parts;
  return (
    <p class="head-line">
      <StatePill state={job.state} />
      {job.waiting_on !== "nobody" && <span>{waitingText(job.waiting_on)}</span>}
      <Versions newest={job.version} shown={parts.shown} />
      <span><a class="mono" href={`/datasets/${job.dataset}`}>{job.dataset}</a>
        {job.dataset_version ? ` @ ${job.dataset_version}` : ""}</span>
      <span class="muted"><Moment at={job.created_at} /></span>
      <span class="muted mono" title={job.source_sha256}>{job.source_sha256.slice(0, 12)}</span>
    </p>
  );
}
