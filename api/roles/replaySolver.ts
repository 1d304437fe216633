// The solver of a replay: in this process, where nothing waits for an answer. The same answers as the server's children, byte for byte.

export { createInProcessSolver as createReplaySolver } from '../../solver/node.ts';
