// types.ts -- the document's shapes under short names. gen/schema.d.ts is generated
// from schema/openapi.json; where that leaves a member open, it is given a shape here.
import type { components } from "../../gen/schema";

type S = components["schemas"];

export type Role = S["Role"];
export type Session = S["Session"];
export type SessionUser = S["SessionUser"];
export type User = S["User"];
export type Token = S["Token"];
export type TokenCreated = S["TokenCreated"];
export type Project = S["Project"];
export type Dataset = S["Dataset"];
export type DatasetNew = S["DatasetNew"];
export type Listing = S["Listing"];
export type AccessRequest = S["AccessRequest"];
export type AccessState = S["AccessState"];
export type GrantHeld = S["GrantHeld"];
export type Column = S["Column"];
export type SchemaDocument = S["SchemaDocument"];
export type DataLoaded = S["DataLoaded"];
export type Policy = S["Policy"];
export type PolicyPreview = S["PolicyPreview"];
export type Template = S["Template"];
export type Notice = S["Notice"];
export type Webhook = S["Webhook"];
export type WebhookCreated = S["WebhookCreated"];
export type Risk = S["Risk"];
export type Odds = S["Odds"];
export type WithheldPart = S["WithheldPart"];
export type Expectation = S["Expectation"];
export type Checkpoint = S["Checkpoint"];
export type Disclosure = S["Disclosure"];
export type DatasetPolicy = S["DatasetPolicy"];
export type PolicyWord = S["PolicyWords"][number];
export interface PastPolicy {
  version: number;
  name: string;
  document: unknown;
  words: PolicyWord[];
  since: string;
}
export type Budget = S["Budget"];
export type Share = S["Share"];
export type BudgetPoint = S["BudgetPoint"];
export type BudgetRaise = S["Raise"];
export type Population = S["Population"];
export type Member = S["Member"];
export type LedgerEntry = S["LedgerEntry"];
export type AuditEntry = S["AuditEntry"];
export type AuditHead = S["AuditHead"];
export type JobState = S["JobState"];
export type WaitingOn = S["WaitingOn"];
export type Lane = S["Lane"];
export type JobVersion = S["JobVersion"];
export type Requirement = S["Requirement"] & { code?: string; params?: Record<string, unknown> };
export type Finding = S["Finding"];
export type Failure = S["Failure"];
export type Review = Omit<S["Review"], "reviewer"> & {
  reviewer?: { id?: string; name?: string } | string | null;
  checklist?: Record<string, boolean>;
};
export type LineComment = S["LineComment"];
export type Receipt = S["Receipt"];
export type SiteSettings = S["Settings"];
export type MockStored = S["MockStored"];
export type Site = S["Site"];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Measurement {
  label?: string | null;
  mechanism: string;
  epsilon?: string | null;
  rho?: string | null;
  delta?: string | null;
  /** A decimal string or a number; null where it has none. */
  error95?: string | number | null;
  line?: number | null;
}

export interface Quote {
  columns?: string[];
  outputs?: unknown[];
  measurements?: Measurement[];
  reads?: { column: string; needed: boolean; uses: string[] }[];
  release?: "auto" | "held";
  approvals?: number;
  checks?: { name: string; lane: Lane; threshold: number }[];
  expect?: Expectation[];
  findings?: Finding[];
  failure?: Failure | null;
  total?: { epsilon?: string | null; rho?: string | null; delta?: string | null } | null;
}

export interface NamedOutput {
  name: string;
  description?: string;
}

export type Job = Omit<S["Job"], "quote" | "outputs"> & {
  quote?: Quote | null;
  outputs?: NamedOutput[];
};

export interface Mark {
  line?: number;
  kind?: string;
  text?: string;
}

export interface Checks {
  requirements?: Requirement[];
  findings?: Finding[];
  columns?: string[];
  marks?: Mark[];
}

export interface MockResult {
  ok: boolean;
  outputs?: unknown;
  log?: string;
  measurements?: Measurement[];
  findings?: Finding[];
  failure?: Failure | null;
}

export interface Result {
  outputs: unknown;
  measurements: Measurement[];
  receipt: Receipt;
  withheld: WithheldPart[];
}

/** One check of a sealed result. Packs name theirs by rule or by name; what they add is
 * shown as it comes. */
export interface OutCheck {
  name?: string;
  rule?: string;
  met?: boolean;
  ok?: boolean;
  detail?: string | null;
  threshold?: unknown;
  evidence?: unknown;
}

export interface SealedResult {
  outputs: unknown;
  checks?: OutCheck[];
  measurements?: Measurement[];
  log?: string;
}
