// The client: one method for each thing that can be asked of a server, typed, over `fetch`.
// Invariant: it keeps nothing between calls; what was refused throws a `ProblemError` with the server's problem document.

import { type Call, type Calls, type ClientOptions, createCalls, type Query } from './calls.ts';
import { createEdits, type Edits } from './edits.ts';
import { type EventsOptions, followEvents, streamEvents } from './follow.ts';
import { type KeepAliveOptions, type KeptAlive, keepAlive } from './keepAlive.ts';
import { type ListOptions, listItems } from './lists.ts';
import type {
  BatchItem,
  ExtensionView,
  FollowedEvent,
  Heartbeat,
  HeldLease,
  LeaseView,
  OffersView,
  RequestView,
  SubmitBody,
  Submitted,
  View,
} from './shapes.ts';
import type { ServerSentEvent } from './sse.ts';
import { hasOutcome, type WaitOptions, waitFor } from './wait.ts';

/** The longest that a server waits in one call. */
const PREFER_SECONDS_MAX = 30;

export interface AnnonaClient {
  /** `waitSeconds`: answers with the outcome, or with the state so far when the time is over. */
  submit(
    body: SubmitBody,
    options?: { readonly waitSeconds?: number; readonly signal?: AbortSignal },
  ): Promise<Submitted>;
  /** Each item is answered by itself, in order. */
  submitBatch(items: readonly SubmitBody[]): Promise<readonly BatchItem[]>;
  /** What would become of it now; nothing is written. */
  dryRun(body: SubmitBody): Promise<View>;
  request(id: string): Promise<RequestView>;
  requests(filter?: Query & ListOptions): AsyncIterable<RequestView>;
  /** Why it is as it is, and what would change it. */
  explanation(id: string, asked?: { readonly whatItTakes?: boolean }): Promise<View>;
  /** What it could have at once if it asked otherwise, and the version at which that is so. */
  offers(id: string): Promise<OffersView>;
  /** Replaces the request by the offer: at the named version alone, or as long as the offer stands with '*'. */
  acceptOffer(id: string, offer: string, ifVersion: string): Promise<Submitted>;
  /** Keeps its units for ten seconds: the request that holds them, which waits, or is denied with numbers. */
  holdOffer(id: string, offer: string, ifVersion?: string): Promise<Submitted>;
  /** Waits for the outcome: by events, and by asking. */
  wait(id: string, options?: WaitOptions): Promise<RequestView>;
  /** After the grant its lease is released. */
  cancel(id: string): Promise<View>;

  lease(id: string): Promise<LeaseView>;
  leases(filter?: Query & ListOptions): AsyncIterable<LeaseView>;
  /** `checkpointAt`: until when the work is safe; who saved last is asked first when something must be taken back. */
  heartbeat(lease: string, epoch: number, hint?: { readonly checkpointAt?: string }): Promise<Heartbeat>;
  keepAlive(lease: HeldLease, options?: KeepAliveOptions): KeptAlive;
  /** `key` makes it safe to repeat for 24 hours; without one a broken connection is not tried again. */
  extend(lease: HeldLease, wish: { readonly seconds: number; readonly key?: string }): Promise<ExtensionView>;
  extension(id: string): Promise<ExtensionView>;
  release(lease: string, epoch: number): Promise<View>;
  /** Gives back a lease that is being revoked; the request is taken up again by itself. */
  acknowledge(lease: string, epoch: number): Promise<View>;

  /** What happens, across broken connections, each event once. Ends with the signal. */
  events(options?: EventsOptions): AsyncIterable<FollowedEvent>;
  /** One connection's events, raw: ends when it ends, throws when it breaks. */
  stream(options?: EventsOptions): AsyncIterable<ServerSentEvent>;

  /** Any list of the API by its path: '/v1/pools', '/v1/accounts/x/ledger', ... */
  list(path: string, filter?: Query & ListOptions): AsyncIterable<View>;
  get(path: string, query?: Query): Promise<View>;
  /** An answer that is no JSON, as the server writes it. */
  text(path: string, accept: { readonly type: string; readonly query?: Query }): Promise<string>;
  post(
    path: string,
    body: unknown,
    options?: { readonly key?: string; readonly query?: Query },
  ): Promise<View>;
  /** What the server keeps as a file, byte by byte. */
  download(path: string): Promise<Uint8Array>;
  /** Ends what is there; the answer is what it was. A second time it changes nothing. */
  remove(path: string): Promise<View>;
  /** A file that is named by what is in it, so that it may come twice. */
  upload(path: string, file: { readonly type: string; readonly content: string }): Promise<View>;
  readonly edits: Edits;
}

export function createClient(options: ClientOptions): AnnonaClient {
  const calls = createCalls(options);
  const get = async (path: string, query: Query = {}) =>
    (await calls.call({ method: 'GET', path, query, repeatable: true })).body as View;
  return {
    ...requestCalls(calls),
    ...leaseCalls(calls),
    events: (how = {}) => followEvents(calls, how),
    stream: (how = {}) => streamEvents(calls, how),
    list: (path, filter = {}) => listItems(calls, path, filter),
    get,
    async text(path, { type, query = {} }) {
      const call = { method: 'GET', path, query, headers: { accept: type }, repeatable: true } as const;
      const { body } = await calls.call(call);
      return typeof body === 'string' ? body : JSON.stringify(body);
    },
    async post(path, body, { key, query = {} } = {}) {
      const answer = await calls.call({
        method: 'POST',
        path,
        query,
        body,
        headers: key === undefined ? {} : { 'idempotency-key': key },
        repeatable: false,
      });
      return answer.body as View;
    },
    async download(path) {
      const response = await calls.open({ method: 'GET', path, repeatable: true });
      return new Uint8Array(await response.arrayBuffer());
    },
    remove: async (path) => (await calls.call({ method: 'DELETE', path, repeatable: true })).body as View,
    async upload(path, file) {
      const call = { method: 'POST', path, text: file, repeatable: true } as const;
      return (await calls.call(call)).body as View;
    },
    edits: createEdits(calls),
  };
}

