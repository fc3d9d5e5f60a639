// session.ts -- who is signed in, in this tab. The cookie is the server's business.
import { useEffect, useReducer } from "preact/hooks";
import { call, onSessionLost, setCsrf } from "./api/client";
import { startLive, stopLive } from "./api/live";
import { forgetAll, refreshAll } from "./api/resource";
import type { Role, Session, SessionUser } from "./api/types";
import { dropDrafts } from "./drafts";

interface State {
  user: SessionUser | null;
  /** Somebody was signed in on this page and the server no longer knows them. */
  ended: boolean;
  known: boolean;
}

let state: State = { user: null, ended: false, known: false };
const watchers = new Set<() => void>();

function set(next: State): void {
  state = next;
  for (const w of watchers) w();
}

function entered(session: Session): void {
  const other = state.user !== null && state.user.id !== session.user.id;
  setCsrf(session.csrf_token);
  if (other) {
    // Another person: nothing of the first one's page may stay.
    location.assign("/");
    return;
  }
  set({ user: session.user, ended: false, known: true });
  void startLive();
  void refreshAll();
}

onSessionLost(() => {
  if (!state.user || state.ended) return;
  stopLive();
  set({ ...state, ended: true });
});

/** Asks the server who holds the cookie. */
export async function resume(): Promise<void> {
  try {
    entered((await call<Session>("/session")).data);
  } catch {
    set({ user: null, ended: false, known: true });
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const json = { email, password };
  entered((await call<Session>("/session", { method: "POST", json })).data);
}

export async function signOut(): Promise<void> {
  stopLive();
  try {
    await call("/session", { method: "DELETE" });
  } finally {
    setCsrf("");
    forgetAll();
    dropDrafts(myId());
    set({ user: null, ended: false, known: true });
  }
}

export function useSession(): State {
  const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    const w = () => redraw();
    watchers.add(w);
    return () => {
      watchers.delete(w);
    };
  }, []);
  return state;
}

export function hasRole(role: Role): boolean {
  return state.user?.roles.includes(role) ?? false;
}

export function myId(): string {
  return state.user?.id ?? "";
}
