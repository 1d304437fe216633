// A solver child that misbehaves on request: the budget says how, any other budget is answered truthfully.
// Started by test/solver/node.test.ts in place of solver/child.ts, and by smallHeap.ts.
import { loadEngine } from '../../../solver/engines/load.ts';
import { type Model, type SolveOptions, solve } from '../../../solver/index.ts';

interface Question {
  readonly id: number;
  readonly model: Model;
  readonly options: SolveOptions;
}

process.on('disconnect', () => process.exit(0));
const highs = (await loadEngine('highs'))!;

process.on('message', ({ id, model, options }: Question) => {
  const truth = solve(model, highs, {
    ...options,
    budget: { unitsMax: 20_000 },
  });
  const answer = (solution: unknown): void => {
    process.send!({ kind: 'answer', id, solution });
  };
  switch (options.budget.unitsMax) {
    case 1: // Never answers, and cannot be asked to stop.
      for (;;);
    case 2:
      process.exit(3);
      break;
    case 3:
      process.send!('forty-two');
      break;
    case 4:
      answer({ ...truth, granted: new Uint8Array(model.columnCount).fill(1) });
      break;
    case 5:
      answer({ ...truth, stages: truth.stages.map((stage) => ({ ...stage, bound: stage.bound - 1 })) });
      break;
    case 6:
      answer({ ...truth, engineBuild: 'highs 0.0.0 wasm:000000000000' });
      break;
    case 7:
      process.send!({ kind: 'answer', id: id - 1, solution: truth });
      break;
    case 8:
      answer({
        ...truth,
        granted: new Uint8Array(model.columnCount),
        stages: truth.stages.map((stage) => ({ ...stage, value: 0 })),
      });
      break;
    case 9:
      // Out of memory, as an allocation that nobody can serve: more than any process may have.
      process.send!({ kind: 'answer', id, solution: new ArrayBuffer(2 ** 47) });
      break;
    case 10: // Until the heap is full.
      for (const kept: number[][] = []; ; ) kept.push(new Array<number>(10_000).fill(kept.length));
    default:
      answer(truth);
  }
});
process.send!({ kind: 'ready' });
