// One request: why it is as it is, what it could take, who holds what it wants, what would admit it, and all that happened to it.
// Invariant: the numbers are the server's explanation at one instant; acting on it needs a confirmation and a reason.

import { useState } from 'preact/hooks';
import type { EventDocument, RequestView } from '../../client/shapes.ts';
import { linkTo } from '../data/address.ts';
import type { Api } from '../data/api.ts';
import { apiBase } from '../data/browser.ts';
import { useClock } from '../data/clock.ts';
import { type Resource, useResource } from '../data/resource.ts';
import { may, useApi, useMe } from '../data/session.ts';
import type { Explanation } from '../data/shapes.ts';
import { NO_ESTIMATE_WORDS, NO_PROMISE_WORDS, said } from '../parts/codes.ts';
import { CopyButton, download } from '../parts/copy.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { amount, asks, instant, since, span } from '../parts/format.ts';
import { Facts, ReasonBox, RequestLink, State, TickLink } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Candidates } from './candidates.tsx';
import { Offers } from './offers.tsx';
import { Holders, Takes } from './requestWhy.tsx';
import { Timeline } from './timeline.tsx';

interface Whole {
  readonly request: RequestView;
  readonly explanation: Explanation;
  readonly events: readonly EventDocument[];
}

const EVENTS_MOST = 500;
const OPEN = new Set(['queued', 'waiting']);

export function RequestPage({ id }: { readonly id: string }) {
  const whole = useResource<Whole>({ key: id, load: (api) => read(api, id), everyMs: 1000 });
  return (
    <>
      <p class="crumbs">
        <a href={linkTo(['requests'])}>Requests</a> › <span class="id">{id}</span>
      </p>
      <Shown of={whole}>{(value) => <Request whole={value} resource={whole} />}</Shown>
    </>
  );
}

async function read(api: Api, id: string): Promise<Whole> {
  const path = `/v1/requests/${encodeURIComponent(id)}`;
  const [request, explanation, events] = await Promise.all([
    api.get<RequestView>(path),
    api.get<Explanation>(`${path}/explanation`),
    api.all<EventDocument>('/v1/events', { query: { request: id }, most: EVENTS_MOST }),
  ]);
  return { request, explanation, events };
}

function Request({ whole, resource }: { readonly whole: Whole; readonly resource: Resource<Whole> }) {
  const { request, explanation, events } = whole;
  const { terms } = request;
  return (
    <>
      <h1>
        <State of={request.state} /> {asks(request.options)}
      </h1>
      {terms.summary ? <p class="summary">{terms.summary}</p> : null}
      <Actions whole={whole} onDone={resource.reload} />
      <div class="panels">
        <Panel title="Why" note={<AsOf of={explanation} />}>
          {explanation.reasons.length === 0 ? (
            <p class="empty">
              {request.state === 'queued' ? 'The next tick takes it up.' : 'Nothing stands in its way.'}
            </p>
          ) : (
            explanation.reasons.map((reason) => <ReasonBox key={JSON.stringify(reason)} reason={reason} />)
          )}
          <p>
            <a href={linkTo(['departments', request.department])}>
              Is that fair to {request.department}, and how long do its budgets last?
            </a>
          </p>
        </Panel>
        <Panel title="What it is">
          <Facts
            of={{
              department: <a href={linkTo(['departments', request.department])}>{request.department}</a>,
              agent: request.agent,
              class: terms.class,
              asks: asks(request.options),
              duration: span(terms.durationSeconds * 1000),
              classification: terms.classification,
              purpose: terms.purpose,
              clientRequestId: request.clientRequestId,
              submitted: instant(request.submittedAt),
              decided: instant(request.decidedAt),
              tick: <TickLink tick={request.tick} />,
              lease: request.lease,
              ...(request.restartOf === null ? {} : { restartOf: <RequestLink id={request.restartOf} /> }),
              ...(request.approvalOf === null
                ? {}
                : { reviewOf: <RequestLink id={request.approvalOf.request} /> }),
            }}
          />
        </Panel>
        {OPEN.has(request.state) ? <Start of={explanation} /> : null}
        <Offers request={request} of={explanation} readAt={resource.at} onDone={resource.reload} />
        <Holders of={explanation} />
        <Candidates request={request} of={explanation} />
        <Takes request={request} of={explanation} />
        <Timeline events={events} />
      </div>
    </>
  );
}

