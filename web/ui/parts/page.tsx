// page.tsx -- the head of every page: title, way back, actions; moves the focus.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

let first = true;

export function Head(
  { title, back, note, children }:
  { title: string; back?: { to: string; text: string }; note?: ComponentChildren;
    children?: ComponentChildren },
) {
  const h1 = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Datasite`;
  }, [title]);
  useEffect(() => {
    // After a move inside the app a screen reader starts at the new title.
    if (!first) h1.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return (
    <header class="head">
      {back && <a class="back" href={back.to}><Icon name="back" /> {back.text}</a>}
      <div class="head-row">
        <h1 ref={h1} tabIndex={-1} dir="auto">{title}</h1>
        {children && <div class="head-actions">{children}</div>}
      </div>
      {note && <div class="head-note">{note}</div>}
    </header>
  );
}

export function Card(
  { title, children, extra, id }:
  { title?: string; children: ComponentChildren; extra?: ComponentChildren; id?: string },
) {
  return (
    <section class="card" id={id}>
      {title && <div class="card-head"><h2>{title}</h2>{extra}</div>}
      {children}
    </section>
  );
}

/** Term and description pairs. Empty descriptions are left out. */
export function Facts({ of, wide }: { of: [string, ComponentChildren][]; wide?: boolean }) {
  return (
    <dl class={wide ? "facts wide" : "facts"}>
      {of.filter(([, v]) => v !== "" && v !== null && v !== undefined).map(([k, v]) => (
        <div key={k}><dt>{k}</dt><dd>{v}</dd></div>
      ))}
    </dl>
  );
}

/** Sections of a page as links: the open one stands in the address. */
export function Tabs(
  { label, tabs, open, name = "tab" }:
  { label: string; tabs: { id: string; text: string; count?: number }[]; open: string;
    name?: string },
) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => {
        const url = new URL(location.href);
        url.searchParams.set(name, tab.id);
        return (
          <a key={tab.id} href={url.pathname + url.search}
            aria-current={tab.id === open ? "page" : undefined}>
            {tab.text}{" "}
            {tab.count ? <span class="count">{tab.count}</span> : null}
          </a>
        );
      })}
    </nav>
  );
}
