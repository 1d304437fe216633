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
  readonly configuration: Configuration;
  /** The files as they were read, for the weeks and months to come. */
  readonly texts: readonly OrganisationText[];
}

export async function readOrganisation(directory: string, io: CommandIo): Promise<OrganisationRead> {
  const texts = await readFiles(directory);
  const loaded = parseOrganisation(texts, { now: now(), digest: sha256 });
  if (loaded.ok) return { configuration: loaded.configuration, texts };
  for (const problem of loaded.problems) io.err(problemLine(problem));
  throw new CommandError(
    `${directory}: ${loaded.problems.length === 1 ? 'one problem' : `${loaded.problems.length} problems`}; docs/organisation.md describes the tree, examples/acme is one`,
    EXIT.usage,
  );
}
