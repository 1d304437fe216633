// Who is signed in: the token of this tab, what the server says of it, and the API that carries it.
// Invariant: without a session nothing of the organisation is on the page; when the token ends, the page says so and keeps its address.

import { ProblemError, UnreachableError } from '../../client/problem.ts';
import { type Api, createApi } from './api.ts';
import { rememberedToken, rememberToken } from './browser.ts';
import type { Me } from './shapes.ts';
import { leaveToSignIn, SignInError, signInAt, tokenOfAnswer } from './signInAt.ts';
import { createStore } from './store.ts';

export interface Session {
  readonly api: Api;
  readonly me: Me;
}

export type SessionState =
  | { readonly type: 'none'; readonly why: string | null }
  | { readonly type: 'opening' }
  /** The server does not answer: the token is kept, and tried again. */
  | { readonly type: 'away'; readonly token: string }
  | { readonly type: 'open'; readonly session: Session };

export const session = createStore<SessionState>({ type: 'none', why: null });

const AGAIN_MS = 2000;

export async function signIn(token: string): Promise<void> {
  session.set({ type: 'opening' });
  try {
    const api = createApi(token, () =>
      signOut('Your token has ended, or is not valid any more. Sign in again to go on where you were.'),
    );
    const me = await api.get<Me>('/v1/me');
    rememberToken(token);
    session.set({ type: 'open', session: { api, me } });
  } catch (error) {
    if (error instanceof UnreachableError) {
      rememberToken(token);
      session.set({ type: 'away', token });
      setTimeout(() => {
        if (session.get().type === 'away') void signIn(token);
      }, AGAIN_MS);
      return;
    }
    rememberToken(null);
    session.set({ type: 'none', why: whyNot(error) });
  }
}

export function signOut(why: string | null = null): void {
  rememberToken(null);
  session.set({ type: 'none', why });
}

/** Off to the identity provider; the page comes back with its answer. */
export async function signInElsewhere(): Promise<void> {
  const at = signInAt();
  if (at === null) return;
  session.set({ type: 'opening' });
  try {
    await leaveToSignIn(at);
  } catch (error) {
    session.set({ type: 'none', why: whyNot(error) });
  }
}

/** After a reload of the tab, or on the way back from the identity provider. */
export async function resume(): Promise<void> {
  const at = signInAt();
  session.set({ type: 'opening' });
  try {
    const token = (at === null ? null : await tokenOfAnswer(at)) ?? rememberedToken();
    if (token === null) session.set({ type: 'none', why: null });
    else await signIn(token);
  } catch (error) {
    session.set({ type: 'none', why: whyNot(error) });
  }
}

function whyNot(error: unknown): string {
  if (error instanceof ProblemError) {
    const { title, detail, remedy } = error.problem;
    return [title, detail, remedy].filter((part) => part !== undefined).join('. ');
  }
  if (error instanceof SignInError) return error.message;
  return 'The server does not answer. Look whether it runs, then try again.';
}

export function useApi(): Api {
  return openSession().api;
}

export function useMe(): Me {
  return openSession().me;
}

/** Pages are drawn only while a session is open. */
export function openSession(): Session {
  const state = session.get();
  if (state.type !== 'open') throw new Error('a page was drawn without a session');
  return state.session;
}

export function may(action: string): boolean {
  return (openSession().me.may[action] ?? 'none') !== 'none';
}
