// people.tsx -- accounts and their roles; one's own tokens.
import { useState } from "preact/hooks";
import { call, freshKey } from "../api/client";
import { useResource } from "../api/resource";
import type { Page, Role, Token, TokenCreated, User } from "../api/types";
import { Said } from "../inert";
import { Dialog } from "../parts/dialog";
import { Field, Form, Tick, useAct } from "../parts/form";
import { Card, Head } from "../parts/page";
import { Paged } from "../parts/paged";
import { Pill } from "../parts/pill";
import { Empty, Show, Trouble } from "../parts/states";
import { say } from "../parts/toast";
import { myId } from "../session";
import { refreshAll } from "../api/resource";
import { t } from "../texts";
import { Ago, Moment } from "../time";

const roles: Role[] = ["researcher", "owner", "admin", "auditor"];

function Roles({ value, onValue }: { value: Role[]; onValue: (r: Role[]) => void }) {
  return (
    <fieldset class="ticks">
      <legend>{t("people.roles")}</legend>
      {roles.map((r) => (
        <Tick key={r} label={<>{t(`role.${r}`)} <span class="muted">– {t(`role.${r}.does`)}</span></>}
          checked={value.includes(r)}
          onTick={(on) => onValue(on ? [...value, r] : value.filter((x) => x !== r))} />
      ))}
    </fieldset>
  );
}

function NewUser() {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [have, setHave] = useState<Role[]>(["researcher"]);
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  return (
    <Card title={t("people.new")}>
      <Form act={act} send={t("people.make")} disabled={have.length === 0} onSend={async () => {
        await call("/users", { method: "POST", key, json: { email, name, roles: have, password } });
        say(t("people.made", { who: name }));
        setEmail("");
        setName("");
        setPassword("");
        setKey(freshKey());
        await refreshAll();
      }}>
        <Field label={t("people.name")} required maxLength={200} value={name} onValue={setName} autocomplete="off" />
        <Field label={t("signin.email")} type="email" required value={email} onValue={setEmail} autocomplete="off" />
        <Field label={t("people.password")} type="password" required minLength={12} value={password}
          onValue={setPassword} autocomplete="new-password" hint={t("people.password_hint")} />
        <Roles value={have} onValue={setHave} />
      </Form>
    </Card>
  );
}

function EditUser({ user, onClose }: { user: User; onClose: () => void }) {
  const [have, setHave] = useState<Role[]>(user.roles ?? []);
  const act = useAct();
  return (
    <Dialog title={user.name} onClose={onClose}>
      <Form act={act} send={t("act.save")} onSend={async () => {
        await call(`/users/${user.id}`, { method: "PATCH", json: { roles: have } });
        say(t("act.saved"));
        onClose();
        await refreshAll();
      }}>
        <Roles value={have} onValue={setHave} />
      </Form>
    </Dialog>
  );
}

function UserRow({ user }: { user: User }) {
  const [editing, setEditing] = useState(false);
  const act = useAct();
  const suspend = () => act.run(async () => {
    await call(`/users/${user.id}`, { method: "PATCH", json: { suspended: !user.suspended } });
    say(t("act.saved"));
    await refreshAll();
  });
  return (
    <tr>
      <th scope="row"><Said text={user.name} /><span class="muted detail">{user.email}</span></th>
      <td>{(user.roles ?? []).map((r) => t(`role.${r}`)).join(", ")}</td>
      <td>{user.suspended ? <Pill tone="bad">{t("people.suspended")}</Pill> : <Pill tone="good">{t("people.active")}</Pill>}</td>
      <td class="num">
        <button type="button" onClick={() => setEditing(true)}>
          {t("people.roles")}<span class="unseen"> {user.name}</span>
        </button>{" "}
        {user.id !== myId() && (
          <button type="button" class="danger" aria-busy={act.busy} onClick={() => void suspend()}>
            {user.suspended ? t("people.unsuspend") : t("people.suspend")}
            <span class="unseen"> {user.name}</span>
          </button>
        )}
        {act.refusal && <Trouble refusal={act.refusal} />}
        {editing && <EditUser user={user} onClose={() => setEditing(false)} />}
      </td>
    </tr>
  );
}

