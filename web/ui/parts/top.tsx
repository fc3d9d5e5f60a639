// top.tsx -- the bar above every page: the site, search, news, and who one is.
import { useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Notice, Page, SessionUser } from "../api/types";
import { signOut } from "../session";
import { currentLanguage, languages, setLanguage, t, tn, type Language } from "../texts";
import { currentTheme, setTheme, type Theme } from "../theme";
import { Icon } from "./icon";

const NOTICES_COUNTED = 20;

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

/** Menu that the keyboard and a screen reader get for free: details and summary. */
function UserMenu({ name, email }: SessionUser) {
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

export function Brand({ name }: { name: string }) {
  return (
    <a class="brand" href="/"><img src="/icon.svg" alt="" width="24" height="24" /><span>{name}</span></a>
  );
}

export function Top({ site, user, onSearch }: { site: string; user: SessionUser; onSearch: () => void }) {
  return (
    <header class="top">
      <Brand name={site} />
      <button type="button" class="find" onClick={onSearch} aria-keyshortcuts="/">
        <Icon name="search" /><span class="find-word">{t("search.title")}</span><kbd aria-hidden="true">/</kbd>
      </button>
      <Bell />
      <UserMenu {...user} />
    </header>
  );
}
