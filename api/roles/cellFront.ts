// One address before the edges of several cells: a call goes to the cell of its caller's department, or to the one that its path names.
// Invariant: decides nothing but where a call goes: who calls is verified by the edge of the cell, and a department that a token only claims leads
// to an edge that refuses the token. Opened by cells.ts.

import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { PROBLEMS, type Problem, problemDocument } from '../errors.ts';

export interface CellEdge {
  readonly cell: string;
  readonly departments: readonly string[];
  readonly url: string;
}

export interface CellFront {
  readonly server: Server;
  close(): Promise<void>;
}

/** Where a call goes, and the path that it has there. */
interface Way {
  readonly edge: CellEdge;
  readonly path: string;
}

const NAMED = /^\/cells\/([^/?]+)(\/.*)$/;
/** As the edges themselves have it. */
const HEADER_BYTES_MAX = 16 * 1024;
/** Of one connection alone (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** `edges`: at least one; the first takes the calls that name neither a cell nor a department. */
export function cellFront(edges: readonly CellEdge[]): CellFront {
  const agent = new Agent({ keepAlive: true });
  const ofDepartment = new Map(edges.flatMap((edge) => edge.departments.map((id) => [id, edge] as const)));
  const ofCell = new Map(edges.map((edge) => [edge.cell, edge]));

  const wayOf = (call: IncomingMessage): Way | Problem => {
    const url = call.url ?? '/';
    const [, cell, rest] = NAMED.exec(url) ?? [];
    if (cell === undefined) return { edge: ofDepartment.get(departmentOf(call)) ?? edges[0]!, path: url };
    const edge = ofCell.get(cell);
    if (edge !== undefined) return { edge, path: rest ?? '/' };
    return {
      code: 'ROUTE_NOT_FOUND',
      detail: `there is no cell ${cell.slice(0, 63)} here: ${[...ofCell.keys()].join(', ')}`,
    };
  };

  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (call, answer) => {
    if (call.url === '/readyz') return void readiness(edges, agent, answer);
    const way = wayOf(call);
    if ('code' in way) return refuse(call, answer, way);
    handOn(call, answer, { ...way, agent });
  });
  return {
    server,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        // The edges end their streams in order before; what is open still is a client that never spoke.
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

/** What the token claims, unverified: it only chooses who verifies it. Empty where there is none, or no token. */
function departmentOf({ headers }: IncomingMessage): string {
  const payload = /^Bearer [^.\s]+\.([^.\s]+)\./i.exec(headers.authorization ?? '')?.[1];
  if (payload === undefined) return '';
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const department = (claims as { department?: unknown } | null)?.department;
    return typeof department === 'string' ? department : '';
  } catch {
    return ''; // no JSON: the edge says so
  }
}

function handOn(
  call: IncomingMessage,
  answer: ServerResponse,
  { edge, path, agent }: Way & { readonly agent: Agent },
): void {
  const { hostname, port } = new URL(edge.url);
  const asked = request({
    agent,
    hostname,
    port,
    method: call.method,
    path,
    headers: endToEnd(call.headers),
  });
  asked.on('response', (told) => {
    answer.writeHead(told.statusCode ?? 502, endToEnd(told.headers));
    told.pipe(answer);
    told.on('error', () => answer.destroy());
  });
  asked.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else
      refuse(call, answer, { code: 'STOPPING', detail: `the edge of the cell ${edge.cell} takes no calls` });
  });
  // A caller that hangs up wants no answer, nor the events of a stream.
  answer.on('close', () => asked.destroy());
  call.pipe(asked);
}

function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}

/** Ready when every cell is: the first answer that says otherwise is the whole's. */
async function readiness(edges: readonly CellEdge[], agent: Agent, answer: ServerResponse): Promise<void> {
  const told = await Promise.all(edges.map((edge) => ask(edge, agent)));
  const worst = told.find(({ status }) => status !== 200) ?? told[0]!;
  answer.writeHead(worst.status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  answer.end(worst.body);
}

function ask(edge: CellEdge, agent: Agent): Promise<{ readonly status: number; readonly body: string }> {
  const failing = [{ check: 'edge', detail: `the edge of the cell ${edge.cell} takes no calls` }];
  return new Promise((resolve) => {
    const asked = request(new URL('/readyz', edge.url), { agent }, (told) => {
      let body = '';
      told.setEncoding('utf8');
      told.on('data', (chunk: string) => {
        body += chunk;
      });
      told.on('end', () => resolve({ status: told.statusCode ?? 503, body }));
    });
    asked.on('error', () =>
      resolve({ status: 503, body: JSON.stringify({ status: 'failing', failing, degraded: [] }) }),
    );
    asked.end();
  });
}

function refuse(call: IncomingMessage, answer: ServerResponse, problem: Problem): void {
  const requestId = String(call.headers['x-request-id'] ?? '');
  const instance = (call.url ?? '/').split('?', 1)[0]!;
  answer.writeHead(PROBLEMS[problem.code].status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    ...(problem.code === 'STOPPING' && { 'retry-after': '1' }),
  });
  answer.end(JSON.stringify(problemDocument(problem, { instance, requestId })));
}
