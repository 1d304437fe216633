// Breaches of approvals: the honest history has one that was approved, of a request that was granted under it.

import type { Breach, MutableDump } from './breaches.ts';

const told = (dump: MutableDump, state: string) =>
  dump.event.find(({ type }) => type === `annona.approval.${state}.v1`)!;
const theApproval = (dump: MutableDump) => dump.approval[0]!;
const bend = (dump: MutableDump, change: object) => {
  const row = theApproval(dump);
  row.document = { ...row.document, ...change };
};

export const APPROVAL_BREACHES: readonly Breach[] = [
  [
    'an approval begins with a rejection',
    'S10',
    (dump) => Object.assign(told(dump, 'seeking'), { type: 'annona.approval.rejected.v1' }),
  ],
  [
    'an approval is told to another request',
    'S10',
    (dump) => Object.assign(told(dump, 'scheduled'), { request_id: 'req_other' }),
  ],
  [
    'the last word on an approval is missing',
    'S10',
    (dump) => dump.event.splice(dump.event.indexOf(told(dump, 'approved')), 1),
  ],
  ['an approval is told of that there is not', 'S10', (dump) => dump.approval.splice(0)],
  ['an approval had four slots', 'S6', (dump) => bend(dump, { attempt: 4 })],
  [
    'an approval stands though its request is over',
    'S3',
    (dump) => Object.assign(theApproval(dump), { state: 'scheduled' }),
  ],
  ['nobody ruled on what is approved', 'S6', (dump) => bend(dump, { ruling: null })],
  [
    'a department rules on its own request',
    'S6',
    (dump) => {
      const { document, department_id } = theApproval(dump);
      bend(dump, { ruling: { ...document.ruling, department: department_id } });
    },
  ],
  [
    'a grant has the approval of another skill',
    'S6',
    (dump) => Object.assign(theApproval(dump), { skill: 'cooking' }),
  ],
  [
    'a lease lasts longer than its request is obliged to',
    'S6',
    (dump) => {
      const [duty] = dump.obligation;
      dump.lease.find(({ request_id }) => request_id === duty!.request_id)!.ends_at_ms += 1;
    },
  ],
];
