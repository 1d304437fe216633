// The command line: parses, loads the one command that was asked for, turns failures into one line and an exit code.
// Invariant: `annona --help` loads no server code. Called by annona.js; tests call `run` with their own io.

import { Argument, Command, CommanderError } from 'commander';
import { ConfigError } from '../config.ts';
import { StartRefused } from '../roles/startRefused.ts';
import { packageVersion } from '../version.ts';
import { completionScript, SHELLS } from './completion.ts';
import { CommandError, type CommandIo, EXIT, processIo } from './io.ts';
import { addPolicy } from './policy/index.ts';
import { addRemote } from './remote/index.ts';

export async function run(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = newProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(['node', 'annona', ...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof ConfigError) {
      io.err(`annona: ${error.message}`);
      return EXIT.usage;
    }
    if (error instanceof CommandError) {
      io.err(`annona: ${error.message}`);
      return error.exitCode;
    }
    if (error instanceof StartRefused) {
      io.err(`annona: ${error.message}`);
      return error.obstacle === 'database' ? EXIT.unreachable : EXIT.failed;
    }
    io.err(`annona: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return EXIT.failed;
  }
}

type Finish = (exitCode: number) => void;

function newProgram(io: CommandIo, finish: Finish): Command {
  const program = new Command('annona')
    .description('Decides who gets scarce things, and can prove why.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    })
    .showHelpAfterError('(annona --help lists the commands; annona help COMMAND explains one)');
  addServing(program, io, finish);
  addTopics(program, io, finish);
  addOffline(program, io, finish);
  addPolicy(program, { io, done: finish });
  addRemote(program, { io, done: finish });
  addCompletion(program, io);
  return program;
}

function addServing(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('start')
    .description(
      'everything in one process: embedded PostgreSQL, the acme organisation, API, scheduler and a minute of sample agents',
    )
    .option('--reset', 'throw the data away and start over')
    .option('--port <number>', 'first port to try; the next free one is taken', '7400')
    .option('--directory <path>', 'where data lives', '.annona')
    .option('--organisation <path>', 'the organisation to load', 'examples/acme')
    .option('--engine <name>', 'highs, or glpk where it is installed')
    .option('--sample-seconds <number>', 'how long sample agents work; 0 for none', '60')
    .option('--exit-after-sample', 'stop when the sample agents are done instead of serving on')
    .addHelpText(
      'after',
      '\nExamples:\n  npm start\n  npm start -- --reset\n  npx annona start --port 8000 --sample-seconds 0',
    )
    .action(async (options) => finish(await (await import('./start.ts')).start(options, io)));
  program
    .command('serve')
    .description(
      'a production process: API and scheduler, or one role of them, on the PostgreSQL that DATABASE_URL names',
    )
    .option(
      '--role <names...>',
      'what this process is for, of api, scheduler, relay and worker; all without it',
    )
    .option('--port <number>', 'port to listen on; busy is an error')
    .option('--engine <name>', 'highs, or glpk where it is installed')
    .option(
      '--organisation <path>',
      'load this organisation before serving; without it the stored one is used',
    )
    .addHelpText(
      'after',
      '\nExample:\n  DATABASE_URL=postgres://annona@db/annona npx annona serve --organisation examples/acme',
    )
    .action(async (options) => finish(await (await import('./serve.ts')).serve(options, io)));
  program
    .command('token')
    .description('a development credential for the server that `annona start` runs')
    .option('--agent <id>', 'act as this agent')
    .option(
      '--role <role>',
      'agent, department-head, reviewer, policy-author, operator, auditor or administrator',
    )
    .option('--department <id>', 'department of a role that is no agent')
    .option('--hours <number>', 'hours until it expires', '12')
    .option('--directory <path>', 'where the server keeps its data', '.annona')
    .option('--json', 'one JSON object instead of the bare token')
    .addHelpText(
      'after',
      '\nExamples:\n  npx annona token --agent forge-01\n  npx annona token --role operator --department operations',
    )
    .action(async (options) => finish(await (await import('./token.ts')).token(options, io)));
}

function addTopics(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('topics')
    .description('the topics that decisions are relayed to: create')
    .command('create')
    .description(
      'create the Kafka topics of each department and of the auditors on KAFKA_BROKERS, where they are absent',
    )
    .option('--organisation <path>', 'whose departments', 'examples/acme')
    .option('--partitions <number>', 'of each topic: as many members of a group can share the work', '6')
    .option('--replicas <number>', 'of each partition', '3')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 npx annona topics create --organisation examples/acme',
    )
    .action(async (options) => finish(await (await import('./topics.ts')).createTopics(options, io)));
}

function addOffline(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('tick')
    .description('decide one tick file offline: decisions, reasons and the certificate')
    .argument('<file>', 'a tick file, as docs/tick-file.md describes; - for standard input')
    .option('--engine <name>', 'highs, or glpk where it is installed')
    .option('--json', 'one JSON object')
    .option('--offers', 'what those who wait could have at once instead')
    .option('--write-model <path>', 'write its integer program there too: .mps, .lp or .json')
    .addHelpText(
      'after',
      '\nExamples:\n  npx annona tick examples/ticks/contended.json\n  npx annona tick examples/ticks/contended.json --offers',
    )
    .action(async (file, options) => finish(await (await import('./tick.ts')).tick(file, options, io)));
  addSolve(program, io, finish);
  addSimulate(program, io, finish);
  program
    .command('replay-trace')
    .description(
      'turn a public trace into pools and HTTP submissions by many agents against a server of its own',
    )
    .requiredOption('--format <name>', 'trace format: openb')
    .requiredOption('--nodes <file>', 'node list')
    .requiredOption('--pods <file>', 'pod list')
    .option('--speed <number>', 'trace seconds per second', '40000')
    .option('--agents <number>', 'how many agents submit', '600')
    .option('--limit <number>', 'only the first so many pods')
    .option('--placement <name>', 'models: their nodes summed; nodes: every pod on one node', 'models')
    .option('--json', 'the summary as one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  npx annona replay-trace --format openb --nodes "$ANNONA_DATA/openb/openb_node_list_gpu_node.csv" \\\n    --pods "$ANNONA_DATA/openb/openb_pod_list_default.csv" --speed 40000 --agents 600',
    )
    .action(async (options) => finish(await (await import('./replayTrace.ts')).replayTrace(options, io)));
}

/** What commands that read a trace share. */
function onTrace(command: Command): Command {
  return command
    .option('--trace <file>', 'jobs, as docs/simulations.md describes them; may be packed with gzip')
    .option('--format <name>', 'swf, openb, philly, gavel or annona; recognised when it is not said')
    .option('--capacity <pools>', '100, cpu=100, gpu:a100=8@250,gpu:t4=16, or a node list of openb')
    .option('--department <name>', 'only the jobs of this one')
    .option('--limit <number>', 'only the first so many jobs')
    .option('--throughputs <file>', 'of a gavel trace: steps a second by type and GPU')
    .option('--gpu-model <name>', 'of a gavel trace: whose throughputs', 'v100')
    .option('--json', 'one JSON object');
}

function addSimulate(program: Command, io: CommandIo, finish: Finish): void {
  onTrace(program.command('simulate').argument('[scenario]', 'a YAML file, instead of --trace'))
    .description(
      'run a trace through the production tick and the schedulers of the literature, in virtual time',
    )
    .option(
      '--scheduler <names>',
      'separated by commas: annona, fcfs, easy, sjf, priority, drf, bestfit, fgd',
      'annona,easy,fcfs',
    )
    .option('--seed <number>', 'of the first of several runs', '1')
    .option('--repeat <number>', 'runs a scheduler; more than one move each submit by up to a minute', '1')
    .option('--history <file>', 'instead of --trace: what annona record took home, to be decided again')
    .option('--organisation <directory>', 'whose agents ask and whose pools there are, as for annona serve')
    .option(
      '--policies <paths>',
      'separated by commas: folders, built bundles or shipped; annona runs under each, and the first is compared with the others',
    )
    .option('--jobs <number>', 'runs at the same time', '1')
    .option('--report <file>', 'write a page with charts there, which needs nothing else')
    .option('--open', 'show the page, which is simulation.html if --report does not say another place')
    .option('--csv <file>', 'write one line a run there')
    .addHelpText(
      'after',
      '\nExamples:\n  npx annona simulate --trace "$ANNONA_DATA/swf/KTH-SP2-1996-2.1-cln.swf.gz" --scheduler fcfs,easy,annona\n  npx annona simulate --trace jobs.swf --capacity 256 --scheduler easy,annona --repeat 5 --jobs 2 --report report.html',
    )
    .action(async (scenario, options) =>
      finish(await (await import('./simulate.ts')).simulate(scenario, options, io)),
    );
  onTrace(program.command('plan'))
    .description('the smallest capacity that meets targets on a trace, found by simulations')
    .requiredOption(
      '--target <bounds>',
      'separated by commas: mean-wait, p50-wait, p95-wait, p99-wait, max-wait, slowdown, utilisation, budget; of a department as in p95-wait@research=1h',
    )
    .option(
      '--scheduler <name>',
      'one of those of simulate; annona takes a minute a simulation of 28,000 jobs',
      'easy',
    )
    .option('--least <units>', 'of every pool; by default what the largest job asks for')
    .option('--most <units>', 'of every pool; by default eight times what the trace ran on')
    .option('--growth <percent>', 'of demand a month, as in 3%: how many months the answer lasts')
    .addHelpText(
      'after',
      '\nExample:\n  npx annona plan --trace "$ANNONA_DATA/swf/KTH-SP2-1996-2.1-cln.swf.gz" --target p95-wait=10m --growth 3%',
    )
    .action(async (options) => finish(await (await import('./plan.ts')).plan(options, io)));
}

function addSolve(program: Command, io: CommandIo, finish: Finish): void {
  program
    .command('solve')
    .description('solve a mixed-integer linear program: MPS, CPLEX LP or JSON, also packed with gzip')
    .argument('<file>', 'a program, as docs/solve.md describes it; - for standard input')
    .option(
      '--engine <name>',
      'anytime (a plan at once and a proven gap), highs (until it is proved), or glpk where it is installed',
      'anytime',
    )
    .option('--work <number>', 'anytime: units of counted work; highs: nodes')
    .option('--time-limit <seconds>', 'stop then, with the best so far')
    .option('--solution', 'the value of every column too')
    .option('--explain', 'when there is no solution: the smallest set of rows and bounds that clash')
    .option('--write <path>', 'write the program there as .mps, .lp or .json instead of solving it')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  npx annona solve plant.mps --engine highs --time-limit 60\n  npx annona solve plant.lp.gz --json --solution\n  npx annona solve plant.mps --write plant.lp',
    )
    .action(async (file, options) => finish(await (await import('./solve.ts')).solve(file, options, io)));
}

function addCompletion(program: Command, io: CommandIo): void {
  program
    .command('completion')
    .description('a script that lets the shell complete commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(annona completion bash)\n  annona completion fish > ~/.config/fish/completions/annona.fish',
    )
    .action((shell) => io.out(completionScript(program, shell)));
}
