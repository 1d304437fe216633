// `annona policy check`: everything that is wrong with the sources, at once. Called by index.ts.
import { type CommandIo, EXIT } from '../io.ts';
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
    const rules = answer.rules ?? [];
    if (options.json) io.out(JSON.stringify({ problems: [], rules }));
    else
      io.out(
        `in order: ${rules.length} ${rules.length === 1 ? 'code' : 'codes'} (${rules.map((rule) => rule.code).join(', ')})`,
      );
    return EXIT.done;
  } finally {
    await authored.close();
  }
}
