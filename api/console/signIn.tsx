// Signing in: at the organisation's identity provider, or with a token that is pasted; the server says whose it is.
// Invariant: nothing of the organisation is shown before.

import { useState } from 'preact/hooks';
import { signIn, signInElsewhere, signOut } from './data/session.ts';
import { signInAt } from './data/signInAt.ts';
import { ThemeChoice } from './theme.tsx';

export function SignIn({ why, opening }: { readonly why: string | null; readonly opening: boolean }) {
  const [token, setToken] = useState('');
  const at = signInAt();
  const submit = (event: Event): void => {
    event.preventDefault();
    if (token.trim() !== '') void signIn(token.trim());
  };
  return (
    <main class="signin">
      <h1>Annona</h1>
      <p>Who gets scarce things, and why. Sign in to see what your department and role may see.</p>
      {at === null ? null : (
        <div class="actions">
          <button type="button" class="primary" disabled={opening} onClick={() => void signInElsewhere()}>
            {opening ? 'Signing in…' : `Sign in at ${new URL(at.issuer).host}`}
          </button>
        </div>
      )}
      {why === null ? null : (
        <p class="failure" role="alert">
          {why}
        </p>
      )}
      <form onSubmit={submit}>
        <label class="field">
          {at === null ? 'Access token' : 'Access token, where you have one'}
          <textarea
            rows={4}
            required
            spellcheck={false}
            autocomplete="off"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') submit(event);
            }}
          />
        </label>
        <button type="submit" class={at === null ? 'primary' : ''} disabled={opening || token.trim() === ''}>
          {opening ? 'Asking the server…' : at === null ? 'Sign in' : 'Sign in with the token'}
        </button>
      </form>
      {at === null ? (
        <p class="muted">
          In development make one with <code>npx annona token --role operator --department operations</code>,
          or with <code>--agent</code> and the name of an agent. It stays in this tab and ends with it.
        </p>
      ) : null}
      <ThemeChoice />
    </main>
  );
}

/** Signed in already, as after a reload. */
export function Opening() {
  return (
    <main class="signin">
      <h1>Annona</h1>
      <p role="status">Asking the server…</p>
    </main>
  );
}

/** Signed in, but nobody answers: a server that restarts, a network that is away. */
export function Away() {
  return (
    <main class="signin">
      <h1>Annona</h1>
      <p role="status">
        The server does not answer. You stay signed in; the page tries again every two seconds and goes on by
        itself.
      </p>
      <button type="button" onClick={() => signOut()}>
        Sign out
      </button>
    </main>
  );
}
