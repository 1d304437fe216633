// A general engine alone on a tick's program, in a process that may be killed: HiGHS or GLPK with a clock, as people use them.
// Invariant: what it answers is a proposal; rival.ts checks it in exact integers. Started by rival.ts.
import { type Model, stageProgram } from '../../solver/index.ts';
import { programEngines } from '../../solver/node.ts';

export interface RivalQuestion {
  readonly engine: 'highs' | 'glpk';
  /** Of one class. */
  readonly model: Model;
  readonly seconds: number;
}

export interface RivalAnswer {
  /** Structural column -> 1 granted; null: no point. */
  readonly granted: Uint8Array | null;
  /** The engine's own; null when it tells none. */
  readonly bound: number | null;
  readonly ms: number;
}

const engines = programEngines();

process.on('disconnect', () => process.exit(0));
process.on('message', (question: RivalQuestion) => void ask(question).then((said) => process.send!(said)));
process.send!('ready');

async function ask({ engine: name, model, seconds }: RivalQuestion): Promise<RivalAnswer> {
  const engine = await engines.search(name);
  if (engine === null) throw new Error(`the engine ${name} is not installed`);
  const granted = new Uint8Array(model.columnCount);
  const program = stageProgram(model, { name: 'tick', stage: model.stage[0] ?? 0, granted });
  // Writing the program down is in nobody's time.
  const from = performance.now();
  const { point, bound } = engine.search(program, { seconds, nodes: null, start: null });
  const ms = performance.now() - from;
  // Of a model of one class the program's columns are the model's, in order.
  return { granted: point && granted.map((_, j) => Math.round(point[j]!)), bound, ms };
}
