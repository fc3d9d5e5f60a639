// keys.tsx -- which keys do what, and the switch that turns them off.
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { setShortcuts, shortcutsOn } from "../shortcuts";
import { t, type Key } from "../texts";
import { Dialog } from "./dialog";
import { Tick } from "./form";

interface Shortcut { keys: string[]; between?: Key; does: Key }

const shortcuts: Shortcut[] = [
  { keys: ["/"], does: "keys.search" },
  { keys: ["g", "i"], between: "keys.then", does: "nav.inbox" },
  { keys: ["g", "h"], between: "keys.then", does: "nav.home" },
  { keys: ["g", "j"], between: "keys.then", does: "nav.jobs" },
  { keys: ["g", "d"], between: "keys.then", does: "nav.datasets" },
  { keys: ["g", "b"], between: "keys.then", does: "nav.budgets" },
  { keys: ["g", "n"], between: "keys.then", does: "nav.notifications" },
  { keys: ["j", "k"], between: "keys.or", does: "keys.rows" },
  { keys: ["n", "p"], between: "keys.or", does: "keys.changes" },
  { keys: ["v"], does: "keys.split" },
  { keys: ["c"], does: "keys.lines" },
  { keys: ["a"], does: "keys.decide" },
  { keys: ["?"], does: "keys.help" },
];

export function Keys() {
  const [on, setOn] = useState(shortcutsOn());
  return (
    <>
      <Tick label={t("keys.on")} checked={on} onTick={(to) => {
        setShortcuts(to);
        setOn(to);
      }} />
      <p class="hint">{t("keys.lead")}</p>
      <dl class="keys">
        {shortcuts.map((s) => (
          <div key={s.does}>
            <dt>
              {s.keys.map((k, i) => (
                <Fragment key={k}>{i > 0 && <span class="muted"> {t(s.between!)} </span>}<kbd>{k}</kbd></Fragment>
              ))}
            </dt>
            <dd>{t(s.does)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <Keys />
      <div class="buttons"><button type="button" onClick={onClose}>{t("act.close")}</button></div>
    </Dialog>
  );
}
