// policy_words.tsx -- a policy in sentences, by what they are about.
import { bytes, duration } from "../amounts";
import type { PolicyWord } from "../api/types";
import { whole } from "../decimal";
import { Told, visible } from "../inert";
import { t, tMade } from "../texts";

const amounts: Record<string, (n: number) => string> = {
  bytes, output_bytes: bytes, memory_bytes: bytes, cpu_ms: duration, wall_ms: duration,
  seconds: (n) => duration(n * 1000),
};

/** One sentence: ours where it has amounts to read, else the server's. */
export function Sentence({ of }: { of: PolicyWord }) {
  const vars = Object.entries(of.params).map(([k, v]): [string, string] =>
    [k, typeof v === "number" ? (amounts[k] ?? whole)(v) : visible(String(v))]);
  const made = tMade(`policy.word.${of.id}`, Object.fromEntries(vars));
  return made === null ? <Told text={of.text} /> : <>{made}</>;
}

const parts = ["ask", "run", "leave"] as const;

function partOf(w: PolicyWord): (typeof parts)[number] {
  if (w.id.startsWith("input.")) return "ask";
  return /^(lane|output)\./.test(w.id) ? "leave" : "run";
}

export function PolicyWords({ words }: { words: PolicyWord[] }) {
  return (
    <>
      {parts.map((p) => {
        const here = words.filter((w) => partOf(w) === p);
        return here.length > 0 && (
          <section key={p}>
            <h3>{t(`policy.part.${p}`)}</h3>
            <ul class="words">{here.map((w, i) => <li key={i}><Sentence of={w} /></li>)}</ul>
          </section>
        );
      })}
    </>
  );
}
