// The machine's clocks, for commands.
export { now, startStopwatch } from '../../adapters/system/clock.ts';
