// requirement.ts -- what a job must fulfil, in the reader's words where we know them.
import type { Requirement } from "../api/types";
import { visible } from "../inert";
import { t, tIf } from "../texts";

export function requirementName(r: Requirement): string {
  return tIf(`requirement.${r.name}`, visible(r.name.replaceAll(/[-_]/g, " ")));
}

export interface Progress { given: number; needed: number; blind: boolean; more: string }

/** How far the reviewers are: "1 of 2 approvals", or votes that are still hidden. */
export function progressOf(all: Requirement[]): Progress | null {
  const detail = all.find((r) => r.name === "approvals")?.detail ?? "";
  const m = /^(\d+) of (\d+) (votes|approvals)[^;]*;?(.*)$/.exec(detail);
  return m && { given: Number(m[1]), needed: Number(m[2]), blind: m[3] === "votes", more: m[4]!.trim() };
}

export function progressText(p: Progress): string {
  const words = { given: p.given, needed: p.needed };
  return t(p.blind ? "approvals.blind" : "approvals.given", words) + (p.more && ` ${visible(p.more)}`);
}

export function requirementDetail(r: Requirement): string {
  const progress = r.name === "approvals" ? progressOf([r]) : null;
  if (progress) return progressText(progress);
  return (r.met && tIf(`requirement.${r.name}.met`, "")) || visible(r.detail ?? "");
}
