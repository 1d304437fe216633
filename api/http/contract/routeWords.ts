// What is said of each route in its own words, and of each tag: the table that is read when a route is added.
// Invariant: keyed by method and path; a route without an entry is no fault, words.ts makes words for it. Called by words.ts.

export interface RouteWords {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly example?: unknown;
  /** The media type of an answer that is no JSON: the only one of a route without schemas, else one that can be asked for. */
  readonly produces?: string;
  /** The media type of a body that is no JSON. */
  readonly consumes?: string;
  /** Headers that it reads beside those that every route of its kind reads. */
  readonly reads?: readonly ('Prefer' | 'Last-Event-ID')[];
  /** Its answers of success that carry `Location`. */
  readonly locates?: readonly number[];
}

export const SUBMISSION_EXAMPLE = {
  clientRequestId: 'report-17',
  options: [
    {
      claims: [
        { kind: 'gpu', quantity: 2, selector: { model: ['A100', 'H100'] }, prefer: [{ zone: 'waw1' }] },
        { kind: 'cpu', quantity: 8 },
      ],
    },
    { claims: [{ kind: 'cpu', quantity: 64 }] },
  ],
  terms: { class: 'standard', durationSeconds: 1800, summary: 'report on the third quarter' },
};

export const ROUTE_WORDS: Readonly<Record<string, RouteWords>> = {
  'POST /v1/requests': {
    operationId: 'submitRequest',
    summary: 'Submit a request',
    description:
      '202: durable and queued. 200 with `Prefer: wait=N`: the request with its outcome so far. The same clientRequestId with the same body answers the first request again.',
    example: SUBMISSION_EXAMPLE,
    reads: ['Prefer'],
    locates: [200, 202],
  },
  'POST /v1/requests/batch': {
    operationId: 'submitBatch',
    summary: 'Submit many requests, each answered by itself',
    example: { items: [SUBMISSION_EXAMPLE] },
  },
  'POST /v1/leases/:id/heartbeat': {
    operationId: 'heartbeatLease',
    summary: 'Keep a lease alive',
    example: { epoch: 1 },
  },
  'POST /v1/leases/:id/extend': {
    operationId: 'extendLease',
    summary: 'Ask to hold a lease longer',
    example: { epoch: 1, seconds: 600 },
  },
  'POST /v1/leases/:id/release': {
    operationId: 'releaseLease',
    summary: 'Give a lease back',
    example: { epoch: 1 },
  },
  'POST /v1/leases/:id/acknowledge': {
    operationId: 'acknowledgeRevocation',
    summary: 'Give back a lease that is being revoked; its wish is taken up again',
    example: { epoch: 1 },
  },
  'POST /v1/requests/:id/cancel': {
    operationId: 'cancelRequest',
    summary: 'Cancel a request; after the grant its lease is released',
    example: {},
  },
  'GET /v1/requests/:id/offers': {
    operationId: 'listRequestOffers',
    summary: 'What a waiting request could have at once if it asked otherwise',
  },
  'POST /v1/requests/:id/offers/:offer/accept': {
    operationId: 'acceptOffer',
    summary: 'Replace a waiting request by one of its offers',
    description:
      'If-Match takes the version that the offers were read at, in quotes: the call then takes effect at that version alone. `*` takes the offer as long as it stands.',
    example: {},
    locates: [202],
  },
  'POST /v1/requests/:id/offers/:offer/hold': {
    operationId: 'holdOffer',
    summary: 'Keep the units of an offer for ten seconds',
    description:
      'Opens a request that keeps the units and asks for nothing itself; it waits with OFFER_HELD, or is denied with HOLD_LIMIT or OFFER_LAPSED. If-Match as of accepting.',
    example: {},
    locates: [202],
  },
  'GET /v1/events': {
    operationId: 'followEvents',
    summary: 'Follow events as they are committed',
    description: 'A stream of server-sent events; asyncapi.json describes what it carries.',
    produces: 'text/event-stream',
    reads: ['Last-Event-ID'],
  },
  'GET /v1/accounts/:id/forecast': {
    operationId: 'readAccountForecast',
    summary: 'When the budget of an account runs out',
  },
  'GET /v1/accounts/:id/ledger': {
    operationId: 'listAccountLedger',
    summary: 'What was reserved, settled and refunded on an account, newest first',
  },
  'GET /v1/accounts/:id/periods/:period': {
    operationId: 'readBudget',
    summary: 'What one period of an account has to spend, and what is left of it',
  },
  'PUT /v1/accounts/:id/periods/:period': {
    operationId: 'writeBudget',
    summary: 'Change what one period of an account has to spend',
  },
  'POST /v1/agents': { operationId: 'createAgent', summary: 'Register an agent' },
  'PUT /v1/agents/:id': { operationId: 'writeAgent', summary: 'Replace what can be edited of an agent' },
  'POST /v1/agents/:id/heartbeat': {
    operationId: 'heartbeatAgent',
    summary: 'Say, as the agent itself, that it is there',
  },
  'POST /v1/agents/:id/retire': {
    operationId: 'retireAgent',
    summary: 'Take an agent out of the organisation',
  },
  'GET /v1/extensions/:id': {
    operationId: 'readExtension',
    summary: 'What became of the wish to hold a lease longer',
  },
  'PUT /v1/pools/:id': { operationId: 'writePool', summary: 'Make a pool, or replace it' },
  'DELETE /v1/pools/:id': {
    operationId: 'deletePool',
    summary: 'Remove a pool; what is leased from it runs to its end',
  },
  'PUT /v1/quotas/:department/:kind': { operationId: 'writeQuota', summary: 'Make a quota, or replace it' },
  'DELETE /v1/quotas/:department/:kind': {
    operationId: 'deleteQuota',
    summary: 'Remove a quota; the department is then not limited in that kind',
  },
  'GET /v1/shares': {
    operationId: 'readShares',
    summary: 'What part of the time of each class each department held in the last seven days',
  },
  'GET /v1/history/ticks': {
    operationId: 'readTickHistory',
    summary: 'Records of ticks with the intake rows and events of each, oldest first',
  },
  'GET /v1/history/checkpoints/:id': {
    operationId: 'readCheckpoint',
    summary: 'The newest checkpoint of that tick or one before it: where a replay begins',
  },
  'GET /v1/history/configurations/:id': {
    operationId: 'readConfigurationRevision',
    summary: 'A configuration by its revision, whether or not it is still in force',
  },
  'GET /v1/audit': { operationId: 'listAudit', summary: 'Who did what, oldest first' },
  'GET /v1/audit/seals': {
    operationId: 'listAuditSeals',
    summary: 'The seals that chain the audit, each with its entries',
  },
  'GET /v1/audit/head': {
    operationId: 'readAuditHead',
    summary: 'Length and digest of the audit chain, signed: what an auditor keeps elsewhere',
  },
  'GET /v1/policy-rows': {
    operationId: 'readPolicyRows',
    summary: 'The newest requests as the policies see them, with the organisation that they are judged by',
  },
  'POST /v1/policies': {
    operationId: 'uploadPolicy',
    summary: 'Bring in a signed policy bundle; nothing is active by it',
    description: 'The file that `annona policy build --sign` writes. 200: the very file is stored already.',
    consumes: 'application/vnd.annona.policy-bundle',
  },
  'GET /v1/policies/status': {
    operationId: 'readPolicyStatus',
    summary: 'Which policies are in force, the candidate, what failed, and which rules are idle',
  },
  'POST /v1/policies/:id/activate': {
    operationId: 'activatePolicy',
    summary: 'Judge by this bundle from the next tick on; `shipped` names the policies of the product',
    example: { expected: 3 },
  },
  'POST /v1/policies/rollback': {
    operationId: 'rollbackPolicy',
    summary: 'Go back to what was active before',
    example: {},
  },
  'POST /v1/policies/:id/compare': {
    operationId: 'comparePolicy',
    summary: 'Compare this bundle with the active one on live traffic, without an effect',
    example: { promoteAfterTicks: 1000 },
  },
  'POST /v1/policies/candidate/drop': {
    operationId: 'dropCandidatePolicy',
    summary: 'End the comparison',
  },
  'GET /v1/policies/candidate/differences': {
    operationId: 'listPolicyDifferences',
    summary: 'The first differences of the candidate, row by row',
  },
  'GET /v1/policies/decisions': {
    operationId: 'listPolicyDecisions',
    summary: 'The decision log of the process that leads, newest batch first',
  },
  'GET /v1/queue/reasons': {
    operationId: 'readQueueReasons',
    summary: 'Why requests wait, the most common reason first',
  },
  'GET /v1/requests/:id/explanation': {
    operationId: 'readRequestExplanation',
    summary: 'Why a request waits: places, short rows, holders, position, price, offers, what it would take',
  },
  'GET /v1/ticks/quality': {
    operationId: 'readTickQuality',
    summary: 'How good the newest ticks were proved to be, counted by gap, class and fault',
  },
  'GET /v1/ticks/:id': { operationId: 'readTick', summary: 'One tick with its certificate' },
  'GET /v1/ticks/:id/file': {
    operationId: 'readTickFile',
    summary: 'One tick as a file that can be decided again offline',
  },
  'GET /v1/usage': {
    operationId: 'readUsage',
    summary: 'What was asked, granted, held and paid in a span of time',
    description:
      'The same numbers as JSON or, with `format=csv` or `Accept: text/csv`, as CSV with a header.',
    produces: 'text/csv',
  },
  'POST /v1/jobs': {
    operationId: 'askForJob',
    summary: 'Ask for an export, a report or a simulation',
    description: 'It runs beside the scheduler; follow `Location` until it has ended.',
    example: { kind: 'export', input: { of: 'requests', from: '2026-11-01T00:00:00Z' } },
    locates: [202],
  },
  'POST /v1/simulations': {
    operationId: 'simulate',
    summary: 'Run a scenario through schedulers in virtual time',
    description:
      'A job of kind `simulation`: follow `Location` until it has ended. Its result is the comparison as JSON, its files a table and a page.',
    example: {
      workload: { history: { hours: 24 } },
      schedulers: ['fcfs', 'annona'],
    },
    locates: [202],
  },
  'POST /v1/webhooks': {
    operationId: 'makeWebhook',
    summary: 'Have events of the department sent to a URL',
    description: 'The secret in the answer signs every call, and is not told again.',
    example: { url: 'https://hooks.example.com/annona', types: ['annona.request.granted.v1'] },
  },
  'POST /v1/webhooks/:id/retry': {
    operationId: 'retryWebhook',
    summary: 'Try once more what was given up',
    example: {},
  },
  'GET /v1/webhooks/:id/deliveries': {
    operationId: 'listWebhookDeliveries',
    summary: 'What was not delivered yet, or given up',
  },
  'DELETE /v1/jobs/:id': { operationId: 'cancelJob', summary: 'Cancel a job that has not ended' },
  'GET /v1/jobs/:id/result': {
    operationId: 'readJobResult',
    summary: 'The result of a job, as the file that it is',
    produces: '*/*',
  },
  'GET /v1/jobs/:id/files/:name': {
    operationId: 'readJobFile',
    summary: 'A further file of a job, as it is',
    produces: '*/*',
  },
  'POST /v1/approvals/:id/ruling': {
    operationId: 'ruleOnApproval',
    summary: 'Approve or reject what a policy asks a reviewer for',
  },
  'GET /livez': { operationId: 'isAlive', summary: 'Whether the process answers' },
  'GET /readyz': {
    operationId: 'isReady',
    summary: 'Whether the process may get calls, and what fails if not',
  },
  'GET /metrics': {
    operationId: 'readMetrics',
    summary: 'Metrics for Prometheus',
    produces: 'text/plain',
  },
  'GET /problems': {
    operationId: 'readProblems',
    summary: 'Every error of this version and what to do about it',
    produces: 'text/markdown',
  },
  'GET /openapi.json': {
    operationId: 'readOpenApi',
    summary: 'This contract',
    produces: 'application/json',
  },
  'GET /asyncapi.json': {
    operationId: 'readAsyncApi',
    summary: 'The contract of the events',
    produces: 'application/json',
  },
  'GET /llms.txt': {
    operationId: 'readLlmsText',
    summary: 'How a program that reads text uses this service',
    produces: 'text/plain',
  },
  'GET /': { operationId: 'showConsole', summary: 'The console, a page', produces: 'text/html' },
  'GET /console/:id': {
    operationId: 'readConsoleFile',
    summary: 'A file of the console',
    produces: '*/*',
  },
  'GET /v1/pool-use': { operationId: 'listPoolUse', summary: 'How full each pool was over the last hour' },
  'GET /v1/me': { operationId: 'readSelf', summary: 'Who calls, and what that role may do' },
  'GET /docs': {
    operationId: 'openExplorer',
    summary: 'This contract as a page to read and try',
    produces: 'text/html',
  },
  'GET /docs/:id': {
    operationId: 'readExplorerFile',
    summary: 'A file of that page',
    produces: '*/*',
  },
};

/** Of a tag, one line; one without an entry is named by itself. */
export const TAG_WORDS: Readonly<Record<string, string>> = {
  accounts: 'Budgets over periods, in money or in use over time.',
  agents: 'Services that act for one department each.',
  approvals: 'What policies ask reviewers for before a request may be granted.',
  departments: 'The tenants.',
  shares: 'What part of each class each tenant held, for everybody to see.',
  events: 'What happened, as it is committed.',
  extensions: 'Wishes to hold a lease longer.',
  jobs: 'Work that takes longer than a call: exports, reports, simulations.',
  simulations: 'What schedulers would have done, in virtual time.',
  leases: 'Units held for a time, fenced by an epoch.',
  'policy-rows': 'Requests as policies see them.',
  policies: 'What is allowed, preferred and limited, as signed bundles.',
  pools: 'What there is to give, in whole units of one kind.',
  queue: 'Why requests wait.',
  quotas: "A department's share of a kind, and what it lends and borrows.",
  requests: 'What agents ask for, and what became of it.',
  service: 'The process itself, and its contract.',
  ticks: 'Decided batches with their certificates.',
  usage: 'Reports in groups.',
  webhooks: 'Events of a department, sent to where it wants them.',
};
