// The job `report`: usage of a span of time in groups, as GET /v1/usage counts it, for spans that a call has no time for.
// Called by runners.ts.

import type { Instant } from '../../../scheduler/index.ts';
import { parseInstant } from '../../http/time.ts';
import { moneyRoots, usageCsv, usageJson } from '../../http/usage.ts';
import type {
  ConfigurationStore,
  SideJobRunner,
  UsageDimension,
  UsageQuery,
  UsageReader,
} from '../../ports.ts';
import { SideJobInputError } from './inputError.ts';

export interface ReportInput {
  readonly by?: readonly UsageDimension[];
  readonly from: string;
  readonly to: string;
  readonly format?: 'json' | 'csv';
}

export interface ReportPorts {
  readonly usage: UsageReader;
  readonly configuration: Pick<ConfigurationStore, 'current'>;
  readonly now: () => Instant;
}

export function createReport({ usage, configuration, now }: ReportPorts): SideJobRunner {
  return {
    async run(input, { cell, scope, progress, write }) {
      const { by = ['department'], from, to, format = 'json' } = input as ReportInput;
      const span = { from: parseInstant(from) ?? 0, to: Math.min(now(), parseInstant(to) ?? 0) };
      if (span.from >= span.to) throw new SideJobInputError('`from` must lie before `to` and now');
      progress(0, 1);
      const roots = moneyRoots(await configuration.current(cell));
      const query: UsageQuery = { cell, by, ...span, roots };
      const rows = await usage.usage(scope, query);
      await write(
        format === 'csv' ? usageCsv(query, rows) : `${JSON.stringify(usageJson(query, rows), null, 2)}\n`,
      );
      progress(1, 1);
      const contentType = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json';
      return { fileName: `usage.${format}`, contentType };
    },
  };
}
