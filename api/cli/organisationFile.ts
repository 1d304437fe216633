// Reading the organisation that a command was given: a Configuration, or every problem on stderr and exit code 2.

import type { Configuration } from '../../scheduler/index.ts';
import {
  type OrganisationText,
  parseOrganisation,
  problemLine,
  readOrganisation as readFiles,
} from '../organisation/index.ts';
import { now } from '../roles/clock.ts';
import { sha256 } from '../roles/digest.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';

export interface OrganisationRead {
  /** One a cell. */
  readonly cells: readonly Configuration[];
  /** The files as they were read, for the weeks and months to come. */
  readonly texts: readonly OrganisationText[];
}

/** For commands that are about one cell. */
export async function readOneCell(
  directory: string,
  io: CommandIo,
): Promise<{ readonly configuration: Configuration; readonly texts: readonly OrganisationText[] }> {
  const { cells, texts } = await readOrganisation(directory, io);
  const [configuration, ...others] = cells;
  if (configuration !== undefined && others.length === 0) return { configuration, texts };
  throw new CommandError(
    `${directory} declares the cells ${cells.map(({ cell }) => cell).join(', ')}; this command is about one: use \`annona serve\`, or a tree with \`cell\``,
    EXIT.usage,
  );
}

export async function readOrganisation(directory: string, io: CommandIo): Promise<OrganisationRead> {
  const texts = await readFiles(directory);
  const loaded = parseOrganisation(texts, { now: now(), digest: sha256 });
  if (loaded.ok) return { cells: loaded.cells, texts };
  for (const problem of loaded.problems) io.err(problemLine(problem));
  throw new CommandError(
    `${directory}: ${loaded.problems.length === 1 ? 'one problem' : `${loaded.problems.length} problems`}; docs/organisation.md describes the tree, examples/acme is one`,
    EXIT.usage,
  );
}
