// What the console takes from the browser it runs in: time, chance and what this tab remembers. Nothing else of the console asks for them.
// Invariant: the token stays in this tab's session and is never in an address.

const TOKEN = 'annona.token';
const THEME = 'annona.theme';
const ASKED = 'annona.signIn';

export function now(): number {
  return Date.now();
}

export function later(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** An idempotency key: one for each act that a person confirms. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function rememberedToken(): string | null {
  return sessionStorage.getItem(TOKEN);
}

export function rememberToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

/** What was asked of the identity provider, until it answers. */
export function recallAsked(): string | null {
  return sessionStorage.getItem(ASKED);
}

export function rememberAsked(asked: string): void {
  sessionStorage.setItem(ASKED, asked);
}

export function forgetAsked(): void {
  sessionStorage.removeItem(ASKED);
}

export type Theme = 'light' | 'dark' | 'system';

export function rememberedTheme(): Theme {
  const theme = localStorage.getItem(THEME);
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

export function rememberTheme(theme: Theme): void {
  localStorage.setItem(THEME, theme);
}

/** Where the API is: beside the page, also behind a path of a proxy. */
export function apiBase(): string {
  return new URL('.', document.baseURI).href;
}
