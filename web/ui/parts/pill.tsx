// pill.tsx -- states in words, with a colour that only repeats the word.
import type { JobState, WaitingOn } from "../api/types";
import { t, tIf } from "../texts";

type Tone = "plain" | "wait" | "good" | "bad" | "busy";

const tones: Record<JobState, Tone> = {
  checking: "busy", blocked: "bad", in_review: "wait", changes_requested: "wait",
  rejected: "bad", approved: "busy", queued: "busy", running: "busy", failed: "bad",
  held: "wait", released: "good", withheld: "bad", withdrawn: "plain",
  cancelled: "plain", revoked: "bad", expired: "plain",
};

export const jobStates = Object.keys(tones) as JobState[];

export function Pill({ tone, children }: { tone: Tone; children: string }) {
  return <span class={`pill pill-${tone}`}>{children}</span>;
}

export function StatePill({ state }: { state: JobState }) {
  return <Pill tone={tones[state] ?? "plain"}>{tIf(`job.state.${state}`, state)}</Pill>;
}

export function waitingText(on: WaitingOn): string {
  return on === "nobody" ? "" : t("job.waiting", { who: tIf(`job.waiting.${on}`, on) });
}
