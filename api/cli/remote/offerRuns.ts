// `annona request offers`, `annona request hold` and `annona request accept`: over HTTP, as any client does it.

import { EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { heldText, offerLines } from './offerLines.ts';
import { flagOf, required, textOf } from './options.ts';
import { print, showObject } from './output.ts';
import { idOf } from './requestRuns.ts';
import { callerOf, type Invocation } from './spec.ts';

export async function offers(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const id = await idOf(invocation, client);
  const found = await client.offers(id);
  if (flagOf(options, 'json')) {
    io.out(JSON.stringify(found));
    return EXIT.done;
  }
  if (found.held) io.out(heldText({ ...found.held }));
  if (found.offers.length === 0) {
    io.out('nothing that it could ask for instead fits at the moment');
    return EXIT.done;
  }
  print(io, offerLines(found.offers).slice(1));
  const [first] = found.offers;
  io.err(
    `take one: npx annona request accept ${id} ${first?.id} --if-version ${found.ifVersion}${callerOf(options)}`,
  );
  return EXIT.done;
}

export async function acceptOffer(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const id = await idOf(invocation, client);
  const version = textOf(options, 'ifVersion') ?? '*';
  const taken = await client.acceptOffer(id, required(invocation, 1), version);
  showObject(invocation, { ...taken });
  io.err(`the next tick decides: npx annona request watch ${taken.id}${callerOf(options)}`);
  return EXIT.done;
}

export async function holdOffer(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const id = await idOf(invocation, client);
  const offer = required(invocation, 1);
  const held = await client.holdOffer(id, offer, textOf(options, 'ifVersion') ?? '*');
  showObject(invocation, { ...held });
  io.err(`take it: npx annona request accept ${id} ${offer}${callerOf(options)}`);
  return EXIT.done;
}
