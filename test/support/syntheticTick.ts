// The synthetic ticks of the benches, for tests: a bench may not look into test/.
export { type SyntheticTick, seededDraw, syntheticTick } from '../../bench/syntheticTick.ts';
