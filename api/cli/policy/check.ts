// `annona policy check`: everything that is wrong with the sources, at once. Called by index.ts.
import { obligationProblem, type PolicyRule } from '../../../policies/index.ts';
import type { PolicyProblem } from '../../../policies/node.ts';
import { type CommandIo, EXIT } from '../io.ts';
import { counted, printProblems } from './print.ts';
import { type Authored, author } from './sources.ts';

/** Duties that no version of the scheduler could fulfil: such a rule would deny whatever it hits. */
export function dutyProblems(
  authored: Pick<Authored, 'problemAt'>,
  rules: readonly PolicyRule[],
): PolicyProblem[] {
  return rules.flatMap((rule) => {
    const problem = rule.obligation ? obligationProblem(rule.obligation) : null;
    return problem === null ? [] : [authored.problemAt(rule.code, problem)];
  });
}

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
    const unknown = dutyProblems(authored, rules);
    if (unknown.length > 0) {
      printProblems(unknown, { io, json: options.json === true });
      return EXIT.checkFailed;
    }
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
