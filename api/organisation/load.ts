// The organisation tree, read whole: a Configuration with its revision, or every problem at once. Called by the CLI and the roles.
// Invariant: the tree is never half accepted, and nothing that it can contain makes this throw.

import { type Configuration, type Digest, type Instant, revisionOf } from '../../scheduler/index.ts';
import { divide } from './cells.ts';
import { checkSections } from './check.ts';
import { expandSections } from './expand.ts';
import { type OrganisationText, readOrganisation } from './files.ts';
import { type Problem, sortProblems } from './problem.ts';
import type { ShapedSource } from './raw.ts';
import type { OrganisationFile } from './schema.ts';
import { gatherSections } from './sections.ts';
import { compileShape } from './shape.ts';
import { parseSource } from './source.ts';

export type LoadedOrganisation =
  | {
      readonly ok: true;
      /** Of the tree's one cell, or of the first of several. */
      readonly configuration: Configuration;
      /** One a cell, in the order of their ids. */
      readonly cells: readonly Configuration[];
      /** The tree as it was written, by file, unexpanded. */
      readonly document: Readonly<Record<string, OrganisationFile>>;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface LoadOptions {
  /** Calendars and months are expanded from this day on. */
  readonly now: Instant;
  readonly digest: Digest;
  /** Where the files come from; the file system when absent. */
  readonly read?: (directory: string) => Promise<readonly OrganisationText[]>;
}

export async function loadOrganisation(directory: string, options: LoadOptions): Promise<LoadedOrganisation> {
  const texts = await (options.read ?? readOrganisation)(directory);
  return parseOrganisation(texts, options);
}

/** The same from texts in memory. An empty tree is a problem, placed in the file that should be there. */
export function parseOrganisation(
  texts: readonly OrganisationText[],
  { now, digest }: Pick<LoadOptions, 'now' | 'digest'>,
): LoadedOrganisation {
  const sources: ShapedSource[] = [];
  const problems: Problem[] = [];
  if (texts.length === 0) {
    const message = 'no .yaml file in the directory, or no such directory';
    return { ok: false, problems: [{ file: 'organisation.yaml', line: 1, column: 1, message }] };
  }
  const shapeOf = compileShape();
  for (const { file, ...content } of texts) {
    const parsed = parseSource(file, 'text' in content ? content.text : '');
    const fault =
      'fault' in content ? [{ file, line: 1, column: 1, message: content.fault }] : parsed.problems;
    const readable = parsed.readable && !('fault' in content);
    const shape = readable ? shapeOf(parsed.source) : { problems: [], broken: [] };
    problems.push(...fault, ...shape.problems);
    sources.push({ ...parsed, readable, broken: shape.broken });
  }
  const gathered = gatherSections(sources);
  problems.push(...gathered.problems, ...checkSections(gathered.sections, now));
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  const cells = divide(expandSections(gathered.sections, now), gathered.sections).map((part) => ({
    revision: revisionOf(part, digest),
    ...part,
  }));
  const document = Object.fromEntries(
    sources.map(({ source }) => [source.file, source.value as OrganisationFile]),
  );
  return { ok: true, configuration: cells[0]!, cells, document };
}
