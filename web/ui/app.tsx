// app.tsx -- the frame around every page: who you are, where you can go, what happened.
import { useEffect, useState } from "preact/hooks";
import { call } from "./api/client";
import type { Role, Site } from "./api/types";
import { lazy } from "./lazy";
import { allowed, homeOf, navOf, standsUnder } from "./nav";
import { Setup, SignIn, SignInAgain } from "./pages/signin";
import { Head } from "./parts/page";
import { Empty, Loading } from "./parts/states";
import { Toasts } from "./parts/toast";
import { Brand, Top } from "./parts/top";
import { go, match, useAddress } from "./router";
import { routes } from "./routes";
import { useSession } from "./session";
import { useShortcuts } from "./shortcuts";
import { t } from "./texts";

function Nav({ roles, path }: { roles: Role[]; path: string }) {
  const items = navOf(roles);
  const here = standsUnder(path, items);
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      {items.map((n) => (
        <a key={n.path} href={n.path} aria-current={n === here ? "page" : undefined}>{t(n.text)}</a>
      ))}
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

function useSite(): Site | undefined {
  const [site, setSite] = useState<Site>();
  useEffect(() => {
    call<Site>("/.well-known/datasite").then((a) => setSite(a.data), () => {});
  }, []);
  return site;
}

const Transparency = lazy(async () => (await import("./pages/transparency")).Transparency);
const loadSearch = async () => (await import("./parts/search")).Search;
const Search = lazy(loadSearch, null);
const SEARCH_READY_MS = 1_500;
const KeysDialog = lazy(async () => (await import("./parts/keys")).KeysDialog, null);

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
        <Brand name={site?.name || "Datasite"} />
        <a class="button" href="/login">{t("signin.send")}</a>
      </header>
      <main id="main" tabIndex={-1}>
        <Transparency />
        <Foot version={site?.version} />
      </main>
    </>
  );
}

type Above = "search" | "keys" | null;

/** What lies above the page when a key or the bar asks for it. */
function useAbove(on: boolean): [Above, (to: Above) => void] {
  const [above, setAbove] = useState<Above>(null);
  // Who presses the key types on at once: the field must be there.
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => void loadSearch().catch(() => {}), SEARCH_READY_MS);
    return () => clearTimeout(timer);
  }, [on]);
  useShortcuts({ "/": () => setAbove("search"), "?": () => setAbove("keys") });
  return [on ? above : null, setAbove];
}

export function App() {
  const url = useAddress();
  const { user, ended, known } = useSession();
  const site = useSite();
  const [above, setAbove] = useAbove(user !== null);
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
      <Top site={name} user={user} onSearch={() => setAbove("search")} />
      <div class="frame">
        <Nav roles={user.roles} path={path} />
        <main id="main" tabIndex={-1}>
          {!gate && <Current path={path} roles={user.roles} />}
          <Foot version={site?.version} />
        </main>
      </div>
      <Toasts />
      {above === "search" && <Search onClose={() => setAbove(null)} />}
      {above === "keys" && <KeysDialog onClose={() => setAbove(null)} />}
      {ended && <SignInAgain />}
    </>
  );
}
