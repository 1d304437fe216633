// `annona policy keygen` and `sign`: a key pair, and a built bundle as one signed file for a server.
// Invariant: a private key is written for its owner alone, and never over another file.
import { readFile, writeFile } from 'node:fs/promises';
import { type PolicyBundle, PolicyRefused } from '../../../policies/index.ts';
import {
  newSigningKey,
  type PolicyVectors,
  parseVectors,
  readBundle,
  signBundle,
} from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { readJson } from './sources.ts';

export async function keygen(
  name: string,
  options: { readonly json?: boolean },
  io: CommandIo,
): Promise<number> {
  const { id, privateKey, publicKey } = newSigningKey();
  const files = { private: `${name}.key.pem`, public: `${name}.pub.pem` };
  await writeNew(files.private, privateKey, 0o600);
  await writeNew(files.public, publicKey, 0o644);
  if (options.json) io.out(JSON.stringify({ key: id, ...files }));
  else {
    io.out(`${files.private}: keep it where policies are built, and nowhere else`);
    io.out(`${files.public}: key ${id}; a server trusts it by ANNONA_POLICY_KEYS=${files.public}`);
  }
  return EXIT.done;
}

export interface SignOptions {
  readonly key: string;
  readonly output?: string;
  readonly vectors?: string;
  readonly json?: boolean;
}

export async function sign(where: string, options: SignOptions, io: CommandIo): Promise<number> {
  const prefix = where.replace(/\.(?:wasm|manifest\.json)$/, '');
  const bundle = await readBundle(prefix).catch((error: Error) => {
    if (error instanceof PolicyRefused || 'syscall' in error)
      throw new CommandError(error.message, EXIT.usage);
    throw error;
  });
  const vectors = options.vectors === undefined ? undefined : await vectorsOf(options.vectors);
  const file = await writeSigned({ bundle, vectors, key: options.key, output: options.output ?? prefix });
  const { revision } = bundle.manifest;
  if (options.json) io.out(JSON.stringify({ revision, file }));
  else io.out(`${file}: revision ${revision.slice(0, 12)}, ${vectors?.cases.length ?? 0} vectors, signed`);
  return EXIT.done;
}

/** Answers the name of the file. */
export async function writeSigned(what: {
  readonly bundle: PolicyBundle;
  readonly vectors: PolicyVectors | undefined;
  readonly key: string;
  readonly output: string;
}): Promise<string> {
  const { bundle, vectors, key, output } = what;
  const file = `${output.replace(/\.bundle\.json$/, '')}.bundle.json`;
  let text: string;
  try {
    text = signBundle({ bundle, vectors, privateKey: await readFile(key, 'utf8') });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${key}: ${why}; annona policy keygen makes a pair`, EXIT.usage);
  }
  await writeFile(file, text);
  return file;
}

async function vectorsOf(file: string): Promise<PolicyVectors> {
  try {
    return parseVectors(await readJson(file));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}

async function writeNew(file: string, text: string, mode: number): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode }).catch((error: Error) => {
    throw new CommandError(`${error.message}; a key is never overwritten`, EXIT.usage);
  });
}
