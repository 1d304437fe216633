// `annona tick --write-model OUT`: the integer programs that a tick asked its solver, as files for other solvers.
// Invariant: what the tick decides is not touched; a file a class, with the grants of the classes before it. Called by tick.ts.

import {
  type Model,
  type Solution,
  type SolverService,
  stageProgram,
  writeProgram,
} from '../../solver/index.ts';
import { CommandError, type CommandIo } from './io.ts';
import { formatFor, saveText } from './programFile.ts';

interface Asked {
  readonly model: Model;
  readonly solution: Solution;
}

/** The same solver, which keeps the last question and its answer. */
export class KeepingSolver implements SolverService {
  readonly #solver: SolverService;
  #asked: Asked | null = null;

  constructor(solver: SolverService) {
    this.#solver = solver;
  }

  get asked(): Asked | null {
    return this.#asked;
  }

  async solve(...question: Parameters<SolverService['solve']>): Promise<Solution> {
    const solution = await this.#solver.solve(...question);
    this.#asked = { model: question[0], solution };
    return solution;
  }

  close(): Promise<void> {
    return this.#solver.close();
  }
}

/** One class: OUT.mps. Several: OUT.<class>.mps. `classes`: stage -> name. */
export async function writeModel(
  out: string,
  { asked, classes, io }: { asked: Asked | null; classes: ReadonlyMap<number, string>; io: CommandIo },
): Promise<void> {
  const format = formatFor(out);
  if (asked === null)
    throw new CommandError(`${out}: the tick had no column to decide on, so there is no program`);
  const stages = asked.solution.stages.map(({ stage }) => stage);
  for (const stage of stages) {
    const name = classes.get(stage) ?? `stage-${stage}`;
    const file = stages.length === 1 ? out : out.replace(/(\.[a-z]+(?:\.gz)?)$/, `.${name}$1`);
    const program = stageProgram(asked.model, { name, stage, granted: asked.solution.granted });
    await saveText(file, writeProgram(program, format).text);
    io.err(`${file}: the program of class ${name}`);
  }
}
