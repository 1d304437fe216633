// One stage answered: trivially where everything fits, greedily where no engine may be asked, else component by component.
// Invariant: components share no row; what each may work is fixed beforehand by size. Called by anytime.ts.
import { combine, partialProof } from './certificate.ts';
import type { Columns } from './columns.ts';
import { type ComponentAnswer, columnsIn, greedyAnswer, solveComponent } from './component.ts';
import { type Component, componentsOf } from './components.ts';
import type { Engine } from './engines/engine.ts';
import { grantedColumns, takeBest } from './fill.ts';
import type { Load } from './load.ts';
import type { Model } from './model.ts';
import type { StageView } from './presolve.ts';
import { cheapMultipliers } from './prices.ts';
import type { StageCertificate, StageMethod, WorkBudget } from './solution.ts';
import { type Meter, unitsFor } from './work.ts';

export interface StageTask {
  readonly model: Model;
  readonly columns: Columns;
  /** The frozen grants of earlier stages. */
  readonly load: Load;
  readonly view: StageView;
}

export interface StageAnswer {
  readonly method: StageMethod;
  readonly granted: readonly number[];
  readonly certificate: StageCertificate;
  /** `refused`: the engine answered a linear program with neither an optimum nor a work limit. */
  readonly ended: 'complete' | 'workLimit' | 'refused';
  /** Numerator per row of the model where a component was large enough to leave prices, else null. */
  readonly rowPrices: Float64Array | null;
}

export const NO_CERTIFICATE: StageCertificate = {
  derivedRows: [],
  proof: { multipliers: [], derivedMultipliers: [] },
  frozenDigest: '',
};

export const NOTHING_FITS: StageAnswer = {
  method: 'empty',
  granted: [],
  certificate: NO_CERTIFICATE,
  ended: 'complete',
  rowPrices: null,
};

/** Null where something does not fit, and where an excess that costs may grow: a second-best option may then be the better one. */
export function everythingFits({ model, columns, view, load }: StageTask): StageAnswer | null {
  for (const row of view.rows) if ((model.excessCost[columns.definedBy[row]!] ?? 0) > 0) return null;
  const granted = takeBest(model, view, load);
  return (
    granted && { method: 'fits', granted, certificate: NO_CERTIFICATE, ended: 'complete', rowPrices: null }
  );
}

export function answerGreedily(task: StageTask): StageAnswer {
  const components = componentsOf(task.model, task.columns, task.view);
  const answers = components.map(({ program }) => greedyAnswer(program, 'complete'));
  return assemble(task, components, answers);
}

export interface EngineRun {
  readonly engine: Engine;
  readonly meter: Meter;
  readonly budget: WorkBudget;
  /** Numerator per row of the model, from a solve before; null for a cold start. */
  readonly start: Float64Array | null;
  /** Told of every better plan of a stage that is one component, and of each stage's last. */
  readonly progress: ((answer: StageAnswer) => void) | null;
}

export function answerWithEngine(
  task: StageTask,
  { engine, meter, budget, start, progress }: EngineRun,
): StageAnswer {
  const components = componentsOf(task.model, task.columns, task.view);
  const shares = sharesOf(components, meter, budget);
  const answers: ComponentAnswer[] = [];
  for (const [i, component] of components.entries()) {
    const better = (answer: ComponentAnswer): void => {
      if (components.length === 1) progress?.(assemble(task, components, [answer]));
    };
    const from = start && Float64Array.from(component.rows, (row) => start[row]!);
    answers.push(
      solveComponent({ engine, program: component.program, meter: shares[i]!, start: from, better }),
    );
  }
  const answer = assemble(task, components, answers);
  progress?.(answer);
  return answer;
}

/** What each may work, fixed before any does: by size, and where size sets the budget, what it would have alone as long as that is there. */
function sharesOf(components: readonly Component[], meter: Meter, budget: WorkBudget): Meter[] {
  const bySize = budget.unitsPerColumn !== undefined;
  const wanted = components.map(({ program }) =>
    bySize ? unitsFor(budget, columnsIn(program)) : program.rows.length + program.columnCount,
  );
  const all = wanted.reduce((sum, units) => sum + units, 0);
  const whole = bySize ? Math.max(all, meter.left) : all;
  return wanted.map((units) => meter.share(whole > 0 ? units / whole : 0));
}

/** From best proved to least. */
const METHODS = ['exact', 'lp', 'core', 'greedy'] as const;

function assemble(
  { model, view }: StageTask,
  components: readonly Component[],
  answers: readonly ComponentAnswer[],
): StageAnswer {
  const counts = new Int32Array(view.optionShape.length);
  for (const [i, { plan }] of answers.entries()) {
    const { options } = components[i]!;
    for (let q = 0; q < options.length; q++) counts[options[q]!] = plan.counts[q]!;
  }
  const parts = answers.map((answer, i) => {
    const component = components[i]!;
    const fallback = (): Float64Array => cheapMultipliers(component.program);
    return {
      full: partialProof(view, component, { answer, fallback }),
      withoutTree: () => partialProof(view, component, { answer: { ...answer, tree: null }, fallback }),
    };
  });
  const ends = new Set(answers.map(({ ended }) => ended));
  return {
    method: METHODS.findLast((method) => answers.some((answer) => answer.method === method))!,
    granted: grantedColumns(model, view, counts),
    certificate: combine(parts),
    ended: ends.has('refused') ? 'refused' : ends.has('workLimit') ? 'workLimit' : 'complete',
    rowPrices: rowPricesOf(model, components, answers),
  };
}

function rowPricesOf(
  { rowCount }: Model,
  components: readonly Component[],
  answers: readonly ComponentAnswer[],
): Float64Array | null {
  let prices: Float64Array | null = null;
  for (const [i, { bounding }] of answers.entries()) {
    if (!bounding?.rowPrices) continue;
    prices ??= new Float64Array(rowCount);
    for (const [local, row] of components[i]!.rows.entries()) prices[row] = bounding.rowPrices[local]!;
  }
  return prices;
}
