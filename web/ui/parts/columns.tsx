// columns.tsx -- a dataset's dictionary, to read and to write.
import type { Column } from "../api/types";
import { Said } from "../inert";
import { t, tIf } from "../texts";

const CATEGORIES_SHOWN = 12;

function Bounds({ c }: { c: Column }) {
  if (c.categories) {
    const part = c.categories.slice(0, CATEGORIES_SHOWN);
    return (
      <>
        <Said text={part.join(", ")} />
        {part.length < c.categories.length && ` … (${c.categories.length})`}
      </>
    );
  }
  if (c.lower !== undefined && c.upper !== undefined) return <>{c.lower} … {c.upper}</>;
  return c.type === "integer" || c.type === "decimal"
    ? <span class="muted">{t("columns.no_bounds")}</span> : <>–</>;
}

export function Dictionary({ columns, unit }: { columns: Column[]; unit: string | undefined }) {
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={t("columns.dictionary")}>
      <table class="table">
        <caption class="unseen">{t("columns.dictionary")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("columns.name")}</th>
            <th scope="col">{t("columns.type")}</th>
            <th scope="col">{t("columns.values")}</th>
            <th scope="col">{t("columns.null")}</th>
            <th scope="col">{t("columns.role")}</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((c) => (
            <tr key={c.name}>
              <th scope="row">
                <code><Said text={c.name} /></code>
                {c.description && <span class="muted detail"><Said text={c.description} /></span>}
              </th>
              <td>
                {tIf(`type.${c.type}`, c.type)}
                {c.type === "decimal" && c.decimals !== undefined ? ` (${c.decimals})` : ""}
              </td>
              <td><Bounds c={c} /></td>
              <td>{c.nullable === false ? t("word.no") : t("word.yes")}</td>
              <td>
                {c.name === unit && <span class="tag">{t("columns.unit")}</span>}
                {c.sensitivity && (
                  <span class={`tag tag-${c.sensitivity}`}>{tIf(`sensitivity.${c.sensitivity}`, c.sensitivity)}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const columnTypes: Column["type"][] = ["integer", "decimal", "category", "boolean", "date", "text", "id"];
const roles: NonNullable<Column["sensitivity"]>[] = ["", "direct", "quasi", "sensitive", "public"];

function Cells({ c, set }: { c: Column; set: (part: Partial<Column>) => void }) {
  const bounded = c.type === "integer" || c.type === "decimal";
  return (
    <>
      <td>
        <select aria-label={t("columns.type_of", { name: c.name })} value={c.type}
          onChange={(e) => set({ type: e.currentTarget.value as Column["type"] })}>
          {columnTypes.map((x) => <option key={x} value={x}>{tIf(`type.${x}`, x)}</option>)}
        </select>
      </td>
      <td>
        <div class="bounds">
          {bounded && (
            <>
              <input aria-label={t("columns.lower_of", { name: c.name })} value={c.lower ?? ""}
                inputMode="decimal" onInput={(e) => set({ lower: e.currentTarget.value || undefined })} />
              <input aria-label={t("columns.upper_of", { name: c.name })} value={c.upper ?? ""}
                inputMode="decimal" onInput={(e) => set({ upper: e.currentTarget.value || undefined })} />
            </>
          )}
          {c.type === "decimal" && (
            <input type="number" min="0" max="9" aria-label={t("columns.decimals_of", { name: c.name })}
              value={String(c.decimals ?? 0)}
              onInput={(e) => set({ decimals: Number(e.currentTarget.value) })} />
          )}
          {c.type === "category" && (
            <textarea rows={2} aria-label={t("columns.categories_of", { name: c.name })}
              value={(c.categories ?? []).join("\n")}
              onChange={(e) => set({ categories: e.currentTarget.value.split("\n").filter(Boolean) })} />
          )}
        </div>
      </td>
      <td>
        <input type="checkbox" aria-label={t("columns.null_of", { name: c.name })}
          checked={c.nullable !== false} onChange={(e) => set({ nullable: e.currentTarget.checked })} />
      </td>
      <td>
        <select aria-label={t("columns.role_of", { name: c.name })} value={c.sensitivity ?? ""}
          onChange={(e) => set({ sensitivity: e.currentTarget.value as Column["sensitivity"] })}>
          {roles.map((x) => <option key={x} value={x}>{tIf(`sensitivity.${x || "none"}`, x)}</option>)}
        </select>
      </td>
    </>
  );
}

/** What a column of its type may carry, and nothing left over from another type. */
export function tidy(c: Column): Column {
  const out: Column = { name: c.name, type: c.type };
  if (c.nullable === false) out.nullable = false;
  if (c.sensitivity) out.sensitivity = c.sensitivity;
  if (c.description) out.description = c.description;
  if (c.type === "decimal") out.decimals = c.decimals ?? 0;
  if (c.type === "integer" || c.type === "decimal") {
    if (c.lower !== undefined) out.lower = c.lower;
    if (c.upper !== undefined) out.upper = c.upper;
  }
  if (c.type === "category") {
    out.categories = c.categories ?? [];
    out.public_categories = c.public_categories ?? true;
  }
  return out;
}

export function ColumnEditor({ columns, onChange }: { columns: Column[]; onChange: (c: Column[]) => void }) {
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={t("columns.dictionary")}>
      <table class="table edit">
        <caption class="unseen">{t("columns.dictionary")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("columns.name")}</th>
            <th scope="col">{t("columns.type")}</th>
            <th scope="col">{t("columns.bounds")}</th>
            <th scope="col">{t("columns.null")}</th>
            <th scope="col">{t("columns.role")}</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((c, i) => (
            <tr key={c.name}>
              <th scope="row"><code><Said text={c.name} /></code></th>
              <Cells c={c} set={(part) => onChange(columns.map((x, k) => (k === i ? { ...x, ...part } : x)))} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
