// The solver child: answers one program after another and knows nothing else. Invariant: exits when its parent is gone.
// Started by node.ts alone; it may be killed at any instant, for it holds no state.
import { solve, solveWithoutEngine } from './anytime.ts';
import type { Engine } from './engines/engine.ts';
import { loadEngine } from './engines/load.ts';
import type { ChildMessage, SolveMessage } from './protocol.ts';
import type { EngineName, Solution } from './solution.ts';

process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group: the parent decides when its solver goes, by closing the channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('uncaughtException', (error) => {
  // Node would print the source line as well, and the engine's wrapper is one line of 170 kB.
  process.stderr.write(`solver child: ${error.stack}\n`, () => process.exit(1));
});

const engines = new Map<EngineName, Promise<Engine | null>>();

function engineFor(name: EngineName): Promise<Engine | null> {
  let engine = engines.get(name);
  if (engine === undefined) {
    engine = loadEngine(name);
    engines.set(name, engine);
  }
  return engine;
}

async function answer({ model, options }: SolveMessage): Promise<Solution> {
  const engine = await engineFor(options.engine);
  if (engine !== null) return solve(model, engine, options);
  return solveWithoutEngine(model, { engine: options.engine, engineBuild: 'none', fault: 'refused' });
}

function say(message: ChildMessage): void {
  process.send!(message);
}

process.on('message', async (message: SolveMessage) => {
  say({ kind: 'answer', id: message.id, solution: await answer(message) });
});

// The tick's engine is warm before the first question. Its name comes from node.ts, which types it.
await engineFor(process.argv[2] as EngineName);
say({ kind: 'ready' });
