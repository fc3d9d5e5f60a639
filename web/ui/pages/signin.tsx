// signin.tsx -- the way in, and the way back in over the page one was on.
import { useState } from "preact/hooks";
import { call } from "../api/client";
import { Dialog } from "../parts/dialog";
import { Field, Form, useAct } from "../parts/form";
import { Empty } from "../parts/states";
import { go } from "../router";
import { signIn, useSession } from "../session";
import { t } from "../texts";

const PASSWORD_MIN = 12;

function SignInForm({ email: known, onDone }: { email?: string; onDone?: () => void }) {
  const act = useAct();
  const [email, setEmail] = useState(known ?? "");
  const [password, setPassword] = useState("");
  return (
    <Form act={act} send={t("signin.send")} onSend={async () => {
      await signIn(email.trim(), password);
      onDone?.();
    }}>
      <Field label={t("signin.email")} type="email" name="email" autocomplete="username" required
        value={email} onValue={setEmail} autoFocus={!known} />
      <Field label={t("signin.password")} type="password" name="password" required
        autocomplete="current-password" value={password} onValue={setPassword}
        autoFocus={Boolean(known)} />
    </Form>
  );
}

export function SignIn({ site }: { site: string }) {
  document.title = `${t("signin.title")} · Datasite`;
  return (
    <main class="gate" id="main">
      <div class="gate-card">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>{site}</h1>
        <p class="muted">{t("signin.lead")}</p>
        <SignInForm />
      </div>
    </main>
  );
}

/** Over the page that was open when the session ended; the page keeps its state. */
export function SignInAgain() {
  const { user } = useSession();
  return (
    <Dialog title={t("signin.again")} onClose={() => {}} lasting>
      <p>{t("signin.again_lead")}</p>
      <SignInForm email={user?.email} />
    </Dialog>
  );
}

export function Setup() {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token") ?? "");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const act = useAct();
  document.title = `${t("setup.title")} · Datasite`;
  const send = async () => {
    const json = { token, email: email.trim(), name: name.trim(), password };
    await call("/setup", { method: "POST", json });
    // The token is spent: it must not stay in the address or the history.
    history.replaceState(null, "", "/");
    try {
      await signIn(json.email, password);
    } finally {
      go("/", true);
    }
  };
  return (
    <main class="gate" id="main">
      <div class="gate-card">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>{t("setup.title")}</h1>
        {token === "" ? (
          <Empty title={t("setup.no_token")}>
            <p>{t("setup.no_token_lead")}</p>
            <pre class="log">datasite user add YOU@EXAMPLE.ORG --role admin --role owner --password-stdin --data DIR</pre>
          </Empty>
        ) : (
          <>
            <p class="muted">{t("setup.lead")}</p>
            <Form act={act} send={t("setup.send")} onSend={send}>
              <Field label={t("setup.name")} name="name" autocomplete="name" required maxLength={200}
                value={name} onValue={setName} autoFocus />
              <Field label={t("signin.email")} name="email" type="email" autocomplete="username"
                required value={email} onValue={setEmail} />
              <Field label={t("signin.password")} name="password" type="password" required
                minLength={PASSWORD_MIN} autocomplete="new-password"
                hint={t("setup.password_hint", { n: PASSWORD_MIN })}
                value={password} onValue={setPassword} />
            </Form>
          </>
        )}
      </div>
    </main>
  );
}
