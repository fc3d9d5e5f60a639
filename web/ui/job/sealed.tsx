// sealed.tsx -- the second gate: what would leave, the checks of it, and the owner's
// decision about all of it or a part.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useResource } from "../api/resource";
import type { Job, OutCheck, Project, SealedResult } from "../api/types";
import { shown } from "../decimal";
import { Said, Told, visible } from "../inert";
import { MeasurementTable } from "../parts/budget";
import { Dialog } from "../parts/dialog";
import { Area, useAct } from "../parts/form";
import { Icon } from "../parts/icon";
import { Card, Facts, Head } from "../parts/page";
import { namesOf, Outputs } from "../parts/outputs";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { isWithin, namesOn, pointerTo } from "../pointer";
import { go } from "../router";
import { hasRole } from "../session";
import { t, tIf, tn } from "../texts";

/** What a check saw or asks for, as text: a word, a list, or names with values. */
function plainText(v: unknown): string {
  if (v === null || v === undefined || v === "") return "";
  if (typeof v === "number") return shown(v, 6);
  if (Array.isArray(v)) return v.map(plainText).join(", ");
  if (typeof v === "object")
    return Object.entries(v).map(([k, x]) => `${visible(k)}: ${plainText(x)}`).join("; ");
  return visible(String(v));
}

const isMet = (c: OutCheck) => c.met ?? c.ok ?? false;

function GateCheck({ check }: { check: OutCheck }) {
  const name = check.rule ?? check.name ?? "";
  const met = isMet(check);
  const lines = [check.detail ? <Told text={plainText(check.detail)} /> : "",
    Boolean(check.threshold) && t("gate.asks", { value: plainText(check.threshold) }),
    check.evidence !== undefined && t("gate.saw", { value: plainText(check.evidence) })];
  return (
    <li class={met ? "met" : "unmet"}>
      <Icon name={met ? "met" : "warn"} />
      <span>
        {tIf(`outcheck.${name}`, visible(name.replaceAll(/[-_]/g, " ")))}
        <span class="unseen"> {met ? t("requirements.met") : t("requirements.unmet")}</span>
        {lines.map((l, i) => l && <span key={i} class="muted detail" dir="auto">{l}</span>)}
      </span>
    </li>
  );
}

/** Those that are not met stand first: they are what the owner must think about. */
function GateChecks({ checks }: { checks: OutCheck[] }) {
  if (checks.length === 0) return <p class="muted">{t("sealed.no_checks")}</p>;
  return (
    <ul class="requirements abreast">
      {[...checks.filter((c) => !isMet(c)), ...checks.filter(isMet)].map((c, i) => <GateCheck key={i} check={c} />)}
    </ul>
  );
}

type Decision = "release" | "withhold";
const REASON_MAX = 500; // of one part that stays

/** What there is, by name, and what stays of it, by pointer. */
interface Choice { names: string[]; kept: string[] }

const isWhole = (kept: string[], name: string) => kept.includes(pointerTo(name));
const wordsOf = (pointer: string) => namesOn(pointer).filter((n, i) => i === 0 || n !== "value").map(visible).join(" ");

