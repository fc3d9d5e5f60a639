// actions.tsx -- what the reader may do with a job now, and why not where they may not.
import { useRef, useState } from "preact/hooks";
import { call, freshKey, refusalOf, type Refusal } from "../api/client";
import type { Job } from "../api/types";
import { visible } from "../inert";
import { shown } from "../decimal";
import { Dialog } from "../parts/dialog";
import { Area, Tick, useAct } from "../parts/form";
import { Card, Facts } from "../parts/page";
import { progressOf, progressText } from "../parts/requirement";
import { Trouble } from "../parts/states";
import { openOnes } from "../parts/threads";
import { say, sayWithUndo } from "../parts/toast";
import { hasRole, myId } from "../session";
import { t, tn, type Key } from "../texts";
import { canDecide, type JobParts, type Seen } from "./page";

type Decision = "approve" | "request_changes" | "reject" | "abstain";
const checklist = ["purpose", "code", "outputs", "price"] as const;

interface Pending { decision: Decision; comment: string; ticks: Record<string, boolean>; etag: string | null; key: string }

/** What is about to run, on what, at which price, and to whom the answers go. */
function WhatRuns({ parts, seen }: { parts: JobParts; seen: Seen }) {
  const { job } = parts;
  return (
    <Facts of={[
      [t("confirm.runs"), <>{t("job.version", { n: seen.version })}{" "}
        <code class="muted">{seen.sha.slice(0, 12)}</code></>],
      [t("confirm.on"), <><code>{job.dataset}</code>{job.dataset_version ? ` @ ${job.dataset_version}` : ""}</>],
      [t("confirm.cost"), <strong>ε {shown(job.max_budget?.epsilon)} {t("price.at_most")}</strong>],
      [t("confirm.leaves"), (job.outputs ?? []).map((o) => visible(o.name)).join(", ")],
      [t("confirm.to"), visible(job.author?.name ?? "")],
      [t("confirm.gate"), job.lane && t(`lane.${job.lane}_leaves`)],
    ]} />
  );
}

