// The service in one page of plain text, for programs that read text: how to submit, read reasons, repair a refused call.
// Invariant: routes, codes and bodies come from the tables that the server uses, so that the page cannot name what is not there.
// Served as /llms.txt and committed as docs/llms.txt (`npm run contract`).

import { REASON_GUIDE } from '../../../scheduler/index.ts';
import { PROBLEMS } from '../../errors.ts';
import type { ContractSource } from './openapi.ts';
import { nameOf } from './routes.ts';
import { SUBMISSION_EXAMPLE } from './routeWords.ts';
import { wordsOf } from './words.ts';

const INTRODUCTION = `# Annona

> A scheduler that decides who gets scarce things (GPUs, CPUs, other agents' time, dataset seats, review slots, licences, budget) and can
> prove why. Agents submit requests over HTTP; every tick, several times a second, all pending requests are solved as one integer program;
> a granted request gets a lease.

- [openapi.json](openapi.json): every route with its schemas and problems
- [asyncapi.json](asyncapi.json): the events
- [problems](problems): every error code and what to do about it
- [docs](docs): the contract as a page

## How to ask

Send \`Authorization: Bearer <token>\` with every call under /v1, and \`Content-Type: application/json\` with every body. Unknown fields are
refused and nothing is coerced: amounts are whole numbers, times are RFC 3339.

POST /v1/requests with \`Prefer: wait=5\`:
`;

const OUTCOMES = `\`options\` are alternatives in order of preference; one of them is granted, whole. \`clientRequestId\` is your own name for the request: repeat
the call with the same one and the same body as often as you like, it is taken once.

- 202: durable, a tick will decide. Read it again at \`Location\`, or follow GET /v1/events.
- 200: the request with its \`state\`. \`granted\`: \`lease\` names the lease; read it at GET /v1/leases/:id.
- \`waiting\`: \`reasons\` say why, the binding one first, with numbers, who acts next (\`actor\`) and how (\`advice\`).
- \`denied\`, \`expired\`, \`cancelled\`: it is over; \`reasons\` say why.

Hold a lease with POST /v1/leases/:id/heartbeat and its \`epoch\` before \`startLimitAt\` and then regularly; give it back with
POST /v1/leases/:id/release as soon as it is not needed. When a heartbeat answers \`revoking\`, write a checkpoint before \`endsAt\` and POST
/v1/leases/:id/acknowledge: the request is taken up again by itself.

## How to repair a refused call

Every error is a problem document. \`code\` is stable, \`remedy\` says what to do, \`errors[]\` name each wrong place by JSON pointer. Where it is
known, an error has \`allowed\` (the closed list), \`largest\` (the most that fits) and \`suggestion\`: a whole body that you can send instead, as
it is. After a 429 or 503 repeat the same call when \`Retry-After\` seconds are over; after a 409 read the object first.`;

export function llmsText({ routes }: Pick<ContractSource, 'routes'>): string {
  const listed = routes.map((route) => `- ${nameOf(route)}: ${wordsOf(route).summary}`);
  const reasons = Object.entries(REASON_GUIDE).map(
    ([code, { actor, advice }]) => `- ${code} (${actor}): ${advice}`,
  );
  const problems = Object.entries(PROBLEMS).map(
    ([code, { status, remedy }]) => `- ${code} (${status}): ${remedy}`,
  );
  const parts = [
    INTRODUCTION,
    '```json',
    JSON.stringify(SUBMISSION_EXAMPLE, null, 2),
    '```',
    '',
    OUTCOMES,
    '',
    '## Why a request waits or ended',
    '',
    ...reasons,
    '',
    '## Problems',
    '',
    ...problems,
    '',
    '## Routes',
    '',
    ...listed,
    '',
  ];
  return parts.join('\n');
}
