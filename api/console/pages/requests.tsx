// Requests: all that the reader may see, filtered as one types, live. The filter is in the address, so that a link shows the same.

import { useMemo } from 'preact/hooks';
import type { RequestView } from '../../client/shapes.ts';
import { STATE_WORDS } from '../../states.ts';
import { useClock } from '../data/clock.ts';
import { filtered, type ListedRequest, NO_FILTER, type RequestFilter } from '../data/requestList.ts';
import { MOST, useRequests } from '../data/requests.ts';
import { go, setQuery, useAddress } from '../data/route.ts';
import { ago, amount } from '../parts/format.ts';
import { Grid, type GridColumn } from '../parts/grid.tsx';
import { State } from '../parts/mark.tsx';
import { Failure } from '../parts/panel.tsx';

const STATES = ['queued', 'waiting', 'granted', 'denied', 'expired', 'cancelled'];

export function RequestsPage() {
  const { query } = useAddress();
  const { rows, loading, error, more } = useRequests();
  const filter = filterOf(query);
  const key = JSON.stringify(filter);
  const shown = useMemo(() => filtered(rows, filter), [rows, key]);
  const at = useClock();
  const columns = useMemo(() => columnsAt(at), [Math.floor(at / 5000)]);
  return (
    <div class="list">
      <h1>Requests</h1>
      <Filters filter={filter} rows={rows} />
      <p class="count" role="status">
        {amount(shown.length)} of {amount(rows.length)} requests
        {more ? `, the newest ${amount(MOST)} that there are` : ''}
        {loading ? '; reading the rest…' : ''}
      </p>
      {error === null ? null : <Failure of={error} />}
      {rows.length === 0 && !loading ? (
        <p class="empty">
          Nothing was asked for yet. Agents submit requests over the API; each shows up here as it is taken
          up.
        </p>
      ) : shown.length === 0 && !loading ? (
        <p class="empty">
          No request fits the filter.{' '}
          <button
            type="button"
            class="link"
            onClick={() => setQuery({ q: '', state: '', reason: '', class: '', department: '' })}
          >
            Show all
          </button>
        </p>
      ) : (
        <Grid
          label="Requests"
          rows={shown}
          columns={columns}
          onOpen={({ request }) => go(['requests', request.id])}
        />
      )}
    </div>
  );
}

function filterOf(query: Readonly<Record<string, string>>): RequestFilter {
  const { q = '', state = '', reason = '', department = '' } = query;
  return { ...NO_FILTER, text: q, state, reason, department, class: query.class ?? '' };
}

function Filters({
  filter,
  rows,
}: {
  readonly filter: RequestFilter;
  readonly rows: readonly ListedRequest[];
}) {
  const known = useMemo(
    () => ({
      reason: distinct(rows, ({ reason }) => reason),
      class: distinct(rows, ({ request }) => request.terms.class),
      department: distinct(rows, ({ request }) => request.department),
    }),
    [rows],
  );
  return (
    <search class="filters">
      <label>
        Filter{' '}
        <input
          type="search"
          data-filter
          placeholder="words, anywhere: press /"
          value={filter.text}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
          }}
        />
      </label>
      <Choice
        name="state"
        value={filter.state}
        of={STATES}
        words={(state) => STATE_WORDS[state]?.word ?? state}
      />
      <Choice name="reason" value={filter.reason} of={known.reason} />
      <Choice name="class" value={filter.class} of={known.class} />
      <Choice name="department" value={filter.department} of={known.department} />
    </search>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly words?: (value: string) => string;
}

function Choice({ name, value, of, words = (each) => each }: ChoiceProps) {
  const options = value === '' || of.includes(value) ? of : [value, ...of];
  return (
    <label>
      {name}{' '}
      <select value={value} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
        <option value="">any</option>
        {options.map((each) => (
          <option key={each} value={each}>
            {words(each)}
          </option>
        ))}
      </select>
    </label>
  );
}

function distinct(rows: readonly ListedRequest[], of: (row: ListedRequest) => string): string[] {
  const found = new Set(rows.map(of));
  found.delete('');
  return [...found].sort();
}

function columnsAt(at: number): readonly GridColumn<ListedRequest>[] {
  const age = ({ submittedAt }: RequestView) => ago(submittedAt, at);
  return [
    { title: 'State', width: '6.2rem', cell: ({ request }) => <State of={request.state} /> },
    { title: 'Asks', width: 'minmax(13rem, 1fr)', cell: (row) => row.asks },
    { title: 'Department', width: '7rem', cell: ({ request }) => request.department },
    { title: 'Agent', width: 'minmax(8rem, 0.5fr)', cell: ({ request }) => request.agent },
    { title: 'Class', width: '5.5rem', cell: ({ request }) => request.terms.class },
    {
      title: 'Reason',
      width: '10.5rem',
      cell: ({ reason }) => <span class="code">{reason === '' ? '–' : reason}</span>,
    },
    { title: 'Summary', width: 'minmax(6rem, 1.6fr)', cell: ({ request }) => request.terms.summary || '–' },
    { title: 'Submitted', width: '8rem', number: true, cell: ({ request }) => age(request) },
  ];
}
