// The one palette of states: a word, an icon and a tone for each, the same in console, command line and reports.
// Invariant: a state is never told by colour alone: icon and word go with it. Called by api/console and api/cli.

/** `good`: has it. `wait`: not yet. `busy`: on its way. `bad`: refused or lost. `ended`: over, as it should be. */
export type Tone = 'good' | 'wait' | 'busy' | 'bad' | 'ended';

export interface StateWords {
  readonly word: string;
  readonly icon: string;
  readonly tone: Tone;
}

const words = (word: string, icon: string, tone: Tone): StateWords => ({ word, icon, tone });

/** States of requests, leases, extensions, approvals and side jobs; where they share a name they share the words. */
export const STATE_WORDS: Readonly<Record<string, StateWords>> = {
  queued: words('queued', '…', 'busy'),
  waiting: words('waiting', '◷', 'wait'),
  granted: words('granted', '✓', 'good'),
  denied: words('denied', '✕', 'bad'),
  expired: words('expired', '⊘', 'ended'),
  cancelled: words('cancelled', '–', 'ended'),
  active: words('active', '▶', 'good'),
  revoking: words('revoking', '↩', 'wait'),
  released: words('released', '○', 'ended'),
  revoked: words('revoked', '↩', 'bad'),
  pending: words('pending', '…', 'busy'),
  seeking: words('seeking a slot', '…', 'busy'),
  scheduled: words('scheduled', '◷', 'wait'),
  approved: words('approved', '✓', 'good'),
  rejected: words('rejected', '✕', 'bad'),
  lapsed: words('lapsed', '⊘', 'ended'),
  dropped: words('dropped', '–', 'ended'),
  retired: words('retired', '–', 'ended'),
  running: words('running', '▶', 'busy'),
  succeeded: words('succeeded', '✓', 'good'),
  failed: words('failed', '✕', 'bad'),
};

/** Of a newer server there may be states that this version does not know: they are shown by their name. */
export function wordsOf(state: string): StateWords {
  return Object.hasOwn(STATE_WORDS, state) ? STATE_WORDS[state]! : words(state, '?', 'busy');
}

/** Who acts next, for people: the codes of a reason's `actor`. */
export const ACTOR_WORDS: Readonly<Record<string, string>> = {
  wait: 'nobody: it starts by itself',
  requester: 'the requester',
  reviewer: 'a reviewer',
  'department-head': 'the department head',
  operator: 'the operator',
  'policy-author': 'the policy author',
  nobody: 'nobody',
};

const ANSI: Readonly<Record<Tone, string>> = { good: '32', wait: '33', busy: '36', bad: '31', ended: '90' };

/** "✓ granted". */
export function stateText(state: string): string {
  const { word, icon } = wordsOf(state);
  return `${icon} ${word}`;
}

const TEXTS = new Map(Object.values(STATE_WORDS).map(({ word, icon, tone }) => [`${icon} ${word}`, tone]));
/** Between the gaps of a table, or at the ends of a line. */
const SHOWN = /(?<=^| {2})\S [a-z]+(?: [a-z]+)*(?= {2}|$|, )/g;

/** A line for a terminal: each state that `stateText` wrote in the colour of its tone. */
export function withColours(line: string): string {
  return line.replaceAll(SHOWN, (text) => {
    const tone = TEXTS.get(text);
    return tone === undefined ? text : `\u001b[${ANSI[tone]}m${text}\u001b[0m`;
  });
}
