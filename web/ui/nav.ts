// nav.ts -- the pages that stand at the side, and for whom.
import type { Role } from "./api/types";
import type { Key } from "./texts";

export interface NavItem { path: string; text: Key; roles: Role[] }

const all: NavItem[] = [
  { path: "/inbox", text: "nav.inbox", roles: ["owner", "admin"] },
  { path: "/", text: "nav.home", roles: ["researcher"] },
  { path: "/jobs", text: "nav.jobs", roles: ["researcher"] },
  { path: "/projects", text: "nav.projects", roles: ["researcher"] },
  { path: "/datasets", text: "nav.datasets", roles: ["owner", "admin", "researcher"] },
  { path: "/budgets", text: "nav.budgets", roles: ["owner", "admin", "auditor"] },
  { path: "/audit", text: "nav.audit", roles: ["auditor", "admin"] },
  { path: "/people", text: "nav.people", roles: ["admin"] },
  { path: "/notifications", text: "nav.notifications", roles: [] },
  { path: "/tokens", text: "nav.tokens", roles: [] },
  { path: "/settings", text: "nav.settings", roles: [] },
];

export function allowed(need: Role[], have: Role[]): boolean {
  return need.length === 0 || need.some((r) => have.includes(r));
}

export function navOf(roles: Role[]): NavItem[] {
  return all.filter((n) => allowed(n.roles, roles));
}

export function homeOf(roles: Role[]): string {
  return all.find((n) => n.roles.some((r) => roles.includes(r)))?.path ?? "/settings";
}

/** The page of the side under which path stands: its own, or for jobs where they are listed. */
export function standsUnder(path: string, items: NavItem[]): NavItem | undefined {
  const under = (p: string) => items.find((n) => p === n.path || (n.path !== "/" && p.startsWith(`${n.path}/`)));
  return under(path) ?? (path.startsWith("/jobs/") ? under("/inbox") : undefined);
}
