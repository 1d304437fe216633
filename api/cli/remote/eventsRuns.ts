// `annona events`: one line an event until Ctrl-C, or so many.

import type { FollowedEvent } from '../../client/index.ts';
import { EXIT } from '../io.ts';
import { stopSignal } from '../stopSignal.ts';
import { connect } from './connection.ts';
import { flagOf, listOf, textOf, usage, wholeOf } from './options.ts';
import { plain } from './output.ts';
import type { Invocation } from './spec.ts';

export async function events(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const count = wholeOf(options, 'count');
  if (count === 0) throw usage('--count 0 follows nothing: say at least 1');
  const { client, url } = await connect(invocation);
  const [after, types, request] = [
    textOf(options, 'since'),
    listOf(options, 'type'),
    textOf(options, 'request'),
  ];
  const followed = client.events({
    signal: stopSignal(() => {}),
    ...(after === undefined ? {} : { after }),
    ...(types === undefined ? {} : { types }),
    ...(request === undefined ? {} : { request }),
    moved: once(() => io.err(`following ${url}; Ctrl-C ends it`)),
  });
  let told = 0;
  for await (const event of followed) {
    io.out(flagOf(options, 'json') ? JSON.stringify(event) : eventLine(event));
    told += 1;
    if (told === count) break;
  }
  return EXIT.done;
}

export function eventLine({ at, type, department, agent, request, lease, data }: FollowedEvent): string {
  const what = type.replace(/^annona\./, '').replace(/\.v\d+$/, '');
  const reasons = (data.reasons ?? []) as readonly { code: string }[];
  const why = reasons.length > 0 ? reasons.map(({ code }) => code).join(',') : data.cause;
  return [
    at,
    what.padEnd(23),
    `${department}/${agent}`,
    request,
    ...[lease, why].filter(Boolean).map(plain),
  ].join('  ');
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
