// `annona request …`: asks over HTTP, and ends with the exit code of the outcome.

import {
  type AnnonaClient,
  type BatchItem,
  hasOutcome,
  type Reason,
  type RequestView,
  type SubmitBody,
  type View,
} from '../../client/index.ts';
import { newClientRequestId } from '../../roles/ids.ts';
import { stateText } from '../../states.ts';
import { CommandError, EXIT } from '../io.ts';
import { stopSignal } from '../stopSignal.ts';
import { submissionOf } from './claims.ts';
import { connect } from './connection.ts';
import { explanationLines, reasonLines, startLines } from './explanation.ts';
import { type Input, readInput } from './input.ts';
import { list } from './listing.ts';
import { flagOf, required, textOf, usage, wholeOf } from './options.ts';
import { type Column, firstOf, plain, print, showList, showObject } from './output.ts';
import { placing } from './runRemote.ts';
import { callerOf, type Invocation } from './spec.ts';

const REQUESTS: readonly Column[] = [
  ['id', 'id'],
  ['state', 'state'],
  ['class', ({ terms }) => (terms as View).class],
  ['department', 'department'],
  ['agent', 'agent'],
  ['asks', (request) => asks(request as unknown as RequestView)],
  ['reason', ({ reasons }) => (reasons as readonly Reason[])[0]?.code],
  ['submitted', 'submittedAt'],
];

function asks({ options }: Pick<RequestView, 'options'>): string {
  const [first, ...others] = options.map(({ claims }) =>
    claims.map(({ kind, quantity }) => `${quantity} ${kind}`).join(' + '),
  );
  return others.length === 0 ? (first ?? '') : `${first} (or ${others.length} more)`;
}

/** As a submission that waits ends. */
const DRY_RUN_EXIT: Readonly<Record<string, number>> = {
  granted: EXIT.done,
  waiting: EXIT.waiting,
  denied: EXIT.denied,
};

export async function submit(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const file = textOf(options, 'file');
  const waitSeconds = wholeOf(options, 'wait') ?? 0;
  const clientRequestId = textOf(options, 'id') ?? newClientRequestId();
  const input = file === undefined ? null : await readInput(file, io);
  if (input !== null) refuseBoth(invocation);
  const { client } = await connect(invocation);
  if (input !== null && 'items' in input.value) return submitMany(invocation, { client, input });
  const body =
    input === null
      ? submissionOf(options, clientRequestId)
      : bodyOf(input, textOf(options, 'id') ?? clientRequestId);
  const told = <Value>(call: Promise<Value>): Promise<Value> =>
    input === null ? call : placing(call, { io, place: input.place });
  if (flagOf(options, 'dryRun')) {
    const foreseen = await told(client.dryRun(body));
    showObject(invocation, foreseen);
    return DRY_RUN_EXIT[String(foreseen.outcome)] ?? EXIT.failed;
  }
  const submitted = await told(client.submit(body, { waitSeconds }));
  return ended(invocation, submitted as unknown as RequestView, { waited: waitSeconds > 0 });
}

/** What stands in a file is not said again by flags: which of the two counts would be a guess. */
function refuseBoth({ options }: Invocation): void {
  const both = [
    'gpu',
    'cpu',
    'memory',
    'claim',
    'for',
    'class',
    'summary',
    'purpose',
    'classification',
    'startBefore',
    'deadline',
    'notPreemptible',
    'notRequeued',
  ].find((name) => options[name] !== undefined);
  if (both !== undefined) throw usage(`-f has it all: leave out --${both}, or -f`);
}

function bodyOf({ value }: Input, clientRequestId: string): SubmitBody {
  // The server checks the rest: one place knows what a submission is.
  return { clientRequestId, ...value } as unknown as SubmitBody;
}

async function submitMany(
  invocation: Invocation,
  { client, input }: { client: AnnonaClient; input: Input },
): Promise<number> {
  const { io } = invocation;
  const refusedFlag = ['dryRun', 'wait', 'id'].find((name) => invocation.options[name] !== undefined);
  if (refusedFlag !== undefined)
    throw usage(`a file with items takes no --${refusedFlag === 'dryRun' ? 'dry-run' : refusedFlag}`);
  const answers = await placing(client.submitBatch(input.value.items as readonly SubmitBody[]), {
    io,
    place: input.place,
  });
  const columns: Column[] = [
    ['item', 'item'],
    ['status', 'status'],
    ['request', ({ request }) => (request as View | undefined)?.id],
    ['problem', ({ problem }) => (problem as View | undefined)?.detail],
  ];
  showList(
    invocation,
    answers.map((answer: BatchItem, item) => ({ item, ...answer })),
    { columns, none: 'no item' },
  );
  answers.forEach(({ problem }, item) => {
    for (const { pointer, message } of problem?.errors ?? [])
      io.err(`${input.place(`/items/${item}${pointer}`)}: ${message}`);
  });
  return answers.every(({ problem }) => problem === undefined) ? EXIT.done : EXIT.failed;
}

