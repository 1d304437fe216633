// The checker of the promises, where tests of every folder reach it. It stands in simulations/checkers/, since simulations hold it against themselves.
export { checkPromises, type PromiseName, type Violation, type Witnesses } from '../../simulations/index.ts';
