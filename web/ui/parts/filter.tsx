// filter.tsx -- narrows a list to one value of a query parameter; the address keeps it.
import { setQuery } from "../router";
import { t } from "../texts";

interface Props { name: string; label: string; chosen: string; options: [string, string][] }

export function Filter({ name, label, chosen, options }: Props) {
  if (options.length < 2) return null;
  return (
    <label class="filter">
      <span>{label}</span>
      <select value={chosen} onChange={(e) => setQuery(name, e.currentTarget.value)}>
        <option value="">{t("word.all")}</option>
        {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </label>
  );
}
