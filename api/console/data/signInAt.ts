// Signing in at the organisation's identity provider: OpenID Connect, authorization code with PKCE (RFC 7636), as a public client.
// Invariant: the verifier never leaves the tab but to the provider's token endpoint; an answer that was not asked for in this tab is refused;
// the code is out of the address before anything else happens. Called by session.ts.

import { sha256 } from '../work/sha256.ts';
import { apiBase, forgetAsked, newKey, recallAsked, rememberAsked } from './browser.ts';

/** As the server puts it into the page; see api/http/console.ts. */
export interface SignInAt {
  readonly issuer: string;
  readonly audience: string;
  readonly client: string;
  readonly scope: string;
}

/** What goes away with the tab, between leaving for the provider and coming back. */
interface AskedOf {
  readonly state: string;
  readonly verifier: string;
  readonly tokenEndpoint: string;
  /** Where the person was. */
  readonly hash: string;
}

/** What the person reads; nothing of the provider's own words is trusted to be more than text. */
export class SignInError extends Error {
  override name = 'SignInError';
}

/** Null: a token is pasted. */
export function signInAt(): SignInAt | null {
  const content = document.querySelector<HTMLMetaElement>('meta[name="annona-sign-in"]')?.content;
  return content === undefined ? null : (JSON.parse(content) as SignInAt);
}

/** Leaves the page for the provider's. @throws SignInError */
export async function leaveToSignIn(at: SignInAt): Promise<void> {
  const { authorizationEndpoint, tokenEndpoint } = await discovered(at);
  const state = newKey();
  // 64 hexadecimal digits of 256 bits of chance: within the 43 to 128 characters of RFC 7636, section 4.1.
  const verifier = newKey() + newKey();
  rememberAsked(JSON.stringify({ state, verifier, tokenEndpoint, hash: location.hash } satisfies AskedOf));
  const url = new URL(authorizationEndpoint);
  const asked = {
    response_type: 'code',
    client_id: at.client,
    redirect_uri: apiBase(),
    scope: at.scope,
    audience: at.audience,
    state,
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  location.assign(url.href);
}

/** The access token that an answer in the address is worth; null: the address holds no answer. @throws SignInError */
export async function tokenOfAnswer(at: SignInAt): Promise<string | null> {
  const answer = new URLSearchParams(location.search);
  const [code, state, error] = ['code', 'state', 'error'].map((name) => answer.get(name));
  if (code === null && error === null) return null;
  const asked = recallAsked();
  forgetAsked();
  const known = asked === null ? null : (JSON.parse(asked) as AskedOf);
  history.replaceState(null, '', location.pathname + (known?.hash ?? location.hash));
  // Replacing tells nobody: whoever follows the address is told here.
  dispatchEvent(new HashChangeEvent('hashchange'));
  if (known === null || known.state !== state)
    throw new SignInError('This tab did not ask for that answer of the identity provider. Sign in again.');
  if ((answer.get('iss') ?? at.issuer) !== at.issuer)
    throw new SignInError('The answer is of another identity provider. Sign in again.');
  if (code == null || error != null) {
    const why = answer.get('error_description') ?? error ?? 'no code';
    throw new SignInError(`The identity provider did not sign you in: ${why}.`);
  }
  return exchanged(at, { code, known });
}

async function exchanged(
  at: SignInAt,
  { code, known }: { readonly code: string; readonly known: AskedOf },
): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: apiBase(),
    client_id: at.client,
    code_verifier: known.verifier,
  });
  const answer = await asked<{ access_token?: unknown; token_type?: unknown }>(known.tokenEndpoint, {
    method: 'POST',
    body,
  });
  const { access_token: token, token_type: type } = answer;
  if (typeof token === 'string' && String(type).toLowerCase() === 'bearer') return token;
  throw new SignInError('The identity provider answered without an access token.');
}

/** OpenID Connect Discovery 1.0, section 4.3: the document names the issuer that was asked. */
async function discovered({ issuer }: SignInAt) {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document_ = await asked<Readonly<Record<string, unknown>>>(url, {});
  if (document_.issuer !== issuer)
    throw new SignInError(`The identity provider calls itself ${String(document_.issuer)}, not ${issuer}.`);
  const [authorizationEndpoint, tokenEndpoint] = ['authorization_endpoint', 'token_endpoint'].map((name) =>
    String(document_[name]),
  ) as [string, string];
  const { origin } = new URL(issuer);
  // The page may call the issuer alone: a token endpoint elsewhere would be refused by the browser without a word.
  if (!URL.canParse(tokenEndpoint) || new URL(tokenEndpoint).origin !== origin)
    throw new SignInError(`The token endpoint of the identity provider is not at ${origin}.`);
  if (!/^https?:\/\//.test(authorizationEndpoint))
    throw new SignInError('The identity provider names no page to sign in at.');
  return { authorizationEndpoint, tokenEndpoint };
}

async function asked<Answer>(url: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: 'omit', redirect: 'error' });
  } catch {
    throw new SignInError(`The identity provider at ${new URL(url).origin} does not answer this page.`);
  }
  const text = await response.text();
  const body = parsed(text);
  if (response.ok && body !== null) return body as Answer;
  const why = body?.error_description ?? body?.error ?? `status ${response.status}`;
  throw new SignInError(`The identity provider refused: ${String(why)}.`);
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>> | null) : null;
  } catch {
    return null;
  }
}

/** BASE64URL(SHA256(verifier)), section 4.2. The plain function: `crypto.subtle` is absent where a page comes without TLS. */
function challengeOf(verifier: string): string {
  const bytes = (sha256([verifier]).match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
