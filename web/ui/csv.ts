// csv.ts -- tables as text: the first rows of one to look at, all rows of one to keep.

/** What stands between the fields of the header: a comma, unless another is there more often. */
function separatorOf(text: string): string {
  const head = text.slice(0, text.search(/[\r\n]/) + 1 || undefined);
  const count = (c: string) => head.split(c).length;
  return [",", ";", "\t"].reduce((best, c) => (count(c) > count(best) ? c : best));
}

/** The first rows of a CSV text; quoted separators and line ends are honoured. */
export function csvRows(text: string, max: number): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [[]];
  let field = "";
  let quoted = false;
  for (let i = 0; i < text.length && rows.length <= max; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') field += text[i++];
      else if (c === '"') quoted = false;
      else field += c;
    } else if (c === '"') quoted = true;
    else if (c === separator || c === "\n") {
      rows[rows.length - 1]!.push(field);
      field = "";
      if (c === "\n") rows.push([]);
    } else if (c !== "\r") field += c;
  }
  if (field || rows[rows.length - 1]!.length > 0) rows[rows.length - 1]!.push(field);
  return rows.filter((r) => r.length > 0).slice(0, max);
}

/** A formula's signs are made harmless: a spreadsheet would run it. */
function cell(v: unknown): string {
  const text = v === null || v === undefined ? "" : String(v);
  const safe = typeof v !== "number" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvText(rows: unknown[][]): string {
  return rows.map((r) => r.map(cell).join(",") + "\r\n").join("");
}
