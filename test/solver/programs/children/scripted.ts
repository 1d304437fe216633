// A process that solves nothing: what it does instead is the program's name. Started by test/solver/programs/node.test.ts in place of
// solver/programs/child.ts.
interface Question {
  readonly program: { readonly name: string; readonly columnNames: readonly string[] };
}

process.on('disconnect', () => process.exit());
process.once('message', ({ program }: Question) => {
  const point = new Float64Array(program.columnNames.length);
  const best = { point, objective: 0, checked: 'exact' };
  const proven = { bound: 7, boundFrom: 'engine' };
  const news = (phase: string): void => {
    process.send!({ kind: 'news', news: { phase, best, proven, nodes: 12, seconds: 1 } });
  };
  switch (program.name) {
    case 'news, then nothing':
      news('search');
      break;
    case 'news of a clash, then nothing':
      process.send!({
        kind: 'news',
        news: { phase: 'explain', best: null, proven: null, nodes: 1, seconds: 1 },
      });
      break;
    case 'nothing':
      break;
    case 'death':
      news('search');
      process.exitCode = 3;
      process.disconnect();
      break;
    case 'broken':
      process.send!({ kind: 'broken', message: 'out of memory' });
      break;
    case 'a lie':
      process.send!({
        kind: 'answer',
        answer: { status: 'optimal', point: point.fill(99), objective: 990, bound: 990, notes: [] },
      });
      break;
    default:
      throw new Error(`no script for ${program.name}`);
  }
});
