// The frame of every page: who is signed in, where one is, how live it is, and the keys that work everywhere.
// Invariant: pages are drawn only with a session; one that fails to draw says so and leaves the frame usable.

import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { linkTo } from './data/address.ts';
import { rememberedToken } from './data/browser.ts';
import { useClock } from './data/clock.ts';
import { followLive, live } from './data/live.ts';
import { useAddress } from './data/route.ts';
import { may, openSession, session, signOut, useApi, useMe } from './data/session.ts';
import { useStore } from './data/store.ts';
import { KeysHelp, useKeys } from './keys.tsx';
import { pageOf, TABS } from './pages.tsx';
import { since } from './parts/format.ts';
import { Away, Opening, SignIn } from './signIn.tsx';
import { ThemeChoice } from './theme.tsx';

export function App() {
  const state = useStore(session);
  if (state.type === 'open') return <Frame key={state.session.me.subject} />;
  if (state.type === 'away') return <Away />;
  // A tab that is loaded anew has its token still: it is not asked for one for the blink that the server takes.
  if (state.type === 'opening' && rememberedToken() !== null) return <Opening />;
  return <SignIn why={state.type === 'none' ? state.why : null} opening={state.type === 'opening'} />;
}

function Frame() {
  const api = useApi();
  const me = useMe();
  const { path } = useAddress();
  const [help, setHelp] = useState(false);
  useEffect(() => followLive(api), [api]);
  useKeys(() => setHelp(true));
  const here = path[0] ?? '';
  const tabs = TABS.filter(({ action }) => may(action));
  useEffect(() => {
    document.title = `${tabs.find(({ name }) => name === here)?.title ?? 'Annona'} · ${me.organisation} · Annona`;
  }, [here]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <header class="top">
        <strong class="brand">Annona</strong>
        <nav aria-label="Pages">
          {tabs.map(({ name, title }) => (
            <a
              key={name}
              href={linkTo(name === '' ? [] : [name])}
              aria-current={name === here ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <LiveMark />
        <a
          class="who"
          href={linkTo(['departments', me.department])}
          title={`Signed in until ${me.expiresAt}. To the department`}
        >
          {me.agent ?? me.role} · {me.department}
        </a>
        <ThemeChoice />
        <button type="button" class="plain" onClick={() => setHelp(true)} aria-label="Keys and help">
          ?
        </button>
        <button type="button" class="plain" onClick={() => signOut()}>
          Sign out
        </button>
      </header>
      <StaleBanner />
      <main id="main" tabIndex={-1}>
        <Guard key={path.join('/')}>{pageOf(path)}</Guard>
      </main>
      {help ? <KeysHelp onClose={() => setHelp(false)} /> : null}
    </>
  );
}

function LiveMark() {
  const { status } = useStore(live);
  const [icon, word] =
    status === 'live' ? ['●', 'live'] : status === 'stale' ? ['▲', 'stale'] : ['…', 'connecting'];
  return (
    <span class={`live ${status}`} role="status">
      <span aria-hidden="true">{icon}</span> {word}
    </span>
  );
}

function StaleBanner() {
  const { status, heardAt, why } = useStore(live);
  const at = useClock();
  if (status !== 'stale') return null;
  const age =
    heardAt === null
      ? 'Nothing has been heard of it yet.'
      : `It was last heard of ${since(new Date(heardAt).toISOString(), Math.max(at, heardAt))}.`;
  return (
    <div class="banner" role="alert">
      <strong>What stands here may be old.</strong> {why} {age} The page tries again by itself and goes on
      where it stopped.
    </div>
  );
}

function Guard({ children }: { readonly children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary();
  if (error === undefined) return <>{children}</>;
  // Signing out under a page that is being drawn is no fault of the page.
  if (session.get().type !== 'open') return null;
  openSession();
  return (
    <div class="failure" role="alert">
      <p>This page could not be drawn: {error instanceof Error ? error.message : String(error)}.</p>
      <button type="button" onClick={reset}>
        Draw it again
      </button>
    </div>
  );
}
