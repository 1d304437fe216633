// What `eval`, `explain`, `diff` and `impact` ask: a bundle, built from a folder or as it stands, and what it knows of the organisation.
// Invariant: a folder is compiled by the compiler that builds; data come from one place, named in the error where there is none.
import { statSync } from 'node:fs';
import { type PolicyBundle, PolicyRefused } from '../../../policies/index.ts';
import {
  type PolicyCompiler,
  type PolicyVectors,
  policyCompiler,
  readBundle,
} from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { author, bundleOf, type ReadOptions, readJson } from './sources.ts';

export interface DataOptions extends ReadOptions {
  /** JSON file: what the policies know of the organisation. */
  readonly data?: string;
  /** Folder of an organisation, whose limits they are to judge by. */
  readonly directory?: string;
}

export interface Subject {
  readonly bundle: PolicyBundle;
  /** Those of the folder, or those that were asked for. */
  readonly vectors: Partial<Pick<PolicyVectors, 'data' | 'row'>>;
}

/** Undefined after the problems of the sources have been printed. */
export async function subjectAt(
  where: string,
  options: ReadOptions & { readonly compiler?: PolicyCompiler },
  io: CommandIo,
): Promise<Subject | undefined> {
  const isFolder = statSync(where, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) {
    const bundle = await storedBundle(where);
    const vectors = options.vectors === undefined ? {} : await readJson(options.vectors);
    return { bundle, vectors: vectors as Subject['vectors'] };
  }
  const authored = await author([where], options, io);
  try {
    const answer = await authored.ask('build');
    return answer && { bundle: bundleOf(answer), vectors: authored.vectors ?? {} };
  } finally {
    await authored.close();
  }
}

/** Two of them, by one compiler: starting it costs more than what it is asked. */
export async function subjectsAt(
  wheres: { readonly old: string; readonly new: string },
  options: ReadOptions,
  io: CommandIo,
): Promise<{ readonly old: Subject; readonly new: Subject } | undefined> {
  const compiler = policyCompiler();
  try {
    const older = await subjectAt(wheres.old, { ...options, compiler }, io);
    const newer = older && (await subjectAt(wheres.new, { ...options, compiler }, io));
    return older && newer && { old: older, new: newer };
  } finally {
    await compiler.close();
  }
}

/** Of --data, of --directory, else of the first vectors that have some. */
export async function dataOf(
  options: DataOptions,
  subjects: readonly Subject[],
  io: CommandIo,
): Promise<unknown> {
  if (options.data !== undefined && options.directory !== undefined)
    throw new CommandError(
      '--data and --directory both say what the organisation is: leave out one',
      EXIT.usage,
    );
  if (options.data !== undefined) return readJson(options.data);
  if (options.directory !== undefined) {
    const { readOneCell } = await import('../organisationFile.ts');
    const { policyDataOf } = await import('../../policyData.ts');
    return policyDataOf((await readOneCell(options.directory, io)).configuration);
  }
  const data = subjects.map(({ vectors }) => vectors.data).find((one) => one !== undefined);
  if (data !== undefined) return data;
  throw new CommandError(
    'the policies need to know the organisation: --directory DIR, --data FILE, or a vectors.json with data',
    EXIT.usage,
  );
}

async function storedBundle(where: string): Promise<PolicyBundle> {
  const prefix = where.replace(/\.(wasm|manifest\.json)$/, '');
  try {
    return await readBundle(prefix);
  } catch (error) {
    if (error instanceof PolicyRefused || (error instanceof Error && 'syscall' in error))
      throw new CommandError(
        `${error.message}; want a folder of policies or what annona policy build wrote`,
        EXIT.usage,
      );
    throw error;
  }
}
