// form.tsx -- fields with labels and places for errors; acts that cannot happen twice.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { refusalOf, type Refusal } from "../api/client";
import { Trouble } from "./states";

/** The attributes of an input that our pages set. The JSX types want one type of input
 * at a time; Field takes any of these. */
interface InputProps {
  type?: "text" | "email" | "password" | "number" | "search";
  name?: string;
  autocomplete?: string;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  min?: number | string;
  max?: number | string;
  step?: number | string;
  pattern?: string;
  inputMode?: "decimal" | "numeric";
  autoFocus?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  spellcheck?: boolean;
}

export function Field(
  { label, hint, value, onValue, error, ...rest }:
  { label: string; hint?: ComponentChildren; value: string; error?: string;
    onValue: (v: string) => void } & InputProps,
) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  // The attribute works on a page's first load only; these fields come later.
  useEffect(() => {
    if (rest.autoFocus) input.current?.focus();
  }, []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...(rest as { type: "email" })} ref={input} id={id} value={value} aria-describedby={hint || error ? `${id}-h` : undefined}
        aria-invalid={error ? true : undefined}
        onInput={(e) => onValue(e.currentTarget.value)} />
      {(hint || error) && <p class="hint" id={`${id}-h`}>{error ?? hint}</p>}
    </div>
  );
}

export function Area(
  { label, hint, value, onValue, rows = 4, ...rest }:
  { label: string; hint?: ComponentChildren; value: string; rows?: number;
    onValue: (v: string) => void }
    & Omit<JSX.IntrinsicElements["textarea"], "onInput" | "label" | "ref">,
) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (rest.autoFocus) area.current?.focus();
  }, []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea {...rest} ref={area} id={id} rows={rows} value={value}
        aria-describedby={hint ? `${id}-h` : undefined}
        onInput={(e) => onValue(e.currentTarget.value)} />
      {hint && <p class="hint" id={`${id}-h`}>{hint}</p>}
    </div>
  );
}

export function Choice<T extends string>(
  { label, hint, value, onValue, options, disabled }:
  { label: string; hint?: ComponentChildren; value: T; onValue: (v: T) => void;
    options: [T, string][]; disabled?: boolean },
) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} disabled={disabled}
        aria-describedby={hint ? `${id}-h` : undefined}
        onChange={(e) => onValue(e.currentTarget.value as T)}>
        {options.map(([v, text]) => <option key={v} value={v}>{text}</option>)}
      </select>
      {hint && <p class="hint" id={`${id}-h`}>{hint}</p>}
    </div>
  );
}

export function Tick(
  { label, checked, onTick, name }:
  { label: ComponentChildren; checked: boolean; onTick: (on: boolean) => void; name?: string },
) {
  return (
    <label class="tick">
      <input type="checkbox" name={name} checked={checked}
        onChange={(e) => onTick(e.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export interface Act {
  busy: boolean;
  refusal: Refusal | undefined;
  run: (what: () => Promise<void>) => Promise<void>;
  clear: () => void;
}

/** Runs one act at a time; a second click while it runs is nothing. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const running = useRef(false);
  return {
    busy,
    refusal,
    clear: () => setRefusal(undefined),
    run: async (what) => {
      if (running.current) return;
      running.current = true;
      setBusy(true);
      setRefusal(undefined);
      try {
        await what();
      } catch (e) {
        setRefusal(refusalOf(e));
      } finally {
        running.current = false;
        setBusy(false);
      }
    },
  };
}

export function Form(
  { act, onSend, send, children, tone, disabled, extra }:
  { act: Act; onSend: () => Promise<void>; send: string; children: ComponentChildren;
    tone?: "plain"; disabled?: boolean; extra?: ComponentChildren },
) {
  return (
    <form onSubmit={(e) => {
      e.preventDefault();
      void act.run(onSend);
    }}>
      {children}
      {act.refusal && <Trouble refusal={act.refusal} />}
      <div class="buttons">
        <button type="submit" class={tone === "plain" ? "" : "main"} aria-busy={act.busy}
          disabled={disabled}>
          {send}
        </button>
        {extra}
      </div>
    </form>
  );
}
