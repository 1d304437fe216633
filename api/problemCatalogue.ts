// Every error that a caller can meet, in one catalogue: a stable code, its HTTP status, and what to do about it (RFC 9457).
// Invariant: no edge answers an error that is not here. docs/problems.md is written from it; errors.ts makes documents of it.

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the caller can do, as a sentence. */
  readonly remedy: string;
}

export const PROBLEMS = {
  MALFORMED_JSON: {
    status: 400,
    title: 'The body is not JSON',
    remedy: 'Send one JSON document in UTF-8; the detail names the place where reading stopped.',
  },
  DUPLICATE_KEY: {
    status: 400,
    title: 'A key stands twice in one object',
    remedy: 'Send each key once; which of two values counts would depend on the reader.',
  },
  FORBIDDEN_KEY: {
    status: 400,
    title: 'A key that is never allowed',
    remedy: 'Leave out __proto__, constructor and prototype.',
  },
  TOO_DEEP: { status: 400, title: 'The body is nested too deeply', remedy: 'Nest at most 20 levels.' },
  TOO_MANY_ELEMENTS: {
    status: 400,
    title: 'An array or object is too long',
    remedy: 'Send at most 1,000 elements in one array and 100 keys in one object; split a larger batch.',
  },
  TEXT_INVALID: {
    status: 400,
    title: 'Text that cannot be stored',
    remedy: 'Leave out NUL characters and unpaired surrogates.',
  },
  TEXT_TOO_LONG: {
    status: 400,
    title: 'A text is too long',
    remedy: 'Send at most 4,096 bytes in one string.',
  },
  NUMBER_INVALID: {
    status: 400,
    title: 'A number that is not whole',
    remedy:
      'Write amounts as whole numbers in digits, 0 to 9007199254740991, without sign, point or exponent.',
  },
  BODY_INVALID: {
    status: 400,
    title: 'The body does not fit its schema',
    remedy: 'Correct each field listed under errors; nothing is coerced and unknown fields are refused.',
  },
  QUERY_INVALID: {
    status: 400,
    title: 'A query parameter is wrong',
    remedy: 'Correct each parameter listed under errors; unknown parameters are refused.',
  },
  HEADER_INVALID: {
    status: 400,
    title: 'A header is wrong',
    remedy: 'Correct the header that the detail names.',
  },
  URL_MALFORMED: {
    status: 400,
    title: 'The address is malformed',
    remedy: 'Encode the path and the query by RFC 3986.',
  },
  BAD_REQUEST: {
    status: 400,
    title: 'The call is not valid HTTP',
    remedy: 'Send HTTP/1.1 with consistent length headers.',
  },
  TOKEN_MISSING: {
    status: 401,
    title: 'No bearer token',
    remedy: 'Send Authorization: Bearer with a token of your issuer (in development: annona token).',
  },
  TOKEN_MALFORMED: {
    status: 401,
    title: 'The bearer token is malformed',
    remedy:
      'Send a signed access token (typ at+jwt) of at most 8 KB with exp, nbf, iss, aud, sub, role and department.',
  },
  TOKEN_EXPIRED: {
    status: 401,
    title: 'The bearer token is not valid now',
    remedy: 'Get a fresh token and check the clock of the machine that made it.',
  },
  TOKEN_FORGED: {
    status: 401,
    title: 'The bearer token is not from the issuer',
    remedy: 'Use a token signed with a key of the configured issuer.',
  },
  TOKEN_WRONG_AUDIENCE: {
    status: 401,
    title: 'The bearer token is for another service',
    remedy: 'Ask the issuer for a token with the audience of this service.',
  },
  UNKNOWN_AGENT: {
    status: 401,
    title: 'The agent or department is not registered',
    remedy: 'Register the agent in its department, or correct the claims of the token.',
  },
  ROLE_NOT_ALLOWED: {
    status: 403,
    title: 'The role may not do this',
    remedy: 'docs/permissions.md lists what each role may do.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'No such object',
    remedy: 'Check the id; what belongs to others answers the same.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    title: 'No such route',
    remedy: 'Check method and path; every route stands under /v1.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The call came too slowly',
    remedy: 'Send headers and body within 10 seconds.',
  },
  CALL_RUNNING: {
    status: 409,
    title: 'The same call is still running',
    remedy: 'Wait for the first call with this Idempotency-Key, then repeat it to get its answer.',
  },
  STALE_EPOCH: {
    status: 409,
    title: 'The epoch is not the one of the lease',
    remedy: 'Read the lease; if its epoch is not yours, the lease is not yours any more.',
  },
  LEASE_ENDED: {
    status: 409,
    title: 'The lease has ended',
    remedy: 'Stop using its units and submit a new request.',
  },
  NOT_REVOKING: {
    status: 409,
    title: 'The lease is not being revoked',
    remedy: 'Nobody asked for it back; release it if the work is done.',
  },
  FOUR_EYES: {
    status: 403,
    title: 'Nobody rules on an own request',
    remedy: 'Somebody of another department, with the skill, has to rule on it.',
  },
  TOO_MANY_WEBHOOKS: {
    status: 409,
    title: 'The department has as many webhooks as it may',
    remedy: 'Remove one that is not needed, or let one carry more types of events.',
  },
  JOB_NOT_DONE: {
    status: 409,
    title: 'The job has no result',
    remedy: 'Ask for the job until it has succeeded; one that failed or was cancelled never has one.',
  },
  SIMULATION_TOO_LARGE: {
    status: 422,
    title: 'The simulation is more than the server computes for anybody',
    remedy:
      'Take fewer seeds, schedulers or jobs; `annona simulate` runs the same scenario without limits on your own machine.',
  },
  TOO_MANY_SIMULATIONS: {
    status: 429,
    title: 'The department has as many simulations waiting as it may',
    remedy: 'Wait until some have ended, or cancel some under /v1/jobs.',
  },
  APPROVAL_NOT_SCHEDULED: {
    status: 409,
    title: 'The review has no slot yet',
    remedy: 'Read it again: it can be ruled on once it is scheduled.',
  },
  APPROVAL_ENDED: {
    status: 409,
    title: 'The approval can be ruled on no more',
    remedy: 'Read it: it was ruled on, its window is over, or nobody needs it any more.',
  },
  APPROVAL_CHANGED: {
    status: 409,
    title: 'The ruling is about other claims or another purpose',
    remedy: 'Read the approval again and send its digest, if you would rule the same.',
  },
  FOLLOWS_APPROVAL: {
    status: 409,
    title: 'A review ends with its approval',
    remedy: 'Cancel the request that waits for the approval; its review goes with it.',
  },
  REQUEST_ENDED: {
    status: 409,
    title: 'The request has its outcome',
    remedy: 'Nothing is left to cancel; release its lease if it has one.',
  },
  BUNDLE_REFUSED: {
    status: 422,
    title: 'The policy bundle is refused',
    remedy:
      'The detail begins with the reason; docs/policy-guide.md lists them. What was active stays active.',
  },
  BUNDLE_CONFLICT: {
    status: 409,
    title: 'Another bundle has this revision',
    remedy: 'Use the stored bundle; to change it, change its sources, which gives it another revision.',
  },
  NOTHING_BEFORE: {
    status: 409,
    title: 'There is nothing to go back to',
    remedy: 'Activate a stored revision, or `shipped` for the policies of the product.',
  },
  ALLOTTED_ELSEWHERE: {
    status: 409,
    title: 'Other cells still have what is to be allotted here',
    remedy:
      'Lower the allotment of another cell first; it is free once that cell has committed a tick and uses no more than what is left to it.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'The object is not as the call expects',
    remedy:
      'Read the object, look whether the edit still makes sense, and repeat it with the ETag that it has now.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send at most 256 KB, 2 MB for a batch.',
  },
  MEDIA_TYPE: {
    status: 415,
    title: 'The body is not declared as JSON',
    remedy: 'Send Content-Type: application/json, in UTF-8.',
  },
  UNKNOWN_CLASS: { status: 422, title: 'No such priority class', remedy: 'Use one of the allowed classes.' },
  UNKNOWN_KIND: { status: 422, title: 'No pool is of this kind', remedy: 'Use one of the allowed kinds.' },
  OTHER_CELL: {
    status: 422,
    title: 'It lies in another cell',
    remedy:
      'Ask for what is in the cell of your own department: a request lies in one cell, and the detail names the others.',
  },
  UNKNOWN_LABEL: {
    status: 422,
    title: 'No pool of this kind carries the label',
    remedy: 'Use one of the allowed labels.',
  },
  CLAIM_INVALID: {
    status: 422,
    title: 'A claim that cannot be meant',
    remedy: 'Correct the claim as the detail says.',
  },
  GANG_INVALID: {
    status: 422,
    title: 'A gang that cannot be meant',
    remedy: 'Correct the size, the time-out or the number of claims as the detail says.',
  },
  TIME_RANGE: {
    status: 422,
    title: 'The times cannot be met',
    remedy: 'Choose a later startBefore or deadline, or a shorter duration.',
  },
  NEVER_FITS: {
    status: 422,
    title: 'It could never fit',
    remedy: 'Ask for at most the largest fit named under errors; no request was made.',
  },
  KEY_REUSED: {
    status: 422,
    title: 'The clientRequestId was used for another body',
    remedy: 'Use a new clientRequestId; one is bound to its body for 24 hours.',
  },
  DUPLICATE_IN_BATCH: {
    status: 422,
    title: 'The clientRequestId stands twice in the batch',
    remedy: 'Give each item a clientRequestId of its own; the first item was taken.',
  },
  CALL_KEY_REUSED: {
    status: 422,
    title: 'The Idempotency-Key was used for another call',
    remedy: 'Use a new Idempotency-Key; one is bound to its call for 24 hours.',
  },
  EDIT_INVALID: {
    status: 422,
    title: 'The organisation would not be sound',
    remedy:
      'Correct each place listed under errors; nothing was stored. dryRun=true shows the effect of an edit.',
  },
  PRECONDITION_REQUIRED: {
    status: 428,
    title: 'An edit without a condition',
    remedy: 'Send If-Match with the ETag of the object that you have read, or If-None-Match: * to create it.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Calls come too fast',
    remedy:
      'Nothing was done. Repeat after Retry-After seconds; RateLimit says what is left, a batch costs less.',
  },
  TOO_MANY_OPEN: {
    status: 429,
    title: 'The agent has too many open requests',
    remedy: 'Wait until some have their outcome, or cancel some; the detail says how many are open.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The headers are too large',
    remedy: 'Send at most 16 KB of headers.',
  },
  INTERNAL: {
    status: 500,
    title: 'A fault of this service',
    remedy: 'Repeat the call with the same clientRequestId; if it stays, report the requestId.',
  },
  SECRETS_NOT_KEPT: {
    status: 501,
    title: 'Secrets cannot be kept here',
    remedy: 'An operator gives all processes of the cell a key (ANNONA_SECRET_KEYS); then repeat the call.',
  },
  QUEUE_FULL: {
    status: 503,
    title: 'The queue is full',
    remedy:
      'Nothing was written. Repeat after Retry-After seconds, a submission with the same clientRequestId.',
  },
  OVERLOADED: {
    status: 503,
    title: 'The service is overloaded',
    remedy: 'Nothing was written. Repeat after Retry-After seconds.',
  },
  STREAMS_FULL: {
    status: 503,
    title: 'Too many event streams',
    remedy: 'Close streams that are not read, or connect to another process.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    title: 'The database does not answer',
    remedy: 'Repeat after Retry-After seconds with the same clientRequestId.',
  },
  QUERY_TOO_WIDE: {
    status: 503,
    title: 'The report took too long',
    remedy:
      'Ask for less: move `from` and `to` closer together. The same again helps only if the service was busy.',
  },
  NOT_LEADING: {
    status: 503,
    title: 'This process does not lead the cell',
    remedy: 'Repeat after Retry-After seconds: a process that leads is found as soon as there is one.',
  },
  STOPPING: {
    status: 503,
    title: 'This process is stopping',
    remedy: 'Repeat at once; another process answers.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;