function Confirm(
  { decision, parts, seen, comment, setComment, onClose, onSend }:
  { decision: Decision; parts: JobParts; seen: Seen; comment: string;
    setComment: (c: string) => void; onClose: () => void;
    onSend: (ticks: Record<string, boolean>) => void },
) {
  const [ticks, setTicks] = useState<Record<string, boolean>>({});
  const needs = decision !== "approve";
  const vars = { n: seen.version, epsilon: shown(parts.job.max_budget?.epsilon) };
  return (
    <Dialog title={t(`decision.${decision}.title`, vars)} onClose={onClose}>
      <form onSubmit={(e) => {
        e.preventDefault();
        onSend(ticks);
      }}>
        {decision === "approve" && (
          <>
            <WhatRuns parts={parts} seen={seen} />
            <fieldset class="ticks">
              <legend>{t("checklist.title")}</legend>
              {checklist.map((c) => (
                <Tick key={c} name={c} label={t(`checklist.${c}`)} checked={ticks[c] ?? false}
                  onTick={(on) => setTicks({ ...ticks, [c]: on })} />
              ))}
            </fieldset>
          </>
        )}
        {decision === "abstain" && <p>{t("review.abstain_lead")}</p>}
        <Area label={needs ? t("review.reason") : t("review.comment")} required={needs}
          maxLength={4000} rows={needs ? 6 : 3} value={comment} onValue={setComment}
          hint={needs ? t("review.reason_hint") : undefined} />
        <div class="buttons">
          <button type="submit" class={decision === "reject" ? "main danger" : "main"}>
            {t(`decision.${decision}.send`, vars)}
          </button>
          <button type="button" onClick={onClose}>{t("act.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is different now from what the decision was bound to. */
function Changed({ before, now }: { before: Job; now: Job }) {
  const rows: [Key, string, string][] = [
    ["changed.version", String(before.version), String(now.version)],
    ["changed.state", t(`job.state.${before.state}`), t(`job.state.${now.state}`)],
    ["changed.data", String(before.dataset_version ?? "–"), String(now.dataset_version ?? "–")],
    ["changed.policy", String(before.policy_version ?? "–"), String(now.policy_version ?? "–")],
  ];
  const moved = rows.filter(([, a, b]) => a !== b);
  return (
    <div class="banner" role="alert">
      <div>
        <strong>{t("changed.title")}</strong>
        <ul>
          {moved.map(([k, a, b]) => <li key={k}>{t(k)}: {a} → {b}</li>)}
          {moved.length === 0 && <li>{t("changed.other")}</li>}
        </ul>
      </div>
    </div>
  );
}

/** Why a decision was not taken: stays on the page when the job has moved on. */
interface NotTaken { before?: Job; refusal?: Refusal }

function Decide(
  { parts, seen, comment, setComment, setNotTaken }:
  { parts: JobParts; seen: Seen; comment: string; setComment: (c: string) => void;
    setNotTaken: (n: NotTaken) => void },
) {
  const [asking, setAsking] = useState<Decision | null>(null);
  const [pending, setPending] = useState<Pending | null>(null);
  const etag = useRef<string | null>(null);
  const votes = progressOf(parts.job.requirements ?? []);
  const mine = parts.reviews.findLast((r) => r.version === seen.version
    && typeof r.reviewer === "object" && r.reviewer?.id === myId());
  const open = openOnes(parts.comments).length;
  const outdated = parts.job.version !== seen.version || parts.shown !== seen.version;

  const send = async (p: Pending) => {
    const json = {
      version: seen.version, source_sha256: seen.sha, decision: p.decision,
      comment: p.comment, checklist: p.ticks,
    };
    const job = parts.job;
    try {
      await call(`/jobs/${job.id}/reviews`, {
        method: "POST", json, ifMatch: p.etag, key: p.key, keepalive: true,
      });
      say(t(`decision.${p.decision}.sent`, { n: seen.version }));
      setComment("");
    } catch (e) {
      const r = refusalOf(e);
      setNotTaken(r.status === 412 ? { before: job } : { refusal: r });
    } finally {
      setPending(null);
      await parts.reload();
    }
  };
  const ask = (d: Decision) => {
    etag.current = parts.etag;
    setNotTaken({});
    setAsking(d);
  };
  const confirmed = (ticks: Record<string, boolean>) => {
    if (asking === null) return;
    const p: Pending = { decision: asking, comment, ticks, etag: etag.current, key: freshKey() };
    setAsking(null);
    setPending(p);
    sayWithUndo(t(`decision.${p.decision}.soon`, { n: seen.version }), () => void send(p),
      () => setPending(null));
  };
  return (
    <Card title={t("review.title")} id="decide">
      <p class="muted">{t("review.lead")}</p>
      {votes && (votes.needed > 1 || votes.more) && <p><strong>{progressText(votes)}</strong></p>}
      {mine && (
        <p class="muted">
          {t(mine.decision === "abstain" ? "review.abstained" : "review.voted", { n: seen.version })}
        </p>
      )}
      {open > 0 && <p>{tn("thread.open", open)}</p>}
      <Area label={t("review.comment")} value={comment} onValue={setComment} rows={3}
        maxLength={4000} hint={t("review.comment_hint")} disabled={pending !== null} />
      {outdated && <p class="stale">{t("review.outdated")}</p>}
      <div class="decide-buttons">
        <button type="button" class="main" disabled={outdated || pending !== null}
          onClick={() => ask("approve")}>{t("decision.approve")}</button>
        <button type="button" disabled={outdated || pending !== null}
          onClick={() => ask("request_changes")}>{t("decision.request_changes")}</button>
        <button type="button" class="danger" disabled={outdated || pending !== null}
          onClick={() => ask("reject")}>{t("decision.reject")}</button>
        <button type="button" disabled={outdated || pending !== null}
          onClick={() => ask("abstain")}>{t("decision.abstain")}</button>
      </div>
      {pending && <p class="muted" role="status">{t("review.pending")}</p>}
      {asking && (
        <Confirm decision={asking} parts={parts} seen={seen} comment={comment}
          setComment={setComment} onClose={() => setAsking(null)} onSend={confirmed} />
      )}
    </Card>
  );
}

interface Step {
  path: "withdrawal" | "cancellation" | "revocation";
  states: Job["state"][];
  owner: boolean;
}
const steps: Step[] = [
  { path: "withdrawal", owner: false,
    states: ["checking", "blocked", "in_review", "changes_requested", "approved", "queued",
      "failed"] },
  { path: "cancellation", owner: true, states: ["queued", "running"] },
  { path: "revocation", owner: true, states: ["approved", "held"] },
];

function StepButton({ step, parts }: { step: Step; parts: JobParts }) {
  const [asking, setAsking] = useState(false);
  const [comment, setComment] = useState("");
  const act = useAct();
  const send = () => act.run(async () => {
    await call(`/jobs/${parts.job.id}/${step.path}`, {
      method: "POST", json: comment.trim() ? { comment } : {}, ifMatch: parts.etag,
    });
    setAsking(false);
    say(t(`step.${step.path}.done`));
    await parts.reload();
  });
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsking(true)}>{t(`step.${step.path}`)}</button>
      {asking && (
        <Dialog title={t(`step.${step.path}.title`)} onClose={() => setAsking(false)}>
          <p>{t(`step.${step.path}.lead`)}</p>
          <Area label={t("review.comment")} value={comment} onValue={setComment} rows={3} maxLength={4000} />
          {act.refusal && <Trouble refusal={act.refusal} />}
          <div class="buttons">
            <button type="button" class="main danger" aria-busy={act.busy} onClick={() => void send()}>
              {t(`step.${step.path}`)}
            </button>
            <button type="button" onClick={() => setAsking(false)}>{t("act.cancel")}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

const phases = ["approved", "queued", "running", "released"] as const;

/** How far the run is, as steps in words. */
function Progress({ job }: { job: Job }) {
  const now = phases.indexOf(job.state as (typeof phases)[number]);
  if (now < 0 || job.state === "released") return null;
  return (
    <ol class="phases" aria-label={t("run.progress")}>
      {phases.map((p, i) => (
        <li key={p} class={i < now ? "past" : i === now ? "now" : ""}
          aria-current={i === now ? "step" : undefined}>
          {t(`job.state.${p}`)}
        </li>
      ))}
    </ol>
  );
}

function Next({ job }: { job: Job }) {
  const author = job.author?.id === myId();
  const again = ["blocked", "changes_requested", "failed", "in_review"].includes(job.state);
  return (
    <>
      {author && job.state === "released" && (
        <a class="button main" href={`/jobs/${job.id}/result`}>{t("job.open_result")}</a>
      )}
      {author && again && (
        <a class="button" href={`/jobs/${job.id}/edit`}>{t("job.new_version")}</a>
      )}
      {!author && hasRole("owner") && job.state === "held" && (
        <a class="button main" href={`/jobs/${job.id}/release`}>{t("job.open_sealed")}</a>
      )}
      {job.state === "released" && (
        <a class="button" href={`/api/v1/jobs/${job.id}/receipt`} download={`receipt-${job.id}.json`}>
          {t("receipt.download")}
        </a>
      )}
      {job.state === "released" && (
        <a class="button" href={`/api/v1/jobs/${job.id}/provenance`} download={`provenance-${job.id}.json`}>
          {t("provenance.download")}
        </a>
      )}
    </>
  );
}

function Steps({ job, parts }: { job: Job; parts: JobParts }) {
  const author = job.author?.id === myId();
  const open = steps.filter((s) => s.states.includes(job.state)
    && (s.owner ? hasRole("owner") && !author : author));
  return (
    <Card title={t("next.title")}>
      <p>{t(author ? `next.author.${job.state}` : `next.${job.state}`)}</p>
      {author && job.state === "in_review" && hasRole("owner") && (
        <p class="muted">{t("review.not_own")}</p>
      )}
      <Progress job={job} />
      <div class="buttons stack">
        <Next job={job} />
        {open.map((s) => <StepButton key={s.path} step={s} parts={parts} />)}
      </div>
    </Card>
  );
}

export function Actions(
  { parts, seen, comment, setComment }:
  { parts: JobParts; seen: Seen; comment: string; setComment: (c: string) => void },
) {
  const { job } = parts;
  const [notTaken, setNotTaken] = useState<NotTaken>({});
  return (
    <>
      {notTaken.before && <Changed before={notTaken.before} now={job} />}
      {notTaken.refusal && <Trouble refusal={notTaken.refusal} />}
      {canDecide(job)
        ? <Decide parts={parts} seen={seen} comment={comment} setComment={setComment}
            setNotTaken={setNotTaken} />
        : <Steps job={job} parts={parts} />}
    </>
  );
}
