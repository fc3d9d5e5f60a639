// pointer.ts -- JSON Pointers (RFC 6901): how the API names a part of a result.

/** The place of a member of a document, or of an entry of a list. */
export function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The names on the way to a place. */
export function namesOn(pointer: string): string[] {
  return pointer.split("/").slice(1).map((n) => n.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Is it that place, or one within it? */
export function isWithin(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}
