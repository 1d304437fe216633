// Budgets: what is spent, set aside and left of each account's present period, when it runs out at this pace, and editing one.

import { useState } from 'preact/hooks';
import type { Api } from '../data/api.ts';
import { useClock } from '../data/clock.ts';
import { useResource } from '../data/resource.ts';
import { may } from '../data/session.ts';
import type { Account, Forecast } from '../data/shapes.ts';
import { amount, instant, measured, since } from '../parts/format.ts';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { EditAmounts } from './editAmounts.tsx';

interface Budget {
  readonly account: Account;
  readonly forecast: Forecast | null;
}

const ACCOUNTS_MOST = 200;
/** Forecasts are asked for one by one: of so many, the fullest. */
const FORECASTS_MOST = 24;
const EVERY_MS = 15_000;

const WHY_NEVER: Readonly<Record<string, string>> = {
  budgetLasts: 'not in this period',
  nothingBurnt: 'nothing is spent',
  nothingElapsed: 'just begun',
  noCurrentPeriod: 'no period now',
};

/** The fullest come first; of many, so many are shown until all are asked for. */
const SHOWN = 12;

export interface BudgetsProps {
  /** Of this department alone: its account and those named after it. */
  readonly department?: string;
}

export function Budgets({ department }: BudgetsProps) {
  const [whole, setWhole] = useState(false);
  const [edited, setEdited] = useState<Account | null>(null);
  const budgets = useResource({
    key: `budgets/${department ?? ''}`,
    load: (api) => readBudgets(api, department),
    everyMs: EVERY_MS,
  });
  const at = useClock();
  return (
    <Panel title="Budgets" wide note="the present period; run-out at the pace so far">
      <Shown
        of={budgets}
        empty={{ when: (all) => all.length === 0, say: 'No account pays for anything you may see.' }}
      >
        {(all) => (
          <Scroll label="Budgets">
            <table>
              <thead>
                <tr>
                  <th scope="col">account</th>
                  <th scope="col">spent and set aside</th>
                  <th scope="col" class="number">
                    left
                  </th>
                  <th scope="col" class="number">
                    of
                  </th>
                  <th scope="col">period ends</th>
                  <th scope="col">runs out</th>
                  <th scope="col">
                    <span class="hidden">edit</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {all.slice(0, whole ? all.length : SHOWN).map(({ account, forecast }) => (
                  <BudgetRow
                    key={account.id}
                    account={account}
                    forecast={forecast}
                    at={at}
                    onEdit={() => setEdited(account)}
                  />
                ))}
              </tbody>
            </table>
            {whole || all.length <= SHOWN ? null : (
              <button type="button" class="link" onClick={() => setWhole(true)}>
                Show all {all.length}
              </button>
            )}
          </Scroll>
        )}
      </Shown>
      {edited === null ? null : (
        <EditBudget account={edited} onDone={budgets.reload} onClose={() => setEdited(null)} />
      )}
    </Panel>
  );
}

const FIELDS = ['budget', 'overcommit'] as const;

interface EditProps {
  readonly account: Account;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function EditBudget({ account, onDone, onClose }: EditProps) {
  const { id, measure, periods } = account;
  const period = periods.find(({ current }) => current);
  if (period === undefined) return null;
  const unit = measure.type === 'money' ? `minor units of ${measure.currency}` : `${measure.kind}-seconds`;
  return (
    <EditAmounts
      title={`Budget of ${id} for ${period.id}, in ${unit}`}
      verb="Change the budget"
      path={`/v1/accounts/${encodeURIComponent(id)}/periods/${encodeURIComponent(period.id)}`}
      fields={FIELDS}
      show={(value) => measured(value, measure)}
      bodyOf={(amounts) => ({ ...amounts })}
      inUse={(used) => `Spent and set aside: ${measured(used, measure)}.`}
      onDone={onDone}
      onClose={onClose}
    />
  );
}

function partOf({ periods }: Account): number {
  const period = periods.find(({ current }) => current);
  return period === undefined ? 0 : (period.spent + period.reserved) / Math.max(1, period.budget);
}

async function readBudgets(api: Api, department: string | undefined): Promise<readonly Budget[]> {
  const accounts = await api.all<Account>('/v1/accounts', { most: ACCOUNTS_MOST });
  const current = accounts.filter(
    ({ id, periods }) =>
      periods.some((period) => period.current) &&
      (department === undefined || id === department || id.startsWith(`${department}-`)),
  );
  const fullest = current.toSorted((a, b) => partOf(b) - partOf(a));
  return Promise.all(
    fullest.map(async (account, index) => ({
      account,
      forecast:
        index < FORECASTS_MOST
          ? await api.get<Forecast>(`/v1/accounts/${encodeURIComponent(account.id)}/forecast`)
          : null,
    })),
  );
}

interface RowProps extends Budget {
  readonly at: number;
  readonly onEdit: () => void;
}

function BudgetRow({ account, forecast, at, onEdit }: RowProps) {
  const period = account.periods.find(({ current }) => current);
  if (period === undefined) return null;
  const { budget, spent, reserved, available, endsAt } = period;
  const part = (value: number): string => `${budget > 0 ? Math.min(100, (100 * value) / budget) : 0}%`;
  const runsOut = forecast?.runsOutAt ?? null;
  return (
    <tr>
      <th scope="row" title={account.title}>
        {account.id}
      </th>
      <td>
        <span
          class="bar double"
          title={`spent ${measured(spent, account.measure)}, set aside ${measured(reserved, account.measure)}`}
        >
          <span class="fill" style={{ width: part(spent) }} />
          <span class="fill aside" style={{ width: part(reserved), left: part(spent) }} />
          <span class="said">
            {budget > 0 ? `${amount(Math.round((100 * (spent + reserved)) / budget))} %` : '–'}
          </span>
        </span>
      </td>
      <td class="number">{measured(available, account.measure)}</td>
      <td class="number">{measured(budget, account.measure)}</td>
      <td>{instant(endsAt).slice(0, 10)}</td>
      <td>
        {available <= 0 ? (
          <strong class="warn">used up</strong>
        ) : forecast === null ? (
          '–'
        ) : runsOut === null ? (
          (WHY_NEVER[forecast.reason ?? ''] ?? '–')
        ) : (
          <strong class="warn" title={instant(runsOut)}>
            {instant(runsOut).slice(0, 10)}, {since(runsOut, at)}
          </strong>
        )}
      </td>
      <td>
        {may('editBudgets') ? (
          <button type="button" onClick={onEdit} aria-label={`Edit the budget of ${account.id}`}>
            Edit
          </button>
        ) : null}
      </td>
    </tr>
  );
}
