// What a scrape shows of the intake topic: its records by what became of them. Made by api/roles/kafkaIntake.ts.

import { Counter, type Registry } from 'prom-client';
import { INTAKE_TOPIC } from './names.ts';

export const RECORD_OUTCOMES = ['accepted', 'replayed', 'refused'] as const;
export type RecordOutcome = (typeof RECORD_OUTCOMES)[number];

/** Counts from 0, so that a rate is known from the first record on. */
export function countRecords(registry: Registry): (outcome: RecordOutcome) => void {
  const counter = new Counter({ ...INTAKE_TOPIC.records, registers: [registry] });
  for (const outcome of RECORD_OUTCOMES) counter.inc({ outcome }, 0);
  return (outcome) => counter.inc({ outcome });
}
