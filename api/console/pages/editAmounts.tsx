// Editing amounts of one object: the effect is previewed by a dry run, and the edit holds only for the version that was read.
// Invariant: where two people edit at once, the second is shown what the first wrote beside its own entries, and decides again.
// Used by quotas.tsx and budgets.tsx.

import { useRef, useState } from 'preact/hooks';
import { ProblemError } from '../../client/problem.ts';
import type { View } from '../../client/shapes.ts';
import { useResource } from '../data/resource.ts';
import { useApi } from '../data/session.ts';
import { Confirm } from '../parts/dialog.tsx';
import { label } from '../parts/format.ts';
import { Failure } from '../parts/panel.tsx';

export interface AmountsProps {
  readonly title: string;
  readonly verb: string;
  readonly path: string;
  /** Names of the amounts, as the object and its body have them. */
  readonly fields: readonly string[];
  /** An amount in its unit. */
  readonly show: (value: number) => string;
  /** The whole body, from the amounts and what else stands in the object. */
  readonly bodyOf: (amounts: Readonly<Record<string, number>>, known: View) => View;
  /** What is in use, as a sentence. */
  readonly inUse: (used: number) => string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

interface Known {
  readonly value: View;
  readonly etag: string;
}

interface Preview {
  readonly used: number | null;
  readonly belowUse: boolean | null;
  readonly impossibleRequests: number | null;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

type Values = Readonly<Record<string, string>>;

const AMOUNT = /^\d{1,15}$/;

/** The version is read anew as the dialog opens: that of a list may be old. */
export function EditAmounts(props: AmountsProps) {
  const { path } = props;
  const base = useResource({ key: path, load: (api) => api.getVersioned<View>(path), everyMs: 0 });
  if (base.value !== null) return <Form {...props} base={base.value} />;
  return base.loading ? null : <Failure of={base.error} onRetry={base.reload} />;
}

function Form({ base, ...props }: AmountsProps & { readonly base: Known }) {
  const { title, verb, fields, onClose } = props;
  const editing = useEditing(props, base);
  const { known, values, theirs, look, store, isSound } = editing;
  return (
    <Confirm title={title} verb={verb} ready={isSound} onConfirm={store} onClose={onClose}>
      {theirs === null ? null : (
        <Conflict {...props} known={known} read={theirs} values={values} onTake={editing.takeTheirs} />
      )}
      {fields.map((field) => (
        <label key={field} class="field">
          {label(field)}{' '}
          <span class="muted">
            now {props.show(Number(known.value[field] ?? 0))}
            {isChanged(field, editing) ? `, then ${props.show(Number(values[field]))}` : ''}
          </span>
          <input
            inputmode="numeric"
            pattern="\d{1,15}"
            required
            value={values[field]}
            onInput={(event) => void look({ ...values, [field]: event.currentTarget.value })}
          />
        </label>
      ))}
      <Effect {...props} of={editing.preview} failure={editing.failure} isSound={isSound} />
    </Confirm>
  );
}

function isChanged(
  field: string,
  { known, values }: { readonly known: Known; readonly values: Values },
): boolean {
  return AMOUNT.test(values[field] ?? '') && Number(values[field]) !== Number(known.value[field] ?? 0);
}

function useEditing({ path, fields, bodyOf, onDone }: AmountsProps, base: Known) {
  const api = useApi();
  const [known, setKnown] = useState(base);
  const [values, setValues] = useState<Values>(valuesOf(fields, base.value));
  const [preview, setPreview] = useState<Preview | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  /** What was read before somebody else wrote; null: nobody did. */
  const [theirs, setTheirs] = useState<View | null>(null);
  const asked = useRef(0);
  const actOf = (next: Values, on: Known) => {
    const amounts = Object.fromEntries(fields.map((field) => [field, Number(next[field])]));
    return { method: 'PUT', path, body: bodyOf(amounts, on.value), base: on.etag } as const;
  };
  const meet = async (): Promise<Known> => {
    const now = await api.getVersioned<View>(path);
    setTheirs(known.value);
    setKnown(now);
    return now;
  };
  const look = async (next: Values, on: Known = known): Promise<void> => {
    setValues(next);
    setPreview(null);
    setFailure(null);
    asked.current += 1;
    const turn = asked.current;
    if (!fields.every((field) => AMOUNT.test(next[field] ?? ''))) return;
    try {
      const seen = await api.preview<Preview>(actOf(next, on));
      // An answer about what stood there before is no answer.
      if (turn === asked.current) setPreview(seen);
    } catch (error) {
      if (turn !== asked.current) return;
      if (isOvertaken(error)) await look(next, await meet());
      else setFailure(error);
    }
  };
  return {
    ...{ known, values, preview, failure, theirs, look },
    isSound: fields.every((field) => AMOUNT.test(values[field] ?? '')),
    takeTheirs: () => void look(valuesOf(fields, known.value)),
    async store(because: string): Promise<void> {
      try {
        await api.act({ ...actOf(values, known), because });
      } catch (error) {
        if (isOvertaken(error)) void look(values, await meet());
        throw error;
      }
      onDone();
    },
  };
}

function isOvertaken(error: unknown): boolean {
  return error instanceof ProblemError && error.code === 'PRECONDITION_FAILED';
}

function valuesOf(fields: readonly string[], value: View): Values {
  return Object.fromEntries(fields.map((field) => [field, String(value[field] ?? 0)]));
}

interface ConflictProps extends Pick<AmountsProps, 'fields' | 'show'> {
  readonly known: Known;
  readonly read: View;
  readonly values: Values;
  readonly onTake: () => void;
}

function Conflict({ fields, show, known, read, values, onTake }: ConflictProps) {
  return (
    <div class="conflict" role="status">
      <p>
        Somebody else changed it meanwhile. Your entries are kept: send them again to put them over theirs.
      </p>
      <table>
        <thead>
          <tr>
            {['', 'you read', 'theirs, in force', 'yours'].map((title, at) => (
              <th key={title} scope="col" class={at === 0 ? '' : 'number'}>
                {title === '' ? <span class="hidden">amount</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{label(field)}</th>
              <td class="number">{show(Number(read[field] ?? 0))}</td>
              <td class="number">{show(Number(known.value[field] ?? 0))}</td>
              <td class="number">{AMOUNT.test(values[field] ?? '') ? show(Number(values[field])) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" onClick={onTake}>
        Take theirs
      </button>
    </div>
  );
}

interface EffectProps extends Pick<AmountsProps, 'inUse'> {
  readonly of: Preview | null;
  readonly failure: unknown;
  readonly isSound: boolean;
}

function Effect({ of, failure, isSound, inUse }: EffectProps) {
  if (!isSound) return <p class="failure">Amounts are whole numbers, 0 or more.</p>;
  if (failure !== null) return <Failure of={failure} />;
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
  return <p role="status">{effectOf(of, inUse)}</p>;
}

function effectOf(
  { used, belowUse, impossibleRequests: lost }: Preview,
  inUse: AmountsProps['inUse'],
): string {
  const said = used === null ? [] : [inUse(used)];
  if (belowUse)
    said.push(
      'That is more than it would allow: nothing is taken back, and nothing more is granted until it is below.',
    );
  if (lost === 0) said.push('No open request becomes impossible.');
  else if (lost !== null) said.push(`${lost} open requests could never fit any more, and are denied.`);
  return said.join(' ');
}