export function People() {
  return (
    <>
      <Head title={t("nav.people")} />
      <div class="two">
        <Card title={t("people.accounts")}>
          <div class="scroll" role="region" tabIndex={0} aria-label={t("people.accounts")}>
            <table class="table">
              <caption class="unseen">{t("people.accounts")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("people.name")}</th>
                  <th scope="col">{t("people.roles")}</th>
                  <th scope="col">{t("people.state")}</th>
                  <th scope="col"><span class="unseen">{t("grant.act")}</span></th>
                </tr>
              </thead>
              <tbody>
                <Paged<User> path="/users?limit=200" columns={4}>
                  {(items) => items.map((u) => <UserRow key={u.id} user={u} />)}
                </Paged>
              </tbody>
            </table>
          </div>
        </Card>
        <NewUser />
      </div>
    </>
  );
}

const scopes = ["datasets", "budgets", "projects", "jobs", "reviews", "results", "users", "audit", "events"] as const;

function NewToken({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [have, setHave] = useState<string[]>(["datasets", "projects", "jobs", "results"]);
  const [made, setMade] = useState<TokenCreated>();
  const [key, setKey] = useState(freshKey);
  const act = useAct();
  return (
    <Card title={t("tokens.new")}>
      <Form act={act} send={t("tokens.make")} disabled={have.length === 0} onSend={async () => {
        const a = await call<TokenCreated>("/tokens", {
          method: "POST", key, json: { name, scopes: have, expires_in_days: Number(days) },
        });
        setMade(a.data);
        setName("");
        setKey(freshKey());
        onDone();
      }}>
        <Field label={t("tokens.name")} required maxLength={200} value={name} onValue={setName} />
        <Field label={t("tokens.days")} type="number" min="1" max="365" required value={days} onValue={setDays} />
        <fieldset class="ticks">
          <legend>{t("tokens.scopes")}</legend>
          {scopes.map((s) => (
            <Tick key={s} label={t(`scope.${s}`)} checked={have.includes(s)}
              onTick={(on) => setHave(on ? [...have, s] : have.filter((x) => x !== s))} />
          ))}
        </fieldset>
      </Form>
      {made && (
        <Dialog title={t("tokens.made")} onClose={() => setMade(undefined)} lasting>
          <p>{t("tokens.once")}</p>
          <pre class="log" tabIndex={0}>{made.token}</pre>
          <div class="buttons">
            <button type="button" class="main" onClick={() => setMade(undefined)}>{t("tokens.kept")}</button>
          </div>
        </Dialog>
      )}
    </Card>
  );
}

function TokenRow({ token, onDone }: { token: Token; onDone: () => void }) {
  const act = useAct();
  return (
    <tr>
      <th scope="row"><Said text={token.name} /><span class="muted detail">{token.scopes.join(", ")}</span></th>
      <td><Moment at={token.expires_at} /></td>
      <td>{token.last_used_at ? <Ago at={token.last_used_at} /> : t("tokens.never")}</td>
      <td class="num">
        <button type="button" class="danger" aria-busy={act.busy} onClick={() => void act.run(async () => {
          await call(`/tokens/${token.id}`, { method: "DELETE" });
          say(t("tokens.revoked"));
          onDone();
        })}>{t("tokens.revoke")}<span class="unseen"> {token.name}</span></button>
        {act.refusal && <Trouble refusal={act.refusal} />}
      </td>
    </tr>
  );
}

export function Tokens() {
  const tokens = useResource<Page<Token>>("/tokens?limit=200");
  const reload = () => void tokens.reload();
  return (
    <>
      <Head title={t("nav.tokens")} note={<p>{t("tokens.lead")}</p>} />
      <div class="two">
        <Card title={t("tokens.mine")}>
          <Show of={tokens}>
            {(page) => page.items.length === 0 ? <Empty title={t("tokens.empty")} /> : (
              <div class="scroll" role="region" tabIndex={0} aria-label={t("tokens.mine")}>
                <table class="table">
                  <caption class="unseen">{t("tokens.mine")}</caption>
                  <thead>
                    <tr>
                      <th scope="col">{t("tokens.name")}</th>
                      <th scope="col">{t("tokens.expires")}</th>
                      <th scope="col">{t("tokens.used")}</th>
                      <th scope="col"><span class="unseen">{t("grant.act")}</span></th>
                    </tr>
                  </thead>
                  <tbody>{page.items.map((x) => <TokenRow key={x.id} token={x} onDone={reload} />)}</tbody>
                </table>
              </div>
            )}
          </Show>
        </Card>
        <NewToken onDone={reload} />
      </div>
    </>
  );
}
