// What the console reads, as docs/openapi.json has it: the fields that it shows, and no more.
// Invariant: answers may carry fields that are not here; what may be absent in an older or a narrower answer is optional.

import type { Reason, RequestView, StartEstimate, View } from '../../client/shapes.ts';

export interface Me {
  readonly subject: string;
  readonly role: string;
  readonly department: string;
  readonly agent: string | null;
  readonly expiresAt: string;
  readonly now: string;
  readonly organisation: string;
  readonly cell: string;
  readonly classes: readonly string[];
  readonly may: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly stage: number;
  readonly class: string;
  readonly method: string;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly ended?: string;
  readonly multipliers: readonly (readonly [string, number])[] | null;
  readonly frozenDigest: string;
  readonly work?: Readonly<Record<string, number>>;
}

export interface Tick {
  readonly cell: string;
  readonly tick: number;
  readonly epoch: number;
  readonly now: string;
  readonly policyRevision: string;
  readonly configurationRevision: string;
  readonly replayable: boolean;
  readonly termination: string;
  readonly engine?: string;
  readonly engineBuild?: string;
  readonly fault?: string | null;
  readonly work?: Readonly<Record<string, number>>;
  readonly stages: readonly Stage[];
  readonly counts: Readonly<Record<string, number>>;
  readonly timings?: Readonly<Record<string, number>>;
  readonly rules?: readonly {
    readonly id: string;
    readonly mode: string;
    readonly op: string;
    readonly sum: number;
    readonly limit: number;
  }[];
  readonly revocations?: { readonly looked: number; readonly left: number; readonly plans: readonly View[] };
  readonly digests?: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly previousDigest: string;
}

export interface Pool {
  readonly id: string;
  readonly kind: string;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string | readonly string[]>>;
  readonly consumable: boolean;
  readonly classification: string | null;
  readonly agent: string | null;
  readonly capacity: number;
  readonly used: number;
  readonly available: number;
}

export interface Quota {
  readonly department: string;
  readonly kind: string;
  readonly nominal: number;
  readonly borrowingLimit: number;
  readonly lendingLimit: number;
  readonly cohort: string | null;
  readonly used: number;
}

export interface Department {
  readonly id: string;
  readonly title: string;
  readonly clearanceCeiling: string;
  readonly classes: readonly string[];
  readonly kinds: readonly string[] | null;
  readonly requestLimits: Readonly<Record<string, number>>;
  readonly weight: number;
  readonly agents: number;
}

export interface Agent {
  readonly id: string;
  readonly department: string;
  readonly roles: readonly string[];
  readonly skills: readonly string[];
  readonly clearance: string;
  readonly accounts: readonly string[];
  readonly concurrency: number | null;
  readonly heartbeatAt: string | null;
}

export interface Account {
  readonly id: string;
  readonly title: string;
  readonly parent: string | null;
  readonly measure:
    | { readonly type: 'money'; readonly currency: string }
    | { readonly type: 'use'; readonly kind: string };
  readonly periods: readonly {
    readonly id: string;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly current: boolean;
    readonly budget: number;
    readonly reserved: number;
    readonly spent: number;
    readonly available: number;
  }[];
}

export interface Forecast {
  readonly account: string;
  readonly runsOutAt: string | null;
  readonly reason: string | null;
  readonly projectedSpend: number | null;
}

export interface QueueReasons {
  readonly waiting: number;
  readonly items: readonly {
    readonly code: string;
    readonly actor: string;
    readonly advice: string;
    readonly count: number;
    readonly alsoCount: number;
    readonly oldestSubmittedAt: string | null;
  }[];
}

export interface UsageRow {
  readonly department?: string;
  readonly agent?: string;
  readonly class?: string;
  readonly requests: number;
  readonly granted: number;
  readonly denied: number;
  readonly waitedMeanMs: number | null;
  readonly waitedP50Ms: number | null;
  readonly waitedP95Ms: number | null;
  readonly unitSeconds: Readonly<Record<string, number>>;
  readonly settledMinor: Readonly<Record<string, number>> | null;
  readonly expiredUnused: number;
}

export interface Share {
  readonly department: string;
  readonly class: string;
  readonly kind: string;
  readonly unitSeconds: number;
  readonly thousandths: number;
}

