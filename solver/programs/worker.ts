// The thread that solves one program and ends. Invariant: says news while it works, one answer at the end. Started by child.ts alone.
import { parentPort, workerData } from 'node:worker_threads';
import { programEngines } from './load.ts';
import type { ProgramMessage, ProgramQuestion } from './protocol.ts';
import { solveProgram } from './solveProgram.ts';

const { program, request } = workerData as ProgramQuestion;

function say(message: ProgramMessage): void {
  parentPort!.postMessage(message);
}

const elapsed = (): number => process.uptime();
const since = elapsed();
const answer = await solveProgram(program, request, {
  engines: programEngines(),
  elapsed: () => elapsed() - since,
  tell: (news) => say({ kind: 'news', news }),
});
say({ kind: 'answer', answer });