export const listRequests = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/requests',
    filters: ['state', 'department', 'agent', 'class', 'reason'],
    columns: REQUESTS,
    none: 'no request; try: npx annona request submit --gpu 1 --for 10m --wait 10',
  });

export async function getRequest(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const request = await client.request(await idOf(invocation, client));
  if (flagOf(invocation.options, 'json')) invocation.io.out(JSON.stringify(request));
  else print(invocation.io, requestLines(request));
  return EXIT.done;
}

export async function explain(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const whatItTakes = flagOf(invocation.options, 'whatItTakes');
  const explanation = await client.explanation(await idOf(invocation, client), { whatItTakes });
  if (flagOf(invocation.options, 'json')) invocation.io.out(JSON.stringify(explanation));
  else print(invocation.io, explanationLines(explanation));
  return EXIT.done;
}

export async function watch(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const timeoutSeconds = wholeOf(options, 'wait');
  let last = '';
  const request = await client.wait(await idOf(invocation, client), {
    signal: stopSignal(() => {}),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    seen(state) {
      const line = `${state.id} ${stateText(state.state)}${reasonText(state)}`;
      if (line !== last && !hasOutcome(state)) io.err(line);
      last = line;
    },
  });
  return ended(invocation, request, { waited: true });
}

export async function cancel(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.cancel(await idOf(invocation, client)));
  invocation.io.err('the next tick ends it');
  return EXIT.done;
}

/** `latest`: the newest one that the caller may see. */
export async function idOf(invocation: Invocation, client: AnnonaClient): Promise<string> {
  const id = required(invocation, 0);
  if (id !== 'latest') return id;
  const [newest] = await firstOf(client.requests({ limit: 1 }), 1);
  if (newest !== undefined) return newest.id;
  throw new CommandError(
    'there is no request yet. Try: npx annona request submit --gpu 1 --for 10m --wait 10',
  );
}

/** Prints the request, names the next command, and answers the exit code of its state. */
function ended(
  invocation: Invocation,
  request: RequestView,
  { waited }: { readonly waited: boolean },
): number {
  const { io, options } = invocation;
  if (flagOf(options, 'json')) io.out(JSON.stringify(request));
  else print(io, requestLines(request));
  note(invocation, request);
  switch (request.state) {
    case 'granted':
      return EXIT.done;
    case 'denied':
      return request.reasons.some(({ code }) => code === 'UNSATISFIABLE') ? EXIT.unsatisfiable : EXIT.denied;
    case 'queued':
    case 'waiting':
      return waited ? EXIT.waiting : EXIT.done;
    case 'expired':
    case 'cancelled':
      return EXIT.failed;
    default: {
      const never: never = request.state;
      throw new Error(`unknown state ${JSON.stringify(never)}`);
    }
  }
}

function note({ io, options }: Invocation, { id, state, lease }: RequestView): void {
  const again = callerOf(options);
  if (state === 'granted' && lease)
    io.err(
      `keep it alive: npx annona lease heartbeat ${lease} --keep${again}\ngive it back:  npx annona lease release ${lease}${again}`,
    );
  else if (state === 'queued' || state === 'waiting')
    io.err(
      `follow it:     npx annona request watch ${id}${again}\nwhy it waits:  npx annona request explain ${id}${again}`,
    );
}

function requestLines(request: RequestView): string[] {
  const { id, clientRequestId, state, lease, terms, options, reasons = [] } = request;
  const rows: (readonly [string, unknown])[] = [
    ['request', id],
    ['clientRequestId', clientRequestId],
    ['state', stateText(state)],
    ['lease', lease],
    ['asks', options === undefined ? undefined : asks(request)],
    ['class', terms?.class],
    ['agent', request.agent === undefined ? undefined : `${request.department}/${request.agent}`],
    ['submitted', request.submittedAt],
    ['decided', request.decidedAt],
    ['tick', request.tick],
    ...obligationRows(request),
  ];
  const shown = rows.filter(([, value]) => value !== undefined && value !== null);
  const lines = shown.map(([name, value]) => `${name.padEnd(15)}  ${plain(value)}`);
  return [...lines, ...reasonLines(reasons), ...startLines({ ...request })];
}

/** What the policies oblige it to, one row a duty. */
function obligationRows({ obligations = {} }: RequestView): (readonly [string, unknown])[] {
  const { approvals = [], ttlSeconds, pools = {}, class: lowered, labels = {}, audit = [] } = obligations;
  return [
    ...approvals.map(({ skill, code }) => ['needs', `approval: ${skill} (${code})`] as const),
    ['ends within', ttlSeconds === undefined ? undefined : `${ttlSeconds} s`],
    ...Object.entries(pools).map(([kind, ids]) => ['served from', `${kind}: ${ids.join(', ')}`] as const),
    ['served as', lowered],
    ...Object.entries(labels).map(([name, value]) => ['label', `${name}=${value}`] as const),
    ['told apart for', audit.length === 0 ? undefined : audit.join(', ')],
  ];
}

function reasonText({ reasons = [] }: RequestView): string {
  return reasons.length === 0 ? '' : `: ${reasons.map(({ code }) => code).join(', ')}`;
}
