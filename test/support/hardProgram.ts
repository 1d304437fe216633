// A market split program: small, always with a point, and out of reach of branch and bound (Cornuejols and Dawande, IPCO 1998).
// Used where a solve must still be running when something happens to it.
import { type Program, readProgram } from '../../solver/index.ts';

/** `rows` customers' demands to be split in halves over 0/1 columns; the objective is what is left over. */
export function hardProgramText({ rows = 6, columns = 50, seed = 1 } = {}): string {
  let state = seed;
  const draw = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 65536) % 100;
  };
  const lines = Array.from({ length: rows }, (_, i) => {
    const weights = Array.from({ length: columns }, draw);
    const half = Math.floor(weights.reduce((sum, weight) => sum + weight, 0) / 2);
    return ` r${i}: ${weights.map((weight, j) => `${weight} x${j}`).join(' + ')} + over${i} - under${i} = ${half}`;
  });
  const rest = Array.from({ length: rows }, (_, i) => `over${i} + under${i}`).join(' + ');
  return `min\n left: ${rest}\nst\n${lines.join('\n')}\nbin\n ${Array.from({ length: columns }, (_, j) => `x${j}`).join(' ')}\nend\n`;
}

export function hardProgram(): Program {
  const read = readProgram(hardProgramText(), 'lp');
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read.program;
}
