// Reader of what `annona record` writes: the newest requests as the policies saw them, one JSON object.
// Invariant: the submit time is that in the request's id, to the millisecond; a lease's end is not recorded, so the asked duration is run and
// estimate. A row that cannot run is counted. Called by read.ts.

import { type PolicyRecord, parseRecord } from '../../policies/index.ts';
import { JobList, type Trace } from '../job.ts';
import { TraceError } from './csv.ts';

const BASE_32 = '0123456789abcdefghjkmnpqrstvwxyz';
const REQUEST_ID = /^req_([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}$/;

/** Throws `TraceError` with line and column where it is no JSON, or with the path of what is missing. */
export function readAnnonaLog(text: string, name: string): Trace {
  const record = recordOf(text, name);
  const list = new JobList();
  for (const [index, { id, row }] of record.requests.entries()) {
    const where = `${name}: requests[${index}]`;
    const time = REQUEST_ID.exec(id)?.[1];
    if (time === undefined) throw new TraceError(`${where}: ${id} is no id of a request`);
    const { durationSeconds, quantities, models, department, agent, class: priority } = row;
    if (typeof durationSeconds !== 'number' || typeof quantities !== 'object')
      throw new TraceError(`${where}: durationSeconds and quantities are missing`);
    const claims = Object.entries(quantities)
      .filter(([, quantity]) => quantity > 0)
      .map(([kind, quantity]) => ({ kind, quantity }));
    if (claims.length === 0) list.drop('asks for nothing');
    else if (durationSeconds <= 0) list.drop('runs no time');
    else
      list.add({
        name: id,
        submitMs: timeOf(time),
        runMs: durationSeconds * 1000,
        estimateMs: durationSeconds * 1000,
        claims,
        models: models.includes('*') ? [] : models,
        department,
        agent,
        rank: rankOf(record, priority),
      });
  }
  return list.trace('annona', null);
}

function recordOf(text: string, name: string): PolicyRecord {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new TraceError(`${name}:${placeOf(text, String(error))}: not JSON: ${(error as Error).message}`);
  }
  try {
    return parseRecord(document);
  } catch (error) {
    throw new TraceError(`${name}: ${(error as Error).message}`);
  }
}

/** "line:column" of the position that the parser's message names; it names none at the very beginning, and none where the text ends too soon. */
function placeOf(text: string, message: string): string {
  const unnamed = message.includes('end of JSON') ? text.length : 0;
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? unnamed);
  const before = text.slice(0, position).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

function timeOf(digits: string): number {
  let time = 0;
  for (const digit of digits) time = time * 32 + BASE_32.indexOf(digit);
  return time;
}

/** In the order in which the record's data name the classes; a class that they do not name comes last. */
function rankOf({ data }: PolicyRecord, name: string): number {
  const names = Object.keys(data.classes ?? {});
  const rank = names.indexOf(name);
  return rank < 0 ? names.length : rank;
}
