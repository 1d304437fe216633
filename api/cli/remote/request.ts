// `annona request …`, as it is declared: what it takes and what it says of itself. requestRuns.ts runs it.

import { type GroupSpec, LIMIT_OPTION } from './spec.ts';

const ID = ['<id>', 'a request, as `annona request list` shows it, or latest'] as const;
const STATES = 'queued, waiting, granted, denied, expired or cancelled';

export const REQUEST: GroupSpec = {
  name: 'request',
  description: 'ask for units: submit, list, get, explain, offers, hold, accept, watch, cancel',
  commands: [
    {
      name: 'submit',
      description: 'ask for units, by flags for the common case or by a file for all of it',
      options: [
        {
          flags: '-f, --file <path>',
          description: 'a submission in JSON or YAML, or {items: [...]} of many; - for standard input',
        },
        { flags: '--gpu <number>', description: 'units of kind gpu' },
        { flags: '--cpu <number>', description: 'units of kind cpu' },
        { flags: '--memory <number>', description: 'units of kind memory' },
        {
          flags: '--one-node',
          description: 'GPUs, CPUs and memory on one node; GPUs and CPUs in thousandths, memory in MiB',
        },
        {
          flags: '--claim <claim>',
          description: 'KIND=QUANTITY, then labels: gpu=2,model=A100|H100; repeatable',
          repeated: true,
        },
        { flags: '--for <time>', description: 'how long: 90s, 30m, 2h30m' },
        { flags: '--class <name>', description: 'priority class; by default standard' },
        { flags: '--summary <text>', description: 'one line for people' },
        { flags: '--purpose <text>', description: 'what for; policies may demand it' },
        {
          flags: '--classification <name>',
          description: 'of the data: public, internal, confidential or restricted',
        },
        { flags: '--start-before <time>', description: 'RFC 3339: it expires when it cannot start by then' },
        { flags: '--deadline <time>', description: 'RFC 3339: it expires when it cannot end by then' },
        { flags: '--not-preemptible', description: 'must not be taken back once it runs' },
        { flags: '--not-requeued', description: 'is not taken up again when it was taken back' },
        {
          flags: '--id <text>',
          description: 'clientRequestId: the same again is taken once; by default a fresh one',
        },
        { flags: '--wait <seconds>', description: 'wait for the outcome, at most so long' },
        { flags: '--dry-run', description: 'show what would become of it; nothing is written' },
      ],
      examples: [
        'request submit --gpu 2 --cpu 8 --for 30m --wait 10',
        "request submit --claim 'gpu=2,model=A100|H100' --class production --for 2h --purpose 'retrain ranking'",
        'request submit --one-node --gpu 500 --cpu 4000 --memory 16384 --for 1h',
        'request submit -f request.yaml --dry-run',
      ],
      role: 'agent',
      load: async () => (await import('./requestRuns.ts')).submit,
    },
    {
      name: 'list',
      description: 'requests that you may see, newest first',
      options: [
        { flags: '--state <state>', description: STATES },
        { flags: '--department <id>', description: 'of this department' },
        { flags: '--agent <id>', description: 'of this agent' },
        { flags: '--class <name>', description: 'of this priority class' },
        { flags: '--reason <code>', description: 'whose binding reason is this one' },
        LIMIT_OPTION,
      ],
      examples: ['request list', 'request list --state waiting --reason POOL_FULL'],
      role: 'agent',
      load: async () => (await import('./requestRuns.ts')).listRequests,
    },
    {
      name: 'get',
      description: 'one request with its reasons',
      args: [ID],
      examples: ['request get req_01m8477v3q6j54wb1twp4bfhvh'],
      role: 'agent',
      load: async () => (await import('./requestRuns.ts')).getRequest,
    },
    {
      name: 'explain',
      description:
        'why it is as it is: every reason with its numbers, who holds what it waits for, what would admit it',
      args: [ID],
      options: [
        {
          flags: '--what-it-takes',
          description: 'solve the last program with it: what it lacked, and whom it would displace',
        },
      ],
      examples: ['request explain req_01m8477v3q6j54wb1twp4bfhvh', 'request explain latest --what-it-takes'],
      role: 'agent',
      load: async () => (await import('./requestRuns.ts')).explain,
    },
    {
      name: 'offers',
      description: 'what it could have at once if it asked for less, elsewhere, later or for less long',
      args: [ID],
      examples: ['request offers latest', 'request offers req_01m8477v3q6j54wb1twp4bfhvh --json'],
      role: 'agent',
      load: async () => (await import('./offerRuns.ts')).offers,
    },
    {
      name: 'hold',
      description: 'keep the units of an offer for ten seconds, until it is accepted',
      args: [ID, ['<offer>', 'an offer, as `annona request offers` shows it']],
      options: [{ flags: '--if-version <version>', description: 'only if nothing was decided since' }],
      examples: [
        'request hold latest off_5b0a1f6c2d9e8f7a6b5c',
        'request hold req_01m8477v3q6j54wb1twp4bfhvh off_5b0a1f6c2d9e8f7a6b5c --if-version tick-12',
      ],
      role: 'agent',
      load: async () => (await import('./offerRuns.ts')).holdOffer,
    },
    {
      name: 'accept',
      description: 'replace a waiting request by one of its offers',
      args: [ID, ['<offer>', 'an offer, as `annona request offers` shows it']],
      options: [
        {
          flags: '--if-version <version>',
          description: 'only if nothing was decided since; by default as long as the offer stands',
        },
      ],
      examples: [
        'request accept latest off_5b0a1f6c2d9e8f7a6b5c',
        'request accept req_01m8477v3q6j54wb1twp4bfhvh off_5b0a1f6c2d9e8f7a6b5c --if-version tick-12',
      ],
      role: 'agent',
      load: async () => (await import('./offerRuns.ts')).acceptOffer,
    },
    {
      name: 'watch',
      description: 'follow one request until its outcome; the exit code says which it was',
      args: [ID],
      options: [{ flags: '--wait <seconds>', description: 'at most so long; by default until the outcome' }],
      examples: ['request watch req_01m8477v3q6j54wb1twp4bfhvh --wait 60'],
      role: 'agent',
      load: async () => (await import('./requestRuns.ts')).watch,
    },
    {
      name: 'cancel',
      description: 'withdraw a request; once it is granted, its lease is released',
      args: [ID],
      examples: ['request cancel req_01m8477v3q6j54wb1twp4bfhvh'],
      role: 'agent',
      load: async () => (await import('./requestRuns.ts')).cancel,
    },
  ],
};
