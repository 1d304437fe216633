// Reviews: what waits for a Ruling, why the policy asks for one, and the ruling itself. Four eyes: nobody rules on the own department.

import { useState } from 'preact/hooks';
import { linkTo } from '../data/address.ts';
import { useClock } from '../data/clock.ts';
import { type Resource, useResource } from '../data/resource.ts';
import { setQuery, useAddress } from '../data/route.ts';
import { may, useApi, useMe } from '../data/session.ts';
import type { Approval } from '../data/shapes.ts';
import { Confirm } from '../parts/dialog.tsx';
import { asks, instant, since, span } from '../parts/format.ts';
import { Facts, RequestLink, State } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';

const MOST = 500;

export function ReviewsPage() {
  const { query } = useAddress();
  const state = query.state ?? 'scheduled';
  const approvals = useResource({
    key: `approvals/${state}`,
    load: (api) =>
      api.all<Approval>('/v1/approvals', { query: state === 'all' ? {} : { state }, most: MOST }),
    everyMs: 2000,
  });
  return (
    <>
      <h1>Reviews</h1>
      <search class="filters">
        <label>
          state{' '}
          <select
            data-filter
            value={state}
            onChange={(event) => setQuery({ state: event.currentTarget.value })}
          >
            <option value="scheduled">waits for a ruling</option>
            <option value="seeking">seeks a slot</option>
            <option value="approved">approved</option>
            <option value="rejected">rejected</option>
            <option value="all">all</option>
          </select>
        </label>
      </search>
      <Shown
        of={approvals}
        empty={{
          when: (all) => all.length === 0,
          say:
            state === 'scheduled'
              ? 'Nothing waits for a ruling. What a policy asks to be reviewed shows up here with its slot.'
              : 'There is none in this state.',
        }}
      >
        {(all) => (
          <div class="panels">
            {all.map((approval) => (
              <Review key={approval.id} approval={approval} resource={approvals} />
            ))}
          </div>
        )}
      </Shown>
    </>
  );
}

interface ReviewProps {
  readonly approval: Approval;
  readonly resource: Resource<readonly Approval[]>;
}

function Review({ approval, resource }: ReviewProps) {
  const me = useMe();
  const at = useClock();
  const [asked, setAsked] = useState<'approve' | 'reject' | null>(null);
  const { slot, ruling } = approval;
  const isOwn = approval.department === me.department;
  return (
    <Panel title={`${asks(approval.options)} for ${approval.agent}`} note={<State of={approval.state} />}>
      {approval.summary ? <p class="summary">{approval.summary}</p> : null}
      <p>
        The rule <span class="code">{approval.rule}</span> asks for a review by someone with the skill{' '}
        <strong>{approval.skill}</strong>.
      </p>
      <Facts
        of={{
          request: <RequestLink id={approval.request} />,
          department: <a href={linkTo(['departments', approval.department])}>{approval.department}</a>,
          purpose: approval.purpose,
          classification: approval.classification,
          class: approval.class,
          duration: span(approval.durationSeconds * 1000),
          slot:
            slot === null ? 'none yet' : `${slot.pool}, ${instant(slot.startsAt)} to ${instant(slot.endsAt)}`,
          ruleBefore: slot === null ? null : since(slot.endsAt, at),
          attempt: `${approval.attempt} of 3`,
        }}
      />
      {ruling === null ? null : (
        <p>
          {ruling.verdict === 'approve' ? 'Approved' : 'Rejected'} by {ruling.by} at {instant(ruling.at)}:{' '}
          {ruling.reason}
        </p>
      )}
      {may('rule') && approval.state === 'scheduled' ? (
        isOwn ? (
          <p class="muted">It is of your own department: someone else rules on it.</p>
        ) : (
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked('approve')}>
              Approve
            </button>
            <button type="button" class="danger" onClick={() => setAsked('reject')}>
              Reject
            </button>
          </div>
        )
      ) : null}
      {asked === null ? null : (
        <Rule approval={approval} verdict={asked} onDone={resource.reload} onClose={() => setAsked(null)} />
      )}
    </Panel>
  );
}

interface RuleProps {
  readonly approval: Approval;
  readonly verdict: 'approve' | 'reject';
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function Rule({ approval, verdict, onDone, onClose }: RuleProps) {
  const api = useApi();
  const rule = async (reason: string): Promise<void> => {
    const path = `/v1/approvals/${encodeURIComponent(approval.id)}/ruling`;
    await api.act({
      method: 'POST',
      path,
      body: { verdict, reason, digest: approval.digest },
      because: reason,
    });
    onDone();
  };
  return (
    <Confirm
      title={verdict === 'approve' ? 'Approve this?' : 'Reject this?'}
      verb={verdict === 'approve' ? 'Approve' : 'Reject'}
      danger={verdict === 'reject'}
      onConfirm={rule}
      onClose={onClose}
    >
      <p>
        {asks(approval.options)} for {approval.agent}, {approval.purpose || 'without a stated purpose'}. Your
        reason is told to whoever asked.
      </p>
      <p class="muted">
        The ruling binds to what you see here: if the request changed meanwhile, it is refused.
      </p>
    </Confirm>
  );
}
