// A department's quotas, and editing one: the effect is previewed by a dry run, and the edit holds only for the version that was read.
// Invariant: where two people edit at once, the second is shown what the first wrote, keeps what it typed, and decides again.

import { useRef, useState } from 'preact/hooks';
import { ProblemError } from '../../client/problem.ts';
import type { Api } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { may, useApi } from '../data/session.ts';
import type { Quota } from '../data/shapes.ts';
import { Confirm } from '../parts/dialog.tsx';
import { amount, label } from '../parts/format.ts';
import { Bar } from '../parts/mark.tsx';
import { Failure, Panel, Shown } from '../parts/panel.tsx';

const FIELDS = ['nominal', 'borrowingLimit', 'lendingLimit'] as const;
type Field = (typeof FIELDS)[number];

export function Quotas({ department }: { readonly department: string }) {
  const [edited, setEdited] = useState<Quota | null>(null);
  const quotas = useResource({
    key: `quotas/${department}`,
    load: (api) => api.all<Quota>('/v1/quotas', { query: { department } }),
    everyMs: 3000,
  });
  return (
    <Panel title="Quotas" wide note="the mark is its own share; budgets stand in the organisation's files">
      <Shown
        of={quotas}
        empty={{ when: (all) => all.length === 0, say: 'It has no quota: it is not limited in any kind.' }}
      >
        {(all) => (
          <table>
            <thead>
              <tr>
                {['kind', 'cohort', 'use', 'used', 'own', 'may borrow', 'lends', ''].map((title, at) => (
                  <th key={title} scope="col" class={at > 2 && at < 7 ? 'number' : ''}>
                    {title === '' ? <span class="hidden">edit</span> : title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {all.map((quota) => (
                <QuotaRow key={quota.kind} quota={quota} onEdit={() => setEdited(quota)} />
              ))}
            </tbody>
          </table>
        )}
      </Shown>
      {edited === null ? null : (
        <EditQuota quota={edited} onDone={quotas.reload} onClose={() => setEdited(null)} />
      )}
    </Panel>
  );
}

function QuotaRow({ quota, onEdit }: { readonly quota: Quota; readonly onEdit: () => void }) {
  const { kind, cohort, used, nominal, borrowingLimit, lendingLimit } = quota;
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>{cohort ?? '–'}</td>
      <td>
        <Bar used={used} of={nominal + borrowingLimit} mark={nominal} />
      </td>
      <td class="number">{amount(used)}</td>
      <td class="number">{amount(nominal)}</td>
      <td class="number">{amount(borrowingLimit)}</td>
      <td class="number">{amount(lendingLimit)}</td>
      <td>
        {may('editQuotas') ? (
          <button type="button" onClick={onEdit} aria-label={`Edit the quota of ${kind}`}>
            Edit
          </button>
        ) : null}
      </td>
    </tr>
  );
}

interface Preview {
  readonly used: number | null;
  readonly belowUse: boolean | null;
  readonly impossibleRequests: number | null;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

type Values = Readonly<Record<Field, string>>;

interface EditProps {
  readonly quota: Quota;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function pathOf({ department, kind }: Quota): string {
  return `/v1/quotas/${encodeURIComponent(department)}/${encodeURIComponent(kind)}`;
}

function bodyOf(values: Values, { cohort }: Quota) {
  const numbers = Object.fromEntries(FIELDS.map((field) => [field, Number(values[field])]));
  return { ...numbers, cohort };
}

/** What was read and what is typed. The version is read anew as the dialog opens: that of a list may be old. */
function EditQuota({ quota, onDone, onClose }: EditProps) {
  const base = useResource({
    key: pathOf(quota),
    load: (api) => api.getVersioned<Quota>(pathOf(quota)),
    everyMs: 0,
  });
  return base.value === null ? (
    base.loading ? null : (
      <Failure of={base.error} />
    )
  ) : (
    <EditForm base={base.value} onDone={onDone} onClose={onClose} />
  );
}

interface FormProps extends Omit<EditProps, 'quota'> {
  readonly base: { readonly value: Quota; readonly etag: string };
}

function EditForm({ base, onDone, onClose }: FormProps) {
  const api = useApi();
  const [known, setKnown] = useState(base);
  const [values, setValues] = useState<Values>(valuesOf(base.value));
  const [preview, setPreview] = useState<Preview | null>(null);
  const [conflict, setConflict] = useState(false);
  const asked = useRef(0);
  const act = {
    method: 'PUT',
    path: pathOf(known.value),
    body: bodyOf(values, known.value),
    base: known.etag,
  } as const;
  const isSound = FIELDS.every((field) => /^\d{1,15}$/.test(values[field]));
  const look = async (next: Values): Promise<void> => {
    setValues(next);
    setPreview(null);
    asked.current += 1;
    if (!FIELDS.every((field) => /^\d{1,15}$/.test(next[field]))) return;
    const turn = asked.current;
    const seen = await previewOf(api, { ...act, body: bodyOf(next, known.value) });
    // An answer about what stood there before is no answer.
    if (turn === asked.current) setPreview(seen);
  };
  const store = async (because: string): Promise<void> => {
    if (!isSound) throw new Error('amounts are whole numbers');
    try {
      await api.act({ ...act, because });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'PRECONDITION_FAILED') throw error;
      setKnown(await api.getVersioned<Quota>(pathOf(known.value)));
      setConflict(true);
      throw error;
    }
    onDone();
  };
  return (
    <Confirm
      title={`Quota of ${known.value.department} for ${known.value.kind}`}
      verb="Change the quota"
      onConfirm={store}
      onClose={onClose}
    >
      {conflict ? (
        <p class="stale" role="status">
          Somebody else changed it meanwhile. It now stands at{' '}
          {FIELDS.map((field) => `${label(field)} ${amount(known.value[field])}`).join(', ')}. Your entries
          are kept: send them again to put them over it.
        </p>
      ) : null}
      {FIELDS.map((field) => (
        <label key={field} class="field">
          {label(field)} <span class="muted">now {amount(known.value[field])}</span>
          <input
            inputmode="numeric"
            pattern="\d{1,15}"
            required
            value={values[field]}
            onInput={(event) => void look({ ...values, [field]: event.currentTarget.value })}
          />
        </label>
      ))}
      <Effect of={preview} isSound={isSound} />
    </Confirm>
  );
}

function valuesOf(quota: Quota): Values {
  return Object.fromEntries(FIELDS.map((field) => [field, String(quota[field])])) as Values;
}

/** What is wrong with an edit is an answer too. */
async function previewOf(api: Api, act: Parameters<Api['preview']>[0]): Promise<Preview> {
  try {
    return await api.preview<Preview>(act);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { errors, problem } = error;
    const told = errors.length > 0 ? errors : [{ pointer: '', message: problem.detail ?? problem.title }];
    return { used: null, belowUse: null, impossibleRequests: null, errors: told };
  }
}

function Effect({ of, isSound }: { readonly of: Preview | null; readonly isSound: boolean }) {
  if (!isSound) return <p class="failure">Amounts are whole numbers, 0 or more.</p>;
  if (of === null) return <p class="muted">Change an amount to see its effect before it is sent.</p>;
  if (of.errors.length > 0) {
    return (
      <ul class="failure">
        {of.errors.map(({ pointer, message }) => (
          <li key={pointer + message}>
            {pointer} {message}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <p role="status">
      In use now: {amount(of.used)}.{' '}
      {of.belowUse
        ? 'That is more than it would allow: nothing is taken back, and nothing more is granted until it is below. '
        : ''}
      {of.impossibleRequests === null
        ? ''
        : of.impossibleRequests === 0
          ? 'No open request becomes impossible.'
          : `${amount(of.impossibleRequests)} open requests could never fit any more, and are denied.`}
    </p>
  );
}
