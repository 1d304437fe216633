// What a waiting request could have at once if it asked otherwise: to hold for some seconds, to let go, and to accept.
// Invariant: only the requesting agent acts, with a reason; how long a hold lasts is counted by the server's clock.

import { useState } from 'preact/hooks';
import type { Reason, RequestView } from '../../client/shapes.ts';
import type { Api } from '../data/api.ts';
import { later } from '../data/browser.ts';
import { useClock } from '../data/clock.ts';
import { go } from '../data/route.ts';
import { useApi, useMe } from '../data/session.ts';
import type { Explanation, HeldOffer, Offer } from '../data/shapes.ts';
import { HOLD_SECONDS } from '../parts/codes.ts';
import { Confirm } from '../parts/dialog.tsx';
import { amount, instant, label, plain, span } from '../parts/format.ts';
import { ReasonBox, RequestLink } from '../parts/mark.tsx';
import { Panel } from '../parts/panel.tsx';

export interface OffersProps {
  readonly request: RequestView;
  readonly of: Explanation;
  /** When the explanation was read, by this browser's clock. */
  readonly readAt: number | null;
  readonly onDone: () => void;
}

interface Asked {
  readonly act: 'accept' | 'hold' | 'letGo';
  readonly offer: string;
  /** What it is, in words. */
  readonly what: string;
}

