// All commands that call a server, for main.ts to register. Nothing here loads what runs them.

import type { Command } from 'commander';
import { ACCOUNT, USAGE } from './account.ts';
import { AGENT, DEPARTMENT } from './agent.ts';
import { APPROVAL } from './approval.ts';
import { AUDIT } from './audit.ts';
import { JOB } from './job.ts';
import { LEASE } from './lease.ts';
import { EVENTS, QUEUE, TOP } from './observe.ts';
import { POOL, QUOTA } from './owned.ts';
import { RECORD } from './record.ts';
import { REQUEST } from './request.ts';
import { addCommand, addGroup, type Finish } from './spec.ts';
import { TICKS } from './ticks.ts';
import { VERIFY } from './verify.ts';

export function addRemote(program: Command, finish: Finish): void {
  for (const group of [REQUEST, LEASE, APPROVAL, AGENT, DEPARTMENT, POOL, QUOTA, ACCOUNT, JOB, TICKS, AUDIT])
    addGroup(program, group, finish);
  for (const spec of [USAGE, QUEUE, TOP, EVENTS, VERIFY, RECORD])
    addCommand(program, { ...spec, path: spec.name }, finish);
}
