// settings.tsx -- how the pages look for you, and how the site is.
import { useEffect, useState } from "preact/hooks";
import { call, refusalOf, type Refusal } from "../api/client";
import { useResource } from "../api/resource";
import type { Site, SiteSettings } from "../api/types";
import { visible } from "../inert";
import { Choice } from "../parts/form";
import { Icon } from "../parts/icon";
import { Keys } from "../parts/keys";
import { Card, Facts, Head } from "../parts/page";
import { Loading, Show } from "../parts/states";
import { currentLanguage, languages, setLanguage, t, tIf, type Language } from "../texts";
import { hasRole, myId } from "../session";
import { currentTheme, setTheme, type Theme } from "../theme";
import { Webhooks } from "./webhooks";

interface Health { good: boolean; facts: Record<string, unknown> }

function useHealth(): Health | undefined {
  const [health, setHealth] = useState<Health>();
  useEffect(() => {
    call<Record<string, unknown>>("/readyz").then(
      (a) => setHealth({ good: true, facts: a.data }),
      (e) => {
        const r: Refusal = refusalOf(e);
        setHealth({ good: false, facts: { detail: r.problem.detail ?? r.problem.title } });
      });
  }, []);
  return health;
}

function HealthCard() {
  const health = useHealth();
  return (
    <Card title={t("health.title")}>
      {!health ? <Loading /> : (
        <>
          <p class={health.good ? "good" : "bad"}>
            <Icon name={health.good ? "met" : "warn"} /> {health.good ? t("health.ready") : t("health.not_ready")}
          </p>
          <Facts of={Object.entries(health.facts).map(([k, v]) =>
            [tIf(`health.${k}`, visible(k)), visible(typeof v === "string" ? v : JSON.stringify(v))])} />
        </>
      )}
    </Card>
  );
}

const switches = ["tokens_may_decide", "second_admin", "transparency", "private_webhooks"] as const;

/** How the site was configured; read here, changed in its configuration alone. */
function Configured() {
  const settings = useResource<SiteSettings>("/settings");
  return (
    <Show of={settings}>
      {(s) => (
        <Facts of={switches.map((k) => [t(`settings.${k}`), t(s[k] ? "word.yes" : "word.no")])} />
      )}
    </Show>
  );
}

export function Settings() {
  const site = useResource<Site>("/.well-known/datasite");
  const [theme, setNow] = useState<Theme>(currentTheme());
  return (
    <>
      <Head title={t("nav.settings")} />
      <div class="two">
        <div>
          <Card title={t("settings.you")}>
            <Choice label={t("menu.theme")} value={theme} onValue={(v) => {
              setTheme(v);
              setNow(v);
            }} options={[["auto", t("menu.theme_auto")], ["light", t("menu.theme_light")], ["dark", t("menu.theme_dark")]]} />
            <Choice<Language> label={t("menu.language")} value={currentLanguage()} onValue={setLanguage}
              options={Object.entries(languages) as [Language, string][]} />
            <Facts of={[[t("settings.account"), <code class="hash">{myId()}</code>]]} />
          </Card>
          <Card title={t("keys.title")}><Keys /></Card>
          <Webhooks />
        </div>
        <div>
          <Card title={t("settings.site")}>
            <Show of={site}>
              {(s) => (
                <Facts of={[
                  [t("settings.name"), visible(s.name)], [t("settings.version"), s.version],
                  [t("settings.key"), s.key ? <code class="hash">{s.key}</code> : ""],
                ]} />
              )}
            </Show>
            {(hasRole("admin") || hasRole("auditor")) && <Configured />}
            <p class="muted">{t("settings.config")}</p>
            <pre class="log" tabIndex={0}>datasite config show</pre>
          </Card>
          <HealthCard />
        </div>
      </div>
    </>
  );
}
