// mock.tsx -- a dataset's mock: to look at, to take along, and for its owner to make.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useResource } from "../api/resource";
import type { MockStored } from "../api/types";
import { visible } from "../inert";
import { Field, Form, useAct } from "../parts/form";
import { Card } from "../parts/page";
import { Rows } from "../parts/rows";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { save } from "../save";
import { t } from "../texts";
import type { Part } from "./dataset";

const PREVIEW_ROWS = 21;

function MockPreview({ name }: { name: string }) {
  const mock = useResource<string>(`/datasets/${name}/mock`);
  return (
    <Show of={mock} missing={<Empty title={t("dataset.no_mock")} />}>
      {(text) => (
        <>
          <p class="banner banner-mock"><strong>{t("mock.word")}</strong> {t("mock.lead")}</p>
          <Rows of={text} max={PREVIEW_ROWS} name={t("mock.preview")} />
        </>
      )}
    </Show>
  );
}

/** Where the new mock is unlike the data, by column; said to the owner alone. */
function Parity({ of }: { of: MockStored }) {
  const unlike = (of.parity?.columns ?? []).filter((c) => !c.nulls_alike || !c.categories_alike);
  if (!of.parity) return null;
  if (unlike.length === 0) return <p class="good" role="status">{t("parity.alike")}</p>;
  return (
    <div role="status">
      <p>{t("parity.unlike")}</p>
      <ul class="places">
        {unlike.map((c) => (
          <li key={c.name}>
            <code dir="auto">{visible(c.name)}</code>{" "}
            {[!c.nulls_alike && t("parity.nulls"), !c.categories_alike && t("parity.categories")].filter(Boolean).join(", ")}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function MockMaker({ d, reload }: Part) {
  const [rows, setRows] = useState("1000");
  const [seed, setSeed] = useState("1");
  const [stored, setStored] = useState<MockStored>();
  const making = useAct();
  const putting = useAct();
  const put = (file: File | undefined) => file && putting.run(async () => {
    const raw = { type: "text/csv", body: file };
    setStored((await call<MockStored>(`/datasets/${d.name}/mock`, { method: "PUT", raw })).data);
    say(t("mock.stored"));
    await reload();
  });
  return (
    <>
      <Card title={t("mock.generate")}>
        <p class="muted">{t("mock.generate_lead")}</p>
        <Form act={making} send={t("mock.generate")} onSend={async () => {
          const json = { rows: Number(rows), seed: Number(seed) };
          const path = `/datasets/${d.name}/mock/generation`;
          setStored((await call<MockStored>(path, { method: "POST", json })).data);
          say(t("mock.stored"));
          await reload();
        }}>
          <div class="grid2">
            <Field label={t("mock.rows")} type="number" min="1" required value={rows} onValue={setRows} />
            <Field label={t("mock.seed")} type="number" min="0" required value={seed} onValue={setSeed} />
          </div>
        </Form>
      </Card>
      <Card title={t("mock.upload")}>
        <p class="muted">{t("mock.upload_lead")}</p>
        <label class="field">
          <span>{t("upload.file")}</span>
          <input type="file" accept=".csv,text/csv" onChange={(e) => void put(e.currentTarget.files?.[0])} />
        </label>
        {putting.refusal && <Trouble refusal={putting.refusal} />}
      </Card>
      {stored?.parity && <Card title={t("parity.title")}><Parity of={stored} /></Card>}
    </>
  );
}

export function MockTab(part: Part) {
  const { d, own } = part;
  return (
    <div class={own ? "two" : ""}>
      <Card title={t("mock.preview")} extra={d.mock_rows ? (
        <a class="button" href={`/api/v1/datasets/${d.name}/mock`} download={`${d.name}-mock.csv`}>
          {t("mock.download")}
        </a>
      ) : null}>
        <MockPreview name={d.name} />
        <h3>{t("mock.offline")}</h3>
        <div class="buttons small">
          <button type="button" onClick={() => save("schema.json", "application/json",
            JSON.stringify({ unit: d.unit ?? null, columns: d.columns ?? [] }, null, 2))}>schema.json</button>
        </div>
        <pre class="log" tabIndex={0}>datasite run --mock {d.name}-mock.csv --schema schema.json job.lua</pre>
      </Card>
      {own && <div><MockMaker {...part} /></div>}
    </div>
  );
}
