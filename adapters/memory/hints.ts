// Wake-up hints inside one process: every member hears what the others tell. Called by tests, and where there is no second process.

import type { Hints, HintTopic } from '../../scheduler/index.ts';

export interface MemoryHints extends Hints {
  close(): Promise<void>;
}

/** Members of one group stand for processes; each hears all but itself. */
export function hintGroup(): () => MemoryHints {
  const members = new Set<Member>();
  return () => {
    const member = new Member(members);
    members.add(member);
    return member;
  };
}

class Member implements MemoryHints {
  readonly #group: Set<Member>;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #due = new Set<string>();

  constructor(group: Set<Member>) {
    this.#group = group;
  }

  tell(topic: HintTopic, cell: string): void {
    const key = `${topic} ${cell}`;
    if (this.#due.has(key)) return;
    this.#due.add(key);
    setImmediate(() => {
      this.#due.delete(key);
      for (const member of this.#group) if (member !== this) member.#heard(key);
    });
  }

  hear(topic: HintTopic, cell: string, listener: () => void): () => void {
    const key = `${topic} ${cell}`;
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#group.delete(this);
  }

  #heard(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }
}
