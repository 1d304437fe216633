// The content address of a configuration: equal organisations have equal revisions, whoever made them. Called by the organisation
// loader and by commands/edit.ts, so that an edit and a file that say the same are the same.

import canonicalize from 'canonicalize';
import type { Digest } from '../ports.ts';
import type { Configuration } from './configuration.ts';

export type UnrevisedConfiguration = Omit<Configuration, 'revision'>;

/** 64 bits of SHA-256 over the canonical JSON (RFC 8785): short enough for a log line, and nobody chooses organisations to collide. */
export function revisionOf(configuration: UnrevisedConfiguration, digest: Digest): string {
  return `cfg_${digest([canonicalize(configuration)!]).slice(0, 16)}`;
}
