// app.tsx -- the frame around every page: who you are, where you can go, what happened.
import { useEffect, useState } from "preact/hooks";
import { call } from "./api/client";
import { useResource } from "./api/resource";
import type { Notice, Page, Role, Site } from "./api/types";
import { Setup, SignIn, SignInAgain } from "./pages/signin";
import { Icon } from "./parts/icon";
import { Head } from "./parts/page";
import { Empty, Loading } from "./parts/states";
import { Toasts } from "./parts/toast";
import { lazy } from "./lazy";
import { go, match, useAddress } from "./router";
import { routes } from "./routes";
import { signOut, useSession } from "./session";
import { currentLanguage, languages, setLanguage, t, tn, type Key, type Language } from "./texts";
import { currentTheme, setTheme, type Theme } from "./theme";

interface NavItem { path: string; text: Key; roles: Role[] }

const nav: NavItem[] = [
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

function allowed(need: Role[], have: Role[]): boolean {
  return need.length === 0 || need.some((r) => have.includes(r));
}

function homeOf(roles: Role[]): string {
  return nav.find((n) => n.roles.some((r) => roles.includes(r)))?.path ?? "/settings";
}

/** Menu that the keyboard and a screen reader get for free: details and summary. */
function UserMenu({ name, email }: { name: string; email: string }) {
  const [theme, setNow] = useState<Theme>(currentTheme());
  return (
    <details class="menu">
      <summary><span class="who">{name || email}</span><Icon name="down" /></summary>
      <div class="menu-box">
        <p class="muted">{email}</p>
        <label>
          <span>{t("menu.theme")}</span>
          <select value={theme} onChange={(e) => {
            const to = e.currentTarget.value as Theme;
            setTheme(to);
            setNow(to);
          }}>
            <option value="auto">{t("menu.theme_auto")}</option>
            <option value="light">{t("menu.theme_light")}</option>
            <option value="dark">{t("menu.theme_dark")}</option>
          </select>
        </label>
        <label>
          <span>{t("menu.language")}</span>
          <select value={currentLanguage()}
            onChange={(e) => setLanguage(e.currentTarget.value as Language)}>
            {Object.entries(languages).map(([k, v]) => <option key={k} value={k} lang={k}>{v}</option>)}
          </select>
        </label>
        <button type="button" onClick={() => void signOut()}>{t("menu.sign_out")}</button>
      </div>
    </details>
  );
}

const NOTICES_COUNTED = 20;
const SECOND_KEY_MS = 1_200;

/** The way to the news, with the number of those that were not seen yet. */
function Bell() {
  const news = useResource<Page<Notice>>(`/notices?limit=${NOTICES_COUNTED}`);
  const fresh = (news.data?.items ?? []).filter((n) => !n.seen).length;
  const text = fresh === NOTICES_COUNTED ? `${fresh}+` : `${fresh}`;
  return (
    <a class="bell" href="/notifications" aria-label={tn("news.unseen", fresh)}>
      <Icon name="bell" />{fresh > 0 && <span class="count">{text}</span>}
    </a>
  );
}

function Nav({ roles, path }: { roles: Role[]; path: string }) {
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      {nav.filter((n) => allowed(n.roles, roles)).map((n) => {
        const here = path === n.path || (n.path !== "/" && path.startsWith(`${n.path}/`));
        return (
          <a key={n.path} href={n.path} aria-current={here ? "page" : undefined}>{t(n.text)}</a>
        );
      })}
    </nav>
  );
}

function Current({ path, roles }: { path: string; roles: Role[] }) {
  for (const r of routes) {
    const params = match(r.path, path);
    if (!params) continue;
    if (!allowed(r.roles, roles)) {
      return (
        <>
          <Head title={t("page.forbidden")} />
          <Empty title={t("page.forbidden_lead")}>
            <p>{t("page.forbidden_roles", { roles: r.roles.map((x) => t(`role.${x}`)).join(", ") })}</p>
          </Empty>
        </>
      );
    }
    const Page = r.page;
    return <Page key={r.path + JSON.stringify(params)} {...params} />;
  }
  return (
    <>
      <Head title={t("page.missing")} />
      <Empty title={t("page.missing_lead")}><p><a href="/">{t("page.home")}</a></p></Empty>
    </>
  );
}

