// Signing in: a token is pasted, and the server says whose it is. Nothing of the organisation is shown before.

import { useState } from 'preact/hooks';
import { signIn } from './data/session.ts';
import { ThemeChoice } from './theme.tsx';

export function SignIn({ why, opening }: { readonly why: string | null; readonly opening: boolean }) {
  const [token, setToken] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    if (token.trim() !== '') void signIn(token.trim());
  };
  return (
    <main class="signin">
      <h1>Annona</h1>
      <p>Who gets scarce things, and why. Sign in to see what your department and role may see.</p>
      <form onSubmit={submit}>
        <label class="field">
          Access token
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
        {why === null ? null : (
          <p class="failure" role="alert">
            {why}
          </p>
        )}
        <button type="submit" class="primary" disabled={opening || token.trim() === ''}>
          {opening ? 'Asking the server…' : 'Sign in'}
        </button>
      </form>
      <p class="muted">
        In development make one with <code>npx annona token --role operator --department operations</code>, or
        with <code>--agent</code> and the name of an agent. It stays in this tab and ends with it.
      </p>
      <ThemeChoice />
    </main>
  );
}