function AsOf({ of: { tick, at, live } }: { readonly of: Explanation }) {
  if (tick === null) return null;
  return (
    <>
      as of tick <TickLink tick={tick} /> at {instant(at)}
      {live ? '' : ', when it was last decided'}
    </>
  );
}

function Start({ of: { position, reservation, estimate, noEstimate } }: { readonly of: Explanation }) {
  const at = useClock();
  return (
    <Panel title="When it may start">
      {estimate === null ? (
        <p>
          {noEstimate === null
            ? 'Nobody has estimated it yet.'
            : `There is no estimate: ${said(NO_ESTIMATE_WORDS, noEstimate)}.`}
        </p>
      ) : (
        <>
          <p class="big">
            {Date.parse(estimate.p90) <= at ? (
              'any moment: later than was estimated'
            ) : (
              <>
                {Date.parse(estimate.p10) <= at ? 'now' : since(estimate.p10, at)}
                {since(estimate.p10, at) === since(estimate.p90, at) ? null : (
                  <>
                    {' '}
                    <span class="muted">to</span> {since(estimate.p90, at)}
                  </>
                )}
              </>
            )}
          </p>
          <p class="muted">
            most likely around {instant(estimate.p50, at)}; nine of ten start by {instant(estimate.p90, at)}
            {estimate.coverage === null
              ? ''
              : `. Of the last ${amount(estimate.coverage.of)} such estimates ${amount(estimate.coverage.covered)} held`}
            . An estimate, no promise.
          </p>
        </>
      )}
      <Facts
        of={{
          position:
            position === null
              ? null
              : `behind ${amount(position.ahead)} ${position.ahead === 1 ? 'other' : 'others'} of class ${position.class}`,
          promisedStart:
            reservation === null
              ? 'none'
              : reservation.startsAt === null
                ? `none: ${said(NO_PROMISE_WORDS, reservation.why ?? 'notDue')}`
                : `${instant(reservation.startsAt)} or earlier`,
        }}
      />
    </Panel>
  );
}

function Actions({ whole, onDone }: { readonly whole: Whole; readonly onDone: () => void }) {
  const { request, explanation, events } = whole;
  const api = useApi();
  const me = useMe();
  const [asked, setAsked] = useState(false);
  const url = apiBase().replace(/\/$/, '');
  const mayCancel =
    may('cancel') && (me.agent === null ? me.department === request.department : me.agent === request.agent);
  const cancel = async (because: string): Promise<void> => {
    await api.act({ method: 'POST', path: `/v1/requests/${encodeURIComponent(request.id)}/cancel`, because });
    onDone();
  };
  return (
    <div class="actions">
      <CopyButton text={`npx annona request explain ${request.id} --url ${url}`}>Copy as CLI</CopyButton>
      <button type="button" onClick={() => download(`${request.id}.json`, { request, explanation, events })}>
        Download JSON
      </button>
      {mayCancel && (OPEN.has(request.state) || request.state === 'granted') ? (
        <button type="button" class="danger" onClick={() => setAsked(true)}>
          {request.state === 'granted' ? 'Release' : 'Cancel'}
        </button>
      ) : null}
      {asked ? (
        <Confirm
          title="Cancel this request?"
          verb="Cancel the request"
          danger
          onConfirm={cancel}
          onClose={() => setAsked(false)}
        >
          <p>
            {request.state === 'granted'
              ? 'Its lease is released, and its units go to those who wait.'
              : 'It leaves the queue. Who wants it back submits it again, at the end.'}
          </p>
        </Confirm>
      ) : null}
    </div>
  );
}
