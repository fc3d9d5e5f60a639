// inert.tsx -- other people's text: never markup, never reordering, never invisible.
import { currentLanguage, translated } from "./texts";

const HIDDEN = /[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Control characters as pictures, hidden and direction characters by their number. */
export function visible(text: string | null | undefined): string {
  return (text ?? "")
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\u007f/g, "\u2421")
    .replace(HIDDEN, (c) => `<U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
}

/** A piece of such text in its own direction, set apart from what is around it. */
export function Said({ text }: { text: string | null | undefined }) {
  return <bdi class="said">{visible(text)}</bdi>;
}

/** A sentence of the server as text, translated where that is possible. */
export function told(text: string | null | undefined): string {
  return visible(translated(text ?? "") ?? text);
}

/** What the server says: in the reader's language, or marked as the English that it is. */
export function Told({ text }: { text: string | null | undefined }) {
  const here = translated(text ?? "");
  const foreign = here === null && currentLanguage() !== "en";
  return <bdi lang={foreign ? "en" : undefined}>{visible(here ?? text)}</bdi>;
}
