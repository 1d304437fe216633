// `annona policy check`: everything that is wrong with the sources, at once. Called by index.ts.
import { type CommandIo, EXIT } from '../io.ts';
import { counted } from './print.ts';
import { author } from './sources.ts';

export async function check(
  paths: readonly string[],
  options: { readonly json?: boolean },
  io: CommandIo,
): Promise<number> {
  const authored = await author(paths, options, io);
  try {
    const answer = await authored.ask('check');
    if (!answer) return EXIT.checkFailed;
    const { rules = [], constraints = [] } = answer;
    const listed = (count: string, list: readonly { readonly code: string }[]): string =>
      `${count} (${list.map(({ code }) => code).join(', ')})`;
    if (options.json) io.out(JSON.stringify({ problems: [], rules, constraints }));
    else {
      const also =
        constraints.length === 0 ? '' : `, ${listed(counted(constraints, 'constraint'), constraints)}`;
      io.out(`in order: ${listed(counted(rules, 'code'), rules)}${also}`);
    }
    return EXIT.done;
  } finally {
    await authored.close();
  }
}
