// What happened to a request, in order: each event with who did it, under which policy and epoch, in which tick.

import type { EventDocument } from '../../client/shapes.ts';
import { wordsOf } from '../../states.ts';
import { instant, label, plain, short } from '../parts/format.ts';
import { TickLink } from '../parts/mark.tsx';
import { Panel } from '../parts/panel.tsx';

const NAME = /^annona\.([a-z]+)\.([a-z-]+)\.v\d+$/;
/** Said elsewhere on the page, at length. */
const LEFT_OUT = new Set(['reasons', 'allocations', 'reservations', 'options', 'terms']);

export function Timeline({ events }: { readonly events: readonly EventDocument[] }) {
  return (
    <Panel title="Timeline" wide note="oldest first">
      {events.length === 0 ? <p class="empty">No event yet.</p> : null}
      <ol class="timeline">
        {events.map((event) => (
          <Entry key={event.id} event={event} />
        ))}
      </ol>
    </Panel>
  );
}

function Entry({ event }: { readonly event: EventDocument }) {
  const [, noun = event.type, verb = ''] = NAME.exec(event.type) ?? [];
  const { icon, tone } = wordsOf(verb);
  const { reasons } = event.data as { readonly reasons?: readonly { readonly code: string }[] };
  const codes = (reasons ?? []).map(({ code }) => code).join(', ');
  const rest = Object.fromEntries(Object.entries(event.data).filter(([name]) => !LEFT_OUT.has(name)));
  return (
    <li>
      <time dateTime={event.at}>{instant(event.at)}</time>
      <span class={`state ${tone}`}>
        <span aria-hidden="true">{icon === '?' ? '•' : icon}</span> {label(noun)} {verb}
      </span>
      <span class="code">{codes}</span>
      <span class="muted">
        tick <TickLink tick={event.tick} />, by {event.agent}, policy {short(event.policyRevision)}, epoch{' '}
        {event.epoch}
        {event.lease === null ? '' : `, lease ${event.lease}`}
        {Object.keys(rest).length === 0 ? '' : `; ${plain(rest)}`}
      </span>
    </li>
  );
}
