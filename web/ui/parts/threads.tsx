// threads.tsx -- what is said about single lines of a program: below the line, with a
// place to answer.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import type { LineComment } from "../api/types";
import { visible } from "../inert";
import { myId } from "../session";
import { t, tn } from "../texts";
import { Ago } from "../time";
import { Area, Form, Tick, useAct } from "./form";
import { Trouble } from "./states";

const TEXT_MAX = 4000;

/** One version of a job, to talk about. The same object as long as nothing of it changes. */
export interface Place {
  job: string;
  version: number;
  may: boolean;
  /** Whether the reader is one who reviews, and so may write for reviewers alone. */
  reviews: boolean;
  reload: () => Promise<void>;
}

export type ByLine = Map<number, LineComment[]>;

export function byLine(all: LineComment[], version: number): ByLine {
  const map: ByLine = new Map();
  for (const c of all)
    if (c.version === version) map.set(c.line, [...(map.get(c.line) ?? []), c]);
  return map;
}

export function openOnes(all: LineComment[]): LineComment[] {
  return all.filter((c) => !c.resolved);
}

interface Draft { text: string; hidden: boolean }

/** What was typed and not sent yet stays while one looks elsewhere, with whom it is for. */
const drafts = new Map<string, Draft>();

function isHidden(c: LineComment): boolean {
  return c.visibility === "reviewers";
}

/** hidden: what is answered is for reviewers alone, and so is the answer unless one says
 * otherwise. */
function Composer({ place, line, hidden, onDone }:
  { place: Place; line: number; hidden: boolean; onDone?: () => void }) {
  const slot = `${myId()} ${place.job} ${place.version} ${line}`;
  const [draft, setDraft] = useState<Draft>(drafts.get(slot) ?? { text: "", hidden });
  const [key] = useState(freshKey);
  const act = useAct();
  const keep = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    drafts.set(slot, next);
    setDraft(next);
  };
  return (
    <Form act={act} send={t(draft.hidden ? "thread.send_hidden" : "thread.send")} tone="plain"
      disabled={draft.text.trim() === ""}
      extra={onDone && <button type="button" onClick={onDone}>{t("act.cancel")}</button>}
      onSend={async () => {
        const json = { version: place.version, line, text: draft.text.trim(),
          ...(draft.hidden ? { visibility: "reviewers" } : {}) };
        await call(`/jobs/${place.job}/comments`, { method: "POST", json, key });
        drafts.delete(slot);
        await place.reload();
        onDone?.();
      }}>
      <Area label={t("thread.on", { line, n: place.version })} value={draft.text} rows={2}
        onValue={(text) => keep({ text })} maxLength={TEXT_MAX} autoFocus
        class={draft.hidden ? "for-reviewers" : undefined}
        hint={place.reviews ? t(draft.hidden ? "thread.hidden" : "thread.open_to") : undefined} />
      {place.reviews && (
        <Tick name="hidden" label={t("thread.hide")} checked={draft.hidden} onTick={(on) => keep({ hidden: on })} />
      )}
    </Form>
  );
}

function Comment({ c, place }: { c: LineComment; place: Place }) {
  const act = useAct();
  const flip = () => act.run(async () => {
    const json = { resolved: !c.resolved };
    await call(`/jobs/${place.job}/comments/${c.id}`, { method: "PATCH", json });
    await place.reload();
  });
  return (
    <li class={isHidden(c) ? "for-reviewers" : undefined}>
      <p class="thread-who">
        <strong dir="auto">{visible(c.writer.name)}</strong>
        <span class="tag">{t(`thread.side.${c.side}`)}</span>
        {isHidden(c) && <span class="tag tag-quasi">{t("thread.hidden")}</span>}
        <span class="muted"><Ago at={c.created_at} /></span>
        {c.resolved && <span class="muted">{t("thread.resolved_by", { who: visible(c.resolved_by ?? "") })}</span>}
        {place.may && (
          <button type="button" class="link" aria-busy={act.busy} onClick={() => void flip()}>
            {t(c.resolved ? "thread.reopen" : "thread.resolve")}
          </button>
        )}
      </p>
      <p class="comment" dir="auto">{visible(c.text)}</p>
      {act.refusal && <Trouble refusal={act.refusal} />}
    </li>
  );
}

/** Everything said about one line; what is settled is folded away. */
export function Thread({ of, place, line, asking, onDone }:
  { of: LineComment[]; place: Place; line: number; asking?: boolean; onDone?: () => void }) {
  const [answering, setAnswering] = useState(false);
  const settled = of.length > 0 && of.every((c) => c.resolved);
  const list = of.length > 0 && (
    <ol class="thread-list">{of.map((c) => <Comment key={c.id} c={c} place={place} />)}</ol>
  );
  const close = () => {
    setAnswering(false);
    onDone?.();
  };
  return (
    <div class="thread">
      {settled && !asking ? <details><summary>{tn("thread.settled", of.length)}</summary>{list}</details> : list}
      {asking || answering
        ? <Composer place={place} line={line} hidden={of.some(isHidden)} onDone={close} />
        : place.may && !settled && (
          <button type="button" class="link" onClick={() => setAnswering(true)}>{t("thread.answer")}</button>
        )}
    </div>
  );
}

export function mayComment(job: { author?: { id: string } }, dataset:
  { owner?: { id: string }; reviewers?: { id: string }[] } | undefined): boolean {
  const me = myId();
  return job.author?.id === me || dataset?.owner?.id === me
    || (dataset?.reviewers ?? []).some((r) => r.id === me);
}
