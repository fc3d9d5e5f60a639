// drafts.ts -- what somebody wrote and has not sent, kept in this browser by person and
// place: nobody is shown another's, and signing out takes one's own away.

/** at: when it was written, in milliseconds since 1970. */
interface Kept { at: number; what: unknown }

const ALL = "draft:";

function slotOf(person: string, place: string): string {
  return `${ALL}${person}:${place}`;
}

/** Null too where a browser keeps nothing, or what it kept is none of ours. */
function read(slot: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(slot) ?? "null") as Kept | null;
    return typeof kept?.at === "number" ? kept : null;
  } catch {
    return null;
  }
}

function slotsUnder(start: string): string[] {
  try {
    return Object.keys(localStorage).filter((slot) => slot.startsWith(start));
  } catch {
    return [];
  }
}

export function keepDraft(person: string, place: string, what: unknown): void {
  try {
    localStorage.setItem(slotOf(person, place), JSON.stringify({ at: Date.now(), what } satisfies Kept));
  } catch {
    // A browser that is full or keeps nothing: the page itself still has it.
  }
}

export function draftAt(person: string, place: string): unknown {
  return read(slotOf(person, place))?.what ?? null;
}

/** The one written last among the places that begin so. */
export function newestDraft(person: string, places: string): unknown {
  const all = slotsUnder(slotOf(person, places)).map(read).filter((k) => k !== null);
  return all.sort((a, b) => b.at - a.at)[0]?.what ?? null;
}

export function dropDraft(person: string, place: string): void {
  for (const slot of slotsUnder(slotOf(person, place)))
    if (slot === slotOf(person, place)) localStorage.removeItem(slot);
}

export function dropDrafts(person: string): void {
  for (const slot of slotsUnder(slotOf(person, ""))) localStorage.removeItem(slot);
}
