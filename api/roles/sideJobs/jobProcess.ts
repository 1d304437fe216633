// The process of one side job, with the lowest priority: a tick never feels it, and a cancellation is the end of the process.
// Invariant: it reads with the scope of whoever asked, and writes its own result and nothing else. Forked by worker.ts.

import { createHash } from 'node:crypto';
import { constants, setPriority } from 'node:os';
import { openPostgres, type PostgresAdapter } from '../../../adapters/postgres/index.ts';
import type {
  Scope,
  SideJob,
  SideJobClaim,
  SideJobContext,
  SideJobFile,
  SideJobResult,
} from '../../ports.ts';
import { SideJobInputError } from './inputError.ts';
import type { FromJob, ToJob } from './messages.ts';
import { runnerOf } from './runners.ts';

const PART_BYTES = 256 * 1024;
/** Nobody waits at a screen for it. */
const READ_MS = 600_000;
/** What one job may leave in the database. */
const RESULT_BYTES_MAX = 64 * 1024 * 1024;

process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
process.once('message', (message: ToJob) => {
  setPriority(constants.priority.PRIORITY_LOW);
  void work(message).then((said) => process.send?.(said, undefined, undefined, () => process.exit(0)));
});

async function work({ job, claim, databaseUrl }: ToJob): Promise<FromJob> {
  let adapter: PostgresAdapter | null = null;
  try {
    adapter = await openPostgres({ url: databaseUrl, readConnectionsMax: 1, readTimeoutMs: READ_MS });
    return { type: 'done', result: await run(job, claim, adapter) };
  } catch (error) {
    const isInput = error instanceof SideJobInputError;
    return { type: 'failed', error: (error as Error).message, again: !isInput };
  } finally {
    await adapter?.close();
  }
}

async function run(job: SideJob, claim: SideJobClaim, adapter: PostgresAdapter): Promise<SideJobResult> {
  const runner = runnerOf(job.kind, adapter);
  const parts = new Parts((n, bytes) => adapter.sideJobBook.write(claim, n, bytes));
  const { department, cell } = job;
  const scope: Scope = { type: job.reach, department };
  const context: SideJobContext = {
    cell,
    scope,
    progress: (done, total) => void process.send?.({ type: 'progress', done, total } satisfies FromJob),
    write: (chunk) => parts.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
    nextFile: (named) => parts.next(named),
  };
  const named = await runner.run(job.input, context);
  const [{ firstPart: _, ...result }, ...files] = await parts.end(named);
  return files.length === 0 ? result : { ...result, files };
}

type Named = Pick<SideJobResult, 'fileName' | 'contentType'>;

/** Streams of chunks as rows of one size, one file after the other; a row holds bytes of one file. */
class Parts {
  readonly #keep: (n: number, bytes: Uint8Array) => Promise<boolean>;
  /** Null: the first, whose name comes last. */
  readonly #begun: { readonly named: Named | null; readonly firstPart: number }[] = [
    { named: null, firstPart: 0 },
  ];
  readonly #ended: Omit<SideJobFile, keyof Named | 'firstPart'>[] = [];
  #hash = createHash('sha256');
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #fileBytes = 0;
  #bytes = 0;
  #count = 0;

  constructor(keep: (n: number, bytes: Uint8Array) => Promise<boolean>) {
    this.#keep = keep;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.length;
    if (this.#bytes > RESULT_BYTES_MAX)
      throw new SideJobInputError('the result has more than 64 MB; ask for less at once');
    this.#fileBytes += chunk.length;
    this.#hash.update(chunk);
    this.#unwritten.push(chunk);
    this.#unwrittenBytes += chunk.length;
    if (this.#unwrittenBytes >= PART_BYTES) await this.#flush();
  }

  async next(named: Named): Promise<void> {
    await this.#endFile();
    this.#begun.push({ named, firstPart: this.#count });
  }

  /** All files; the first has the name that is given. */
  async end(first: Named): Promise<[SideJobFile, ...SideJobFile[]]> {
    await this.#endFile();
    const files = this.#begun.map(({ named, firstPart }, i) => {
      return { ...(named ?? first), firstPart, ...this.#ended[i]! };
    });
    return files as [SideJobFile, ...SideJobFile[]];
  }

  async #endFile(): Promise<void> {
    if (this.#unwrittenBytes > 0) await this.#flush();
    const parts = this.#count - this.#begun.at(-1)!.firstPart;
    this.#ended.push({ bytes: this.#fileBytes, sha256: this.#hash.digest('hex'), parts });
    this.#hash = createHash('sha256');
    this.#fileBytes = 0;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    if (!(await this.#keep(this.#count, bytes))) throw new Error('the job was taken from this process');
    this.#count += 1;
  }
}
