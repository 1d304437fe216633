// `annona policy …`: the commands of policy authors, offline ones here, those against a server from ../remote. Called by main.ts.
// Invariant: a command loads its own module alone, so that --help starts no compiler.
import type { Command } from 'commander';
import type { CommandIo } from '../io.ts';
import { POLICY } from '../remote/policy.ts';
import { addCommand, CONNECTION_OPTIONS } from '../remote/spec.ts';

interface Given {
  readonly io: CommandIo;
  readonly done: (exitCode: number) => void;
}

export function addPolicy(program: Command, given: Given): void {
  const policy = program
    .command('policy')
    .description(
      'write, check, test, build, sign and question policies in Rego, with no other tool; bring them to a server, compare, activate, go back',
    );
  addWriting(policy, given);
  addTesting(policy, given);
  addAsking(policy, given);
  addComparing(policy, given);
  addSigning(policy, given);
  for (const spec of POLICY) addCommand(policy, { ...spec, path: `policy ${spec.name}` }, given);
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
    .option('--sign <key>', 'write FILE.bundle.json too, signed with this private key: what a server takes')
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
      .option('--directory <path>', 'judge by the organisation in this folder')
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

function addComparing(policy: Command, { io, done }: Given): void {
  const BUNDLE = 'a folder of policies, or a bundle that policy build wrote';
  policy
    .command('diff')
    .description(
      'who is newly allowed or denied, with the simplest row of each; exit code 7 if somebody is newly allowed',
    )
    .argument('<old>', BUNDLE)
    .argument('<new>', BUNDLE)
    .option('--directory <path>', 'compare under the organisation in this folder')
    .option('--data <file>', 'JSON file with what the policies know of the organisation')
    .option('--vectors <file>', 'take the data of these vectors')
    .option('--fields <number>', 'in how many fields a row may differ from the usual one, 1 to 4', '2')
    .option('--rows <number>', 'stop after so many rows', '2000000')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  npx annona policy diff policies/rego/default my-default.wasm --directory examples/acme',
    )
    .action(async (older, newer, options) =>
      done(await (await import('./diff.ts')).diff({ old: older, new: newer }, options, io)),
    );
  const impact = policy
    .command('impact')
    .description('what another policy would have decided of requests that were made, by department and rule')
    .argument('<old>', BUNDLE)
    .argument('<new>', BUNDLE)
    .option('--record <file>', 'what annona record wrote; without it a running server is asked')
    .option('--last <number>', 'of a server: so many of the newest requests, at most 10000', '1000')
    .option('--organisation <path>', 'judge by the organisation in this folder instead of the recorded one')
    .option('--data <file>', 'JSON file with what the policies know of the organisation instead')
    .option('--json', 'one JSON object');
  for (const { flags, description } of CONNECTION_OPTIONS)
    if (!flags.startsWith('--json')) impact.option(flags, description);
  impact
    .addHelpText(
      'after',
      '\nExamples:\n  npx annona policy impact old.wasm new.wasm --record requests.json\n  npx annona policy impact policies/rego my-policies --as operator@operations',
    )
    .action(async (older, newer, options) =>
      done(await (await import('./impact.ts')).impact({ old: older, new: newer }, options, io)),
    );
}

function addSigning(policy: Command, { io, done }: Given): void {
  policy
    .command('keygen')
    .description('a key pair (Ed25519) to sign bundles with: NAME.key.pem and NAME.pub.pem')
    .argument('<name>', 'of the two files')
    .option('--json', 'one JSON object: key and files')
    .addHelpText('after', '\nExample:\n  npx annona policy keygen policies')
    .action(async (name, options) => done(await (await import('./sign.ts')).keygen(name, options, io)));
  policy
    .command('sign')
    .description('a built bundle as one signed file: FILE.bundle.json')
    .argument('<file>', 'a module that `annona policy build` wrote, with its manifest beside it')
    .requiredOption('--key <file>', 'the private key')
    .option('--vectors <file>', 'vectors that a server holds the bundle to before it is active')
    .option('-o, --output <file>', 'another name')
    .option('--json', 'one JSON object: revision and file')
    .addHelpText(
      'after',
      '\nExample:\n  npx annona policy sign my-policies.wasm --key policies.key.pem --vectors my-policies/vectors.json',
    )
    .action(async (file, options) => done(await (await import('./sign.ts')).sign(file, options, io)));
}