const pagesByKey: Record<string, string> = {
  i: "/inbox", d: "/datasets", b: "/budgets", h: "/", j: "/jobs", n: "/notifications",
};

/** Goes to the next or the previous job of a list. */
function stepRow(by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>(".row-link")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[now < 0 ? 0 : now + by]?.focus();
}

const actsByKey: Record<string, () => void> = {
  j: () => stepRow(1),
  k: () => stepRow(-1),
  a: () => document.querySelector<HTMLElement>("#decide button.main")?.focus(),
  c: () => document.querySelector<HTMLElement>(".number button[tabindex='0']")?.focus(),
  v: () => document.querySelector<HTMLElement>("input[name=split]")?.click(),
  "?": () => go("/settings"),
};

/** "g" then a letter opens a page, a letter alone acts on it; off while a field has the focus. */
function useShortcuts(): void {
  useEffect(() => {
    let armed = 0;
    const onKey = (e: KeyboardEvent) => {
      if (localStorage.getItem("shortcuts") === "off") return;
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      if ((e.target as Element).closest("input:not([type=checkbox]), textarea, select, dialog")) return;
      const to = Date.now() < armed ? pagesByKey[e.key] : undefined;
      armed = e.key === "g" ? Date.now() + SECOND_KEY_MS : 0;
      if (to) go(to);
      else actsByKey[e.key]?.();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function useSite(): Site | undefined {
  const [site, setSite] = useState<Site>();
  useEffect(() => {
    call<Site>("/.well-known/datasite").then((a) => setSite(a.data), () => {});
  }, []);
  return site;
}

const Transparency = lazy(async () => (await import("./pages/transparency")).Transparency);

function Foot({ version }: { version: string | undefined }) {
  return (
    <footer class="foot">
      <span>Datasite {version}</span>
      <a href="/transparency">{t("nav.transparency")}</a>
      <a href="/api/v1/openapi.json">{t("foot.api")}</a>
      <a href="/licenses.txt">{t("foot.licences")}</a>
    </footer>
  );
}

/** What anybody may read, signed in or not. */
function Public({ site }: { site: Site | undefined }) {
  return (
    <>
      <a class="skip" href="#main">{t("page.skip")}</a>
      <header class="top">
        <a class="brand" href="/"><img src="/icon.svg" alt="" width="24" height="24" />{site?.name || "Datasite"}</a>
        <a class="button" href="/login">{t("signin.send")}</a>
      </header>
      <main id="main" tabIndex={-1}>
        <Transparency />
        <Foot version={site?.version} />
      </main>
    </>
  );
}

export function App() {
  const url = useAddress();
  const { user, ended, known } = useSession();
  const site = useSite();
  useShortcuts();
  const path = url.pathname;
  const name = site?.name || "Datasite";
  const gate = path === "/login" || path === "/setup"
    || (path === "/" && user !== null && homeOf(user.roles) !== "/");
  useEffect(() => {
    if (user && gate) go(homeOf(user.roles), true);
  }, [user, gate]);
  if (path === "/setup" && !user) return <><Setup /><Toasts /></>;
  if (!known) return <main class="gate"><Loading /></main>;
  if (!user && path === "/transparency") return <Public site={site} />;
  if (!user) return <><SignIn site={name} /><Toasts /></>;
  return (
    <>
      <a class="skip" href="#main">{t("page.skip")}</a>
      <header class="top">
        <a class="brand" href="/"><img src="/icon.svg" alt="" width="24" height="24" />{name}</a>
        <Bell />
        <UserMenu name={user.name} email={user.email} />
      </header>
      <div class="frame">
        <Nav roles={user.roles} path={path} />
        <main id="main" tabIndex={-1}>
          {!gate && <Current path={path} roles={user.roles} />}
          <Foot version={site?.version} />
        </main>
      </div>
      <Toasts />
      {ended && <SignInAgain />}
    </>
  );
}