type RequestCalls = Pick<
  AnnonaClient,
  | 'submit'
  | 'submitBatch'
  | 'dryRun'
  | 'request'
  | 'requests'
  | 'explanation'
  | 'offers'
  | 'acceptOffer'
  | 'holdOffer'
  | 'wait'
  | 'cancel'
>;

interface OfferAct {
  readonly id: string;
  readonly offer: string;
  readonly act: 'accept' | 'hold';
  readonly ifVersion: string;
}

async function actOnOffer(calls: Calls, { id, offer, act, ifVersion }: OfferAct): Promise<Submitted> {
  const answer = await calls.call({
    method: 'POST',
    path: `${at('requests', id)}/offers/${encodeURIComponent(offer)}/${act}`,
    headers: { 'if-match': ifVersion === '*' ? '*' : `"${ifVersion}"` },
    // With a version the call is known again; without one the second would find what the first has done.
    repeatable: ifVersion !== '*',
  });
  return answer.body as Submitted;
}

function requestCalls(calls: Calls): RequestCalls {
  const body = async <Body>(call: Omit<Call, 'repeatable'>): Promise<Body> =>
    (await calls.call({ ...call, repeatable: true })).body as Body;
  const wait: AnnonaClient['wait'] = (id, options = {}) => waitFor(calls, id, options);
  return {
    wait,
    submit: (submission, options = {}) => submitAndWait(submission, { ...options, body, wait }),
    async submitBatch(items) {
      const call = { method: 'POST', path: '/v1/requests/batch', body: { items } } as const;
      return (await body<{ items: readonly BatchItem[] }>(call)).items;
    },
    dryRun: (submission) =>
      body({ method: 'POST', path: '/v1/requests', query: { dryRun: true }, body: submission }),
    request: (id) => body({ method: 'GET', path: at('requests', id) }),
    requests: (filter = {}) => listItems(calls, '/v1/requests', filter),
    explanation: (id, { whatItTakes = false } = {}) =>
      body({
        method: 'GET',
        path: `${at('requests', id)}/explanation`,
        ...(whatItTakes && { query: { whatItTakes: true } }),
      }),
    offers: (id) => body({ method: 'GET', path: `${at('requests', id)}/offers` }),
    acceptOffer: (id, offer, ifVersion) => actOnOffer(calls, { id, offer, act: 'accept', ifVersion }),
    holdOffer: (id, offer, ifVersion = '*') => actOnOffer(calls, { id, offer, act: 'hold', ifVersion }),
    cancel: (id) => body({ method: 'POST', path: `${at('requests', id)}/cancel` }),
  };
}

async function submitAndWait(
  submission: SubmitBody,
  how: {
    readonly waitSeconds?: number;
    readonly signal?: AbortSignal;
    readonly body: (call: Omit<Call, 'repeatable'>) => Promise<Submitted>;
    readonly wait: AnnonaClient['wait'];
  },
): Promise<Submitted> {
  const { waitSeconds = 0, signal } = how;
  // Begins now: the server's share of the wait counts.
  const limit = waitSeconds > PREFER_SECONDS_MAX ? AbortSignal.timeout(waitSeconds * 1000) : undefined;
  const first = Math.min(Math.ceil(waitSeconds), PREFER_SECONDS_MAX);
  const submitted = await how.body({
    method: 'POST',
    path: '/v1/requests',
    body: submission,
    headers: first > 0 ? { prefer: `wait=${first}` } : {},
    ...(signal === undefined ? {} : { signal }),
  });
  if (limit === undefined || hasOutcome(submitted)) return submitted;
  return how.wait(submitted.id, { signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) });
}

type LeaseCalls = Pick<
  AnnonaClient,
  'lease' | 'leases' | 'heartbeat' | 'keepAlive' | 'extend' | 'extension' | 'release' | 'acknowledge'
>;

function leaseCalls(calls: Calls): LeaseCalls {
  const body = async <Body>(call: Omit<Call, 'repeatable'>): Promise<Body> =>
    (await calls.call({ ...call, repeatable: true })).body as Body;
  const heartbeat: AnnonaClient['heartbeat'] = (id, epoch, hint = {}) =>
    body({ method: 'POST', path: `${at('leases', id)}/heartbeat`, body: { epoch, ...hint } });
  return {
    heartbeat,
    lease: (id) => body({ method: 'GET', path: at('leases', id) }),
    leases: (filter = {}) => listItems(calls, '/v1/leases', filter),
    keepAlive: ({ id, epoch }, options) => keepAlive(() => heartbeat(id, epoch), options),
    async extend({ id, epoch }, { seconds, key }) {
      const answer = await calls.call({
        method: 'POST',
        path: `${at('leases', id)}/extend`,
        body: { epoch, seconds },
        headers: key === undefined ? {} : { 'idempotency-key': key },
        // Twice would be twice as long.
        repeatable: false,
      });
      return answer.body as ExtensionView;
    },
    extension: (id) => body({ method: 'GET', path: at('extensions', id) }),
    release: (id, epoch) => body({ method: 'POST', path: `${at('leases', id)}/release`, body: { epoch } }),
    acknowledge: (id, epoch) =>
      body({ method: 'POST', path: `${at('leases', id)}/acknowledge`, body: { epoch } }),
  };
}

function at(noun: string, id: string): string {
  return `/v1/${noun}/${encodeURIComponent(id)}`;
}