export interface Short {
  readonly what: string;
  readonly requested: number;
  readonly available: number;
  readonly held: number;
}

export interface Held extends Short {
  readonly family: string;
  readonly holders: readonly {
    readonly department: string;
    readonly agent: string;
    readonly lease: string;
    readonly units: number;
    readonly endsAt: string;
  }[];
  readonly heldUnlisted: number;
  readonly heldByOthers: number;
}

export interface CandidateRow {
  readonly pool: string;
  readonly window: string | null;
  readonly standing: string;
  readonly rank: number | null;
  readonly capacity: number;
  readonly used: number;
  readonly available: number;
  readonly fits: boolean;
  readonly priceMinor: number;
  readonly score: Score | null;
}

/** Taken off what the request is worth, but `weight`, which is added. */
export interface Score {
  readonly preference: number;
  readonly option: number;
  readonly lateness: number;
  readonly fit: number | null;
  readonly price: number;
  readonly weight: number;
  readonly total: number;
  readonly value: number;
}

export interface RequestWorth {
  readonly alike: number;
  readonly own: number;
  readonly share: number;
  readonly ageSixteenths: number;
  readonly deadline: number;
  readonly total: number;
}

export interface Verdict {
  readonly allow: boolean;
  readonly codes: readonly string[];
  readonly policyRevision: string;
}

export interface Offer {
  readonly id: string;
  readonly changes: readonly View[];
  readonly body: View;
  readonly grant: { readonly allocations: readonly View[]; readonly endsAt: string };
}

/** The request that keeps an offer's units, and until when. */
export interface HeldOffer {
  readonly id: string;
  readonly offer: string;
  readonly until: string;
  readonly options: RequestView['options'];
}

export interface Explanation {
  readonly id: string;
  readonly state: string;
  readonly live: boolean;
  readonly tick: number | null;
  readonly at: string | null;
  readonly reasons: readonly Reason[];
  readonly position: { readonly class: string; readonly ahead: number } | null;
  readonly verdict: Verdict | null;
  readonly worth: RequestWorth | null;
  readonly options: readonly {
    readonly option: number;
    readonly claims: readonly {
      readonly claim: number;
      readonly kind: string;
      readonly quantity: number;
      readonly candidates: readonly CandidateRow[];
      readonly unlisted: Readonly<Record<string, number>>;
    }[];
  }[];
  readonly reservation: {
    readonly startsAt: string | null;
    readonly why: string | null;
    readonly dueAt: string;
  } | null;
  readonly estimate: StartEstimate | null;
  readonly noEstimate: string | null;
  readonly held: readonly Held[];
  readonly granted: View | null;
  readonly price: {
    readonly tick: number;
    readonly class: string;
    readonly value: number;
    readonly price: number;
    readonly atLeast: number;
    readonly rows: readonly { readonly row: string; readonly units: number; readonly price: number }[];
  } | null;
  readonly offers: readonly Offer[] | null;
  readonly heldOffer: HeldOffer | null;
  readonly whatItTakes: {
    readonly standing: string;
    readonly atLeast: number | null;
    readonly atMost: number | null;
    readonly displaced: readonly {
      readonly department: string;
      readonly agent: string;
      readonly request: string;
      readonly what: string;
    }[];
    readonly displacedOthers: readonly { readonly department: string; readonly count: number }[];
    readonly stronger: readonly View[];
  } | null;
}

export interface Approval {
  readonly id: string;
  readonly state: string;
  readonly request: string;
  readonly department: string;
  readonly agent: string;
  readonly skill: string;
  readonly rule: string;
  readonly policy: string;
  readonly digest: string;
  readonly options: RequestView['options'];
  readonly purpose: string;
  readonly summary: string;
  readonly class: string;
  readonly classification: string;
  readonly durationSeconds: number;
  readonly attempt: number;
  readonly slot: { readonly pool: string; readonly startsAt: string; readonly endsAt: string } | null;
  readonly ruling: {
    readonly verdict: string;
    readonly reason: string;
    readonly by: string;
    readonly at: string;
  } | null;
  readonly openedAt: string;
}

/** A page of the list: the request as the API shows it. */
export type RequestRow = RequestView;
