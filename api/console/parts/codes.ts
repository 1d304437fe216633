// Codes of an explanation as sentences: why a pool is no candidate, why no start is promised, why there is no estimate.
// Invariant: a code of a newer server is shown as it stands. The console's tests hold the tables against the scheduler's lists.

export const STANDING_WORDS: Readonly<Record<string, string>> = {
  candidate: 'may serve it',
  size: 'too small for it',
  window: 'no window in the asked range',
  nodes: 'no node is large enough',
  clearance: 'classified above its clearance',
  selector: 'not what it asks for',
};

/** What takes of what a request is worth, by the parts of a score. */
export const SCORE_WORDS: Readonly<Record<string, string>> = {
  preference: 'not its first preference',
  option: 'not its first option',
  lateness: 'a later window',
  fit: 'a looser node',
  price: 'dearer',
};

/** For so long an offer is held, from the tick that keeps it on. */
export const HOLD_SECONDS = 10;

export const NO_PROMISE_WORDS: Readonly<Record<string, string>> = {
  notDue: 'it has not waited long enough for one',
  gangIncomplete: 'members of its gang are missing',
  earmarked: 'units are held for it already',
  nodes: 'which node will have room, nobody can tell',
  departmentHasOne: 'its department has a promised start already',
  classShare: 'its class has as much promised as it may',
  idleCap: 'no more units may stand idle for promised starts',
  checkpoints: 'as many instants are promised as one look may hold',
  noEnd: 'what it needs does not come back by any declared end',
  noStart: 'no instant has room in time, beside what is promised to others',
  nextTick: 'nothing hinders: the next tick looks at it',
};

export const NO_ESTIMATE_WORDS: Readonly<Record<string, string>> = {
  noEnd: 'what it needs does not come back by any declared end',
  tooFar: 'the queue before it is longer than one look goes',
  gangIncomplete: 'members of its gang are missing',
};

export function said(words: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(words, code) ? words[code]! : code;
}