export function Offers({ request, of, readAt, onDone }: OffersProps) {
  const { offers, heldOffer: held, tick } = of;
  const me = useMe();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [refused, setRefused] = useState<readonly Reason[]>([]);
  if ((offers === null && held === null) || request.state !== 'waiting') return null;
  const mine = me.agent === request.agent;
  const ask = (act: Asked['act'], offer: string, what: string) => () => setAsked({ act, offer, what });
  const others = (offers ?? []).filter(({ id }) => id !== held?.offer);
  return (
    <Panel title="What to change" note={tick === null ? undefined : 'each of these would start at once'}>
      {held === null ? null : <Held held={held} of={of} readAt={readAt} mine={mine} ask={ask} />}
      {others.length === 0 && held === null ? (
        <p class="empty">
          Nothing smaller, other, later or shorter would start now. What it waits for stands under Why.
        </p>
      ) : null}
      <ul class="offers">
        {others.map((offer) => (
          <li key={offer.id}>
            <div class="offer">
              <p>
                {wordsOf(offer)}; until{' '}
                {instant(offer.grant.endsAt, of.at === null ? undefined : Date.parse(of.at))}
              </p>
              {mine ? (
                <div class="acts">
                  <button type="button" onClick={ask('accept', offer.id, wordsOf(offer))}>
                    Accept
                  </button>
                  {held === null ? (
                    <button type="button" onClick={ask('hold', offer.id, wordsOf(offer))}>
                      Hold
                    </button>
                  ) : null}
                </div>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
      {refused.length === 0 ? null : (
        <div role="alert">
          <p>It could not be held.</p>
          {refused.map((reason) => (
            <ReasonBox key={JSON.stringify(reason)} reason={reason} />
          ))}
        </div>
      )}
      {mine || (others.length === 0 && held === null) ? null : (
        <p class="muted">{request.agent} itself can hold or accept one.</p>
      )}
      {asked === null ? null : (
        <Act {...{ asked, request, held, onDone }} onRefused={setRefused} onClose={() => setAsked(null)} />
      )}
    </Panel>
  );
}

interface HeldProps extends Pick<OffersProps, 'of' | 'readAt'> {
  readonly held: HeldOffer;
  readonly mine: boolean;
  readonly ask: (act: Asked['act'], offer: string, what: string) => () => void;
}

/** The server's present is that of what was read, and what has passed since. */
function Held({ held, of, readAt, mine, ask }: HeldProps) {
  const clock = useClock();
  const at = Date.parse(of.at ?? held.until) + (readAt === null ? 0 : Math.max(0, clock - readAt));
  const left = Date.parse(held.until) - at;
  const what = held.options.map(({ claims }) => claims.map(claimText).join(' + ')).join(' or ');
  return (
    <div class="held">
      <p role="status">
        <strong>
          {mine ? 'Held for you' : 'Held'} until {instant(held.until, at)}:
        </strong>{' '}
        {what}
      </p>
      <p class="muted">
        {left > 0 ? `${span(left)} left` : 'its time is over'}; <RequestLink id={held.id} /> keeps the units.
      </p>
      {mine ? (
        <div class="acts">
          <button type="button" class="primary" onClick={ask('accept', held.offer, what)}>
            Accept what is held
          </button>
          <button type="button" onClick={ask('letGo', held.offer, what)}>
            Let go
          </button>
        </div>
      ) : null}
    </div>
  );
}

function claimText({ kind, quantity, selector }: HeldOffer['options'][number]['claims'][number]): string {
  return `${amount(quantity)} ${kind}${selector === undefined ? '' : ` (${plain(selector)})`}`;
}

interface ActProps extends Pick<OffersProps, 'request' | 'onDone'> {
  readonly asked: Asked;
  readonly held: HeldOffer | null;
  readonly onRefused: (reasons: readonly Reason[]) => void;
  readonly onClose: () => void;
}

function Act({ asked, request, held, onDone, onRefused, onClose }: ActProps) {
  const api = useApi();
  const path = `/v1/requests/${encodeURIComponent(request.id)}/offers/${encodeURIComponent(asked.offer)}`;
  const accept = async (because: string): Promise<void> => {
    const taken = await post<{ readonly id: string }>(api, `${path}/accept`, because);
    onDone();
    go(['requests', taken.id]);
  };
  const hold = async (because: string): Promise<void> => {
    onRefused([]);
    const { id } = await post<{ readonly id: string }>(api, `${path}/hold`, because);
    onRefused(await refusalOf(api, id));
    onDone();
  };
  const letGo = async (because: string): Promise<void> => {
    if (held === null) return;
    await api.act({ method: 'POST', path: `/v1/requests/${encodeURIComponent(held.id)}/cancel`, because });
    onDone();
  };
  const words = WORDS[asked.act];
  const run = { accept, hold, letGo }[asked.act];
  return (
    <Confirm title={words.title} verb={words.verb} onConfirm={run} onClose={onClose}>
      <p>{asked.what}.</p>
      <p class="muted">{words.means}</p>
    </Confirm>
  );
}

const WORDS: Readonly<
  Record<Asked['act'], { readonly title: string; readonly verb: string; readonly means: string }>
> = {
  accept: {
    title: 'Take this instead?',
    verb: 'Accept the offer',
    means: 'The request as it stands ends, and the offered one takes its place.',
  },
  hold: {
    title: 'Hold this offer?',
    verb: 'Hold the offer',
    means: `The next tick keeps its units for ${HOLD_SECONDS} seconds, so that nobody else is given them while you decide. The request goes on waiting; an agent holds one offer at a time.`,
  },
  letGo: {
    title: 'Let go of what is held?',
    verb: 'Let go',
    means: 'The units go to those who wait. The request goes on waiting as it stands.',
  },
};

function post<Answer>(api: Api, path: string, because: string): Promise<Answer> {
  return api.act<Answer>({ method: 'POST', path, base: '*', because });
}

const LOOKS = 20;
const LOOK_MS = 150;

/** Why the tick did not keep it; empty where it did, or says nothing yet. */
async function refusalOf(api: Api, id: string): Promise<readonly Reason[]> {
  for (let look = 0; look < LOOKS; look++) {
    const { state, reasons } = await api.get<RequestView>(`/v1/requests/${encodeURIComponent(id)}`);
    if (state === 'denied' || state === 'expired') return reasons;
    if (state !== 'queued') return [];
    await later(LOOK_MS);
  }
  return [];
}

function wordsOf({ changes }: Offer): string {
  return changes.map((change) => changeText(change)).join('; ');
}

function changeText(change: Readonly<Record<string, unknown>>): string {
  const { field, from, to, kind, label: name } = change;
  const what = [kind, name, field === 'quantity' || field === 'label' ? null : label(String(field))]
    .filter(Boolean)
    .join(' ');
  return `${what}: ${plain(to)} instead of ${plain(from)}`;
}
