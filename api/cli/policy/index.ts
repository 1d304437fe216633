// `annona policy …`: the commands of policy authors, all offline. Called by main.ts.
// Invariant: a command loads its own module alone, so that --help starts no compiler.
import type { Command } from 'commander';
import type { CommandIo } from '../io.ts';

interface Given {
  readonly io: CommandIo;
  readonly done: (exitCode: number) => void;
}

export function addPolicy(program: Command, given: Given): void {
  const policy = program
    .command('policy')
    .description(
      'write, check, test, build and question policies in Rego; no server and no other tool is needed',
    );
  addWriting(policy, given);
  addTesting(policy, given);
  addAsking(policy, given);
}

const PATHS = 'folders or .rego files';

function addWriting(policy: Command, { io, done }: Given): void {
  policy
    .command('init')
    .description('a first policy with a test, vectors and comments that teach')
    .argument('<directory>', 'where; made if it is not there')
    .addHelpText('after', '\nExample:\n  npx annona policy init my-policies')
    .action(async (directory) => done(await (await import('./init.ts')).init(directory, io)));
  policy
    .command('check')
    .description(
      'everything that is wrong, as file:line:column with what to do: syntax, strict mode, builtins, METADATA, fields',
    )
    .argument('<paths...>', PATHS)
    .option('--json', 'one JSON object: problems and rules')
    .addHelpText('after', '\nExample:\n  npx annona policy check my-policies')
    .action(async (paths, options) => done(await (await import('./check.ts')).check(paths, options, io)));
  policy
    .command('build')
    .description('check, test, then write FILE.wasm, FILE.manifest.json and FILE.verdict.rego')
    .argument('<paths...>', PATHS)
    .requiredOption('-o, --output <file>', 'the module; the other two stand beside it')
    .option('--vectors <file>', 'vectors elsewhere than in vectors.json below the paths')
    .option('--coverage <percent>', 'write nothing if the Rego tests touch less of the lines')
    .option('--json', 'one JSON object: revision, digest, codes')
    .addHelpText(
      'after',
      '\nExample:\n  npx annona policy build my-policies -o my-policies.wasm --coverage 90',
    )
    .action(async (paths, options) => done(await (await import('./build.ts')).build(paths, options, io)));
}

function addTesting(policy: Command, { io, done }: Given): void {
  policy
    .command('test')
    .description('run test_ rules and vectors on the WebAssembly that production runs')
    .argument('<paths...>', PATHS)
    .option('--vectors <file>', 'vectors elsewhere than in vectors.json below the paths')
    .option('--filter <text>', 'only tests and vectors with this in their name')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  npx annona policy test my-policies --filter purpose')
    .action(async (paths, options) => done(await (await import('./test.ts')).test(paths, options, io)));
  policy
    .command('coverage')
    .description('which lines the Rego tests touch, by OPA’s interpreter')
    .argument('<paths...>', PATHS)
    .option('--vectors <file>', 'vectors elsewhere than in vectors.json below the paths')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  npx annona policy coverage my-policies')
    .action(async (paths, options) =>
      done(await (await import('./coverage.ts')).coverage(paths, options, io)),
    );
}

function addAsking(policy: Command, { io, done }: Given): void {
  const asking = (name: string, description: string): Command =>
    policy
      .command(name)
      .description(description)
      .argument('<where>', 'a folder of policies, or a bundle that policy build wrote')
      .argument(
        '[request]',
        'JSON file with the row, or the fields in which it differs from that of the vectors',
        '-',
      )
      .option('--data <file>', 'JSON file with what the policies know of the organisation')
      .option('--vectors <file>', 'take data and the usual row from these vectors')
      .option('--json', 'one JSON object: verdict and rules');
  asking('eval', 'judge one request: allow or deny, and the codes')
    .addHelpText(
      'after',
      `\nExample:\n  echo '{"durationSeconds": 7000}' | npx annona policy eval my-policies`,
    )
    .action(async (where, request, options) =>
      done(await (await import('./evaluate.ts')).evaluate({ where, request }, options, io)),
    );
  asking(
    'explain',
    'every rule on one request: hit or clean, wanted, limit, field, remedy; and the rows that the bundle adds to the program',
  )
    .option('--constraints', 'the rows alone; no request is read')
    .addHelpText(
      'after',
      `\nExample:\n  npx annona policy explain my-policies.wasm request.json --data organisation.json`,
    )
    .action(async (where, request, options) =>
      done(await (await import('./evaluate.ts')).explainRequest({ where, request }, options, io)),
    );
}
