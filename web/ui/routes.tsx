// routes.tsx -- every address of the app, who it is for, and what draws it.
import type { ComponentType } from "preact";
import type { Role } from "./api/types";
import { lazy } from "./lazy";
import { Inbox } from "./pages/inbox";

export type Params = Record<string, string>;

export interface Route {
  path: string;
  /** Any of these; none: everybody who is signed in. */
  roles: Role[];
  page: ComponentType<Params>;
}

const page = (load: () => Promise<ComponentType<never>>) =>
  lazy(load as () => Promise<ComponentType<Params>>);

export const routes: Route[] = [
  { path: "/inbox", roles: ["owner", "admin"], page: Inbox as ComponentType<Params> },
  { path: "/", roles: ["researcher"],
    page: page(async () => (await import("./pages/home")).Home) },
  { path: "/jobs", roles: ["researcher"],
    page: page(async () => (await import("./pages/home")).Jobs) },
  { path: "/jobs/new", roles: ["researcher"],
    page: page(async () => (await import("./pages/editor")).NewJob) },
  { path: "/jobs/:id", roles: [],
    page: page(async () => (await import("./job/page")).JobPage) },
  { path: "/jobs/:id/edit", roles: ["researcher"],
    page: page(async () => (await import("./pages/editor")).EditJob) },
  { path: "/jobs/:id/result", roles: [],
    page: page(async () => (await import("./job/result")).ResultPage) },
  { path: "/jobs/:id/release", roles: ["owner"],
    page: page(async () => (await import("./job/sealed")).SealedPage) },
  { path: "/projects", roles: ["researcher"],
    page: page(async () => (await import("./pages/projects")).Projects) },
  { path: "/projects/:id", roles: [],
    page: page(async () => (await import("./pages/projects")).ProjectPage) },
  { path: "/datasets", roles: [],
    page: page(async () => (await import("./pages/datasets")).Datasets) },
  { path: "/datasets/new", roles: ["owner"],
    page: page(async () => (await import("./pages/wizard")).Wizard) },
  { path: "/datasets/:name", roles: [],
    page: page(async () => (await import("./pages/dataset")).DatasetPage) },
  { path: "/datasets/:name/policies", roles: [],
    page: page(async () => (await import("./pages/policies")).Policies) },
  { path: "/budgets", roles: ["owner", "admin", "auditor"],
    page: page(async () => (await import("./pages/budgets")).Budgets) },
  { path: "/budgets/:name", roles: ["owner", "admin", "auditor"],
    page: page(async () => (await import("./pages/budgets")).BudgetPage) },
  { path: "/audit", roles: ["auditor", "admin"],
    page: page(async () => (await import("./pages/audit")).Audit) },
  { path: "/people", roles: ["admin"],
    page: page(async () => (await import("./pages/people")).People) },
  { path: "/tokens", roles: [],
    page: page(async () => (await import("./pages/people")).Tokens) },
  { path: "/notifications", roles: [],
    page: page(async () => (await import("./pages/notifications")).Notifications) },
  { path: "/transparency", roles: [],
    page: page(async () => (await import("./pages/transparency")).Transparency) },
  { path: "/settings", roles: [],
    page: page(async () => (await import("./pages/settings")).Settings) },
];
