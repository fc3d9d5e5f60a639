// editor.tsx -- a text area that shows its own program in colours. It stays a text area:
// the browser's editing, undo, spelling of keys and screen readers all work.
import { useId, useMemo, useRef } from "preact/hooks";
import type { Finding } from "../api/types";
import { Told } from "../inert";
import { t } from "../texts";
import { luaLines, Pieces } from "./code";

export function Editor(
  { label, value, onValue, findings }:
  { label: string; value: string; onValue: (v: string) => void; findings: Finding[] },
) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = useMemo(() => luaLines(value || " "), [value]);
  const bad = new Set(findings.map((f) => f.line));
  const rows = Math.max(14, value.split("\n").length + 1);
  const goTo = (line: number) => {
    const at = value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(at, at);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="code editor">
        <ol class="editor-numbers" aria-hidden="true">
          {Array.from({ length: rows }, (_, i) => (
            <li key={i} class={bad.has(i + 1) ? "bad" : ""}>{i + 1}</li>
          ))}
        </ol>
        <div class="editor-text">
          <pre aria-hidden="true">
            {lines.map((l, i) => <div key={i}><Pieces of={l} />{"\n"}</div>)}
          </pre>
          <textarea ref={area} id={id} rows={rows} value={value} spellcheck={false} wrap="off"
            autocomplete="off" autocapitalize="off" required
            onInput={(e) => onValue(e.currentTarget.value)} />
        </div>
      </div>
      {findings.length > 0 && (
        <ul class="places" aria-label={t("checks.findings")}>
          {findings.map((f, i) => (
            <li key={i}>
              {f.line ? (
                <button type="button" class="link" onClick={() => goTo(f.line!)}>
                  {t("place.line", { line: f.line })}
                </button>
              ) : null}{" "}
              <Told text={f.text} /> <code class="muted">{f.rule}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
