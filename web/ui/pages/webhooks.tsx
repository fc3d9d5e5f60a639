// webhooks.tsx -- programs that are told what their owner is told.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useAll } from "../api/resource";
import type { Webhook, WebhookCreated } from "../api/types";
import { Said, visible } from "../inert";
import { Dialog } from "../parts/dialog";
import { Field, Form, useAct } from "../parts/form";
import { Card } from "../parts/page";
import { Pill } from "../parts/pill";
import { Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { myId } from "../session";
import { t } from "../texts";

function Row({ w, reload }: { w: Webhook; reload: () => Promise<void> }) {
  const act = useAct();
  const drop = () => act.run(async () => {
    await call(`/webhooks/${w.id}`, { method: "DELETE" });
    say(t("act.saved"));
    await reload();
  });
  return (
    <li>
      <span>
        <code dir="auto">{visible(w.url)}</code>
        {w.user.id !== myId() && <span class="muted detail"><Said text={w.user.name} /></span>}
        {w.last_error && <span class="stale detail">{visible(w.last_error)}</span>}
      </span>
      <span class="buttons small">
        <Pill tone={w.state === "active" ? "good" : "bad"}>{t(`webhook.${w.state}`)}</Pill>
        <button type="button" class="danger" aria-busy={act.busy} onClick={() => void drop()}>
          {t("webhook.drop")}<span class="unseen"> {visible(w.url)}</span>
        </button>
      </span>
      {act.refusal && <Trouble refusal={act.refusal} />}
    </li>
  );
}

function Secret({ made, onClose }: { made: WebhookCreated; onClose: () => void }) {
  return (
    <Dialog title={t("webhook.secret")} onClose={onClose} lasting>
      <p>{t("webhook.secret_lead")}</p>
      <pre class="log" tabIndex={0}>{made.secret}</pre>
      <div class="buttons"><button type="button" class="main" onClick={onClose}>{t("tokens.kept")}</button></div>
    </Dialog>
  );
}

export function Webhooks() {
  const all = useAll<Webhook>("/webhooks?limit=200");
  const [url, setUrl] = useState("");
  const [made, setMade] = useState<WebhookCreated>();
  const act = useAct();
  return (
    <Card title={t("webhook.title")}>
      <p class="muted">{t("webhook.lead")}</p>
      <Show of={all}>
        {(list) => list.length === 0 ? <p class="muted">{t("webhook.none")}</p>
          : <ul class="picks">{list.map((w) => <Row key={w.id} w={w} reload={all.reload} />)}</ul>}
      </Show>
      <Form act={act} tone="plain" send={t("webhook.add")} onSend={async () => {
        setMade((await call<WebhookCreated>("/webhooks", { method: "POST", json: { url: url.trim() } })).data);
        setUrl("");
        await all.reload();
      }}>
        <Field label={t("webhook.url")} required maxLength={500} value={url} onValue={setUrl}
          hint={t("webhook.url_hint")} spellcheck={false} autocomplete="off" />
      </Form>
      {made && <Secret made={made} onClose={() => setMade(undefined)} />}
    </Card>
  );
}