function Confirm({ job, decision, choice, etag, onClose, reload }:
  { job: Job; decision: Decision; choice: Choice; etag: string | null; onClose: () => void; reload: () => Promise<void> }) {
  const [comment, setComment] = useState("");
  const [key] = useState(freshKey);
  const act = useAct();
  const release = decision === "release";
  const { names, kept } = choice;
  const wantsReason = !release || kept.length > 0;
  const verb = release && kept.length > 0
    ? tn("gate.release.send_part", kept.length) : t(`gate.${decision}.send`);
  const send = () => act.run(async () => {
    const withhold = kept.map((pointer) => ({ pointer, reason: comment }));
    await call(`/jobs/${job.id}/release`, { method: "POST", ifMatch: etag, key,
      json: { decision, comment, ...(release && kept.length > 0 ? { withhold } : {}) } });
    say(t(`gate.${decision}.done`));
    await reload();
    go(`/jobs/${job.id}`);
  });
  return (
    <Dialog title={t(`gate.${decision}.title`)} onClose={onClose}>
      <form onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}>
        <p>{t(`gate.${decision}.lead`, { who: visible(job.author?.name ?? "") })}</p>
        {release && kept.length > 0 && (
          <Facts of={[
            [t("gate.leaves"), names.filter((n) => !isWhole(kept, n)).map(visible).join(", ")],
            [t("gate.stays"), kept.map(wordsOf).join(", ")],
          ]} />
        )}
        <Area label={wantsReason ? t("review.reason") : t("review.comment")} rows={3} required={wantsReason}
          maxLength={release && wantsReason ? REASON_MAX : 4000} value={comment} onValue={setComment} />
        {act.refusal && <Trouble refusal={act.refusal} />}
        <div class="buttons">
          <button type="submit" class={release ? "main" : "main danger"} aria-busy={act.busy}>{verb}</button>
          <button type="button" onClick={onClose}>{t("act.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Gate({ job, choice, etag, reload }:
  { job: Job; choice: Choice; etag: string | null; reload: () => Promise<void> }) {
  const [asking, setAsking] = useState<Decision | null>(null);
  const { names, kept } = choice;
  const nothing = names.length > 0 && names.every((n) => isWhole(kept, n));
  return (
    <Card title={t("gate.title")} id="decide">
      <p class="muted">{t("gate.lead")}</p>
      <p class="muted">{t("gate.keep_lead")}</p>
      {nothing && <p class="stale" role="status">{t("gate.keep_all")}</p>}
      <div class="decide-buttons">
        <button type="button" class="main" disabled={nothing} onClick={() => setAsking("release")}>
          {kept.length > 0 && !nothing ? tn("gate.release_part", kept.length) : t("gate.release")}
        </button>
        <button type="button" class="danger" onClick={() => setAsking("withhold")}>{t("gate.withhold")}</button>
      </div>
      {asking && <Confirm job={job} decision={asking} choice={choice} etag={etag} reload={reload} onClose={() => setAsking(null)} />}
    </Card>
  );
}

function Context({ job }: { job: Job }) {
  const project = useResource<Project>(job.project ? `/projects/${job.project}` : null);
  return (
    <Card title={t("gate.context")}>
      <Facts of={[
        [t("job.author"), <Said text={job.author?.name} />],
        [t("job.question"), <Said text={job.question} />],
        [t("job.purpose"), project.data && <Said text={project.data.purpose} />],
        [t("gate.program"), <a href={`/jobs/${job.id}?tab=code&v=${job.version}`}>{t("job.version", { n: job.version })}</a>],
      ]} />
    </Card>
  );
}

function Sealed({ job, etag, sealed, reload }:
  { job: Job; etag: string | null; sealed: SealedResult; reload: () => Promise<void> }) {
  const [ticked, setTicked] = useState<string[]>([]);
  const names = namesOf(sealed.outputs);
  const tick = (pointer: string, words: string) => {
    const held = ticked.some((k) => k !== pointer && isWithin(k, pointer));
    return (
      <label class="tick keep">
        <input type="checkbox" checked={held || ticked.includes(pointer)} disabled={held}
          aria-label={t("gate.keep_name", { name: words })}
          onChange={(e) => setTicked(e.currentTarget.checked ? [...ticked.filter((k) => !isWithin(pointer, k)), pointer]
            : ticked.filter((k) => k !== pointer))} />
        <span>{t("gate.keep")}</span>
      </label>
    );
  };
  return (
    <div class="two">
      <div>
        <Card title={t("sealed.outputs")}><Outputs outputs={sealed.outputs} named={job.outputs} beside={names.length > 0 ? tick : undefined} /></Card>
        <Card title={t("sealed.checks")}><GateChecks checks={sealed.checks ?? []} /></Card>
        <Card title={t("result.measurements")}>
          <MeasurementTable of={sealed.measurements ?? []} name={t("result.measurements")} />
        </Card>
        {sealed.log && (
          <Card title={t("mock.log")}>
            <pre class="log" tabIndex={0}>{sealed.log.split("\n").map(visible).join("\n")}</pre>
          </Card>
        )}
      </div>
      <div>
        <Gate job={job} choice={{ names, kept: ticked }} etag={etag} reload={reload} />
        <Context job={job} />
      </div>
    </div>
  );
}

export function SealedPage({ id }: { id: string }) {
  const job = useResource<Job>(`/jobs/${id}`);
  const held = job.data?.state === "held";
  const sealed = useResource<SealedResult>(held && hasRole("owner") ? `/jobs/${id}/sealed_result` : null);
  return (
    <Show of={job} rows={8}>
      {(j) => (
        <>
          <Head title={visible(j.title ?? id)} back={{ to: `/jobs/${id}`, text: t("job.back") }}
            note={<p class="banner banner-seal"><Icon name="lock" /> {t("sealed.lead")}</p>} />
          {!held ? <Empty title={t("sealed.none")}><p>{t(`job.state.${j.state}`)}</p></Empty> : (
            <Show of={sealed} rows={8}>
              {(s) => <Sealed job={j} etag={job.etag} sealed={s} reload={job.reload} />}
            </Show>
          )}
        </>
      )}
    </Show>
  );
}
