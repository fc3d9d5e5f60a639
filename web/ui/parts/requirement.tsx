// requirement.tsx -- what a job must fulfil, in the reader's words where we know them.
import type { Requirement } from "../api/types";
import { Told, visible } from "../inert";
import { t, tIf, tMade, tn, type Vars } from "../texts";

export function requirementName(r: Requirement): string {
  return tIf(`requirement.${r.name}`, visible(r.name.replaceAll(/[-_]/g, " ")));
}

export interface Progress { given: number; needed: number; blind: boolean; more: string }

/** How far the reviewers are: "1 of 2 approvals", or votes that are still hidden. */
export function progressOf(all: Requirement[]): Progress | null {
  const r = all.find((x) => x.name === "approvals");
  const n = (name: string) => Number(r?.params?.[name] ?? 0);
  if (!r?.code) return null;
  const against = n("request_changes") + n("reject") > 0;
  const short = r.code !== "approvals.closed" && n("reach") < n("needed");
  const more = [
    against && t("approvals.against", { changes: n("request_changes"), rejects: n("reject") }),
    n("abstain") > 0 && tn("approvals.aside", n("abstain")),
    short && (n("abstain") > 0 ? t("approvals.lacks", { reach: n("reach"), needed: n("needed") })
      : t("approvals.short", { n: n("voters") })),
  ].filter(Boolean).join("; ");
  return { given: n("have"), needed: n("needed"), blind: r.code === "approvals.blind", more };
}

export function progressText(p: Progress): string {
  const words = { given: p.given, needed: p.needed };
  return [t(p.blind ? "approvals.blind" : "approvals.given", words), p.more].filter(Boolean).join("; ");
}

/** The parameters of a requirement as words. */
function varsOf(r: Requirement): Vars {
  const word = (v: unknown) => Array.isArray(v) ? v.map(String).join(", ") : String(v);
  const vars = Object.entries(r.params ?? {}).map(([k, v]) => [k, visible(tIf(`word.${word(v)}`, word(v)))]);
  return Object.fromEntries(vars) as Vars;
}

export function RequirementDetail({ r }: { r: Requirement }) {
  const progress = r.name === "approvals" ? progressOf([r]) : null;
  if (progress) return <>{progressText(progress)}</>;
  const made = r.code ? tMade(`requirement.code.${r.code}`, varsOf(r)) : null;
  return made === null ? <Told text={r.detail} /> : <>{made}</>;
}
