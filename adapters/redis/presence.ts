// When agents were last seen, kept in Redis for all processes: one sorted set a cell, written once a second at most.
// Invariant: an instant never goes back; nothing but the display of agents reads it. Opened by the composition roots.

import type { Presence } from '../../api/ports.ts';
import type { AgentId, Instant } from '../../scheduler/index.ts';
import { LocalPresence } from '../system/presence.ts';
import type { RedisConnection } from './connection.ts';

/** A display to the second is as good as one to the millisecond, and costs one command instead of one a call. */
const WRITE_MS = 1000;
/** A cell that nobody calls for so long is forgotten. */
const KEPT_SECONDS = 30 * 24 * 3600;

export class RedisPresence implements Presence {
  readonly #connection: RedisConnection;
  /** What this process saw itself: shown also while Redis is away. */
  readonly #local = new LocalPresence();
  readonly #unwritten = new Map<string, Map<AgentId, Instant>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  seen(cell: string, agent: AgentId, at: Instant): void {
    this.#local.seen(cell, agent, at);
    const agents = this.#unwritten.get(cell) ?? new Map<AgentId, Instant>();
    this.#unwritten.set(cell, agents.set(agent, at));
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => void this.write(), WRITE_MS);
    this.#timer.unref();
  }

  /** What was seen since the last time. Lost when Redis is away: the next call is seen again. */
  async write(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const all = [...this.#unwritten];
    this.#unwritten.clear();
    for (const [cell, agents] of all) {
      const scores = [...agents].flatMap(([agent, at]) => [String(at), agent]);
      await this.#connection.ask(async (client) => {
        await client.zadd(keyOf(cell), 'GT', ...scores);
        await client.expire(keyOf(cell), KEPT_SECONDS);
      });
    }
  }

  async lastSeen(cell: string): Promise<ReadonlyMap<string, Instant>> {
    const seen = new Map(await this.#local.lastSeen(cell));
    const flat = await this.#connection.ask((client) => client.zrange(keyOf(cell), '0', '-1', 'WITHSCORES'));
    for (let i = 0; flat !== null && i < flat.length; i += 2) {
      const agent = flat[i]!;
      seen.set(agent, Math.max(Number(flat[i + 1]), seen.get(agent) ?? 0));
    }
    return seen;
  }
}

function keyOf(cell: string): string {
  return `annona:presence:${cell}`;
}
