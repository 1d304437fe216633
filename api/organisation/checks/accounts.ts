// Accounts: the tree has no cycle, ancestors measure the same, each has a budget in periods that do not overlap.
// Called by ../check.ts.

import { periodsOf } from '../calendar.ts';
import { measureOf } from '../expand.ts';
import type { AccountEntry } from '../schema.ts';
import type { Entry } from '../sections.ts';
import { parseInstant } from '../time.ts';
import { type CheckContext, checkCycles, checkReference, checkStretches, checkUnique } from './report.ts';

export function checkAccounts(context: CheckContext): void {
  const { accounts, names } = context.sections;
  checkUnique(
    context,
    'account',
    accounts.map((entry) => ({ id: entry.value.id, entry, path: ['id'] })),
  );
  const byId = new Map(accounts.map((entry) => [entry.value.id, entry]));
  for (const entry of accounts) {
    const { parent } = entry.value;
    if (parent !== undefined) {
      checkReference(context, {
        what: 'account',
        names: names.account,
        entry,
        path: ['parent'],
        wanted: parent,
      });
    }
    checkMeasure(context, entry, byId);
    entry.value.classes?.forEach((wanted, index) => {
      const path = ['classes', index];
      checkReference(context, { what: 'class', names: names.class, entry, path, wanted });
    });
    checkBudget(context, entry);
  }
  checkCycles(context, { what: 'account', entries: accounts, byId });
  checkCurrency(context);
}

function checkMeasure(
  context: CheckContext,
  entry: Entry<AccountEntry>,
  byId: ReadonlyMap<string, Entry<AccountEntry>>,
): void {
  const { measure, parent } = entry.value;
  if (measure === undefined) {
    if (parent === undefined)
      context.report(entry, [], { message: 'an account without a parent needs "measure"' });
    return;
  }
  const [wanted, other] =
    measure.type === 'money' ? (['currency', 'kind'] as const) : (['kind', 'currency'] as const);
  if (measure[wanted] === undefined) {
    context.report(entry, ['measure'], { message: `a measure of type "${measure.type}" needs "${wanted}"` });
  }
  if (measure[other] !== undefined) {
    context.reportKey(entry, ['measure', other], {
      message: `a measure of type "${measure.type}" has no "${other}"`,
    });
  }
  if (measure.type === 'use' && measure.kind !== undefined) {
    const path = ['measure', 'kind'];
    checkReference(context, {
      what: 'kind',
      names: context.sections.names.kind,
      entry,
      path,
      wanted: measure.kind,
    });
  }
  const above = parent === undefined ? null : measureOf(byId, parent);
  if (above !== null && (above.type !== measure.type || above[wanted] !== measure[wanted])) {
    const unit = above.currency ?? `${above.kind} use`;
    context.report(entry, ['measure'], {
      message: `the account above, "${parent}", measures ${unit}; leave "measure" out to do the same`,
    });
  }
}

function checkBudget(context: CheckContext, entry: Entry<AccountEntry>): void {
  const { monthly, periods } = entry.value;
  if (monthly === undefined && periods === undefined) {
    context.report(entry, [], { message: 'an account needs either "monthly" or "periods"' });
  }
  if (monthly !== undefined && periods !== undefined) {
    context.reportKey(entry, ['periods'], {
      message: 'an account has either "monthly" or "periods", not both',
    });
  }
  checkUnique(
    context,
    'period',
    (periods ?? []).map(({ id }, index) => ({ id, entry, path: ['periods', index, 'id'] })),
  );
  periods?.forEach((period, index) => {
    for (const end of ['startsAt', 'endsAt'] as const) {
      if (parseInstant(period[end]) !== null) continue;
      context.report(entry, ['periods', index, end], { message: `there is no minute ${period[end]}` });
    }
  });
  const made = periodsOf(entry.value, context.now);
  checkStretches(
    context,
    entry,
    'period',
    made.map(({ period, rule }) => ({ stretch: period, path: rule })),
  );
}

/** Prices are in one currency, so that a second one would be charged the same figure. */
function checkCurrency(context: CheckContext): void {
  let first: string | null = null;
  for (const entry of context.sections.accounts) {
    const currency = entry.value.measure?.currency;
    if (currency === undefined) continue;
    first ??= currency;
    if (currency === first) continue;
    context.report(entry, ['measure', 'currency'], {
      message: `the organisation counts money in ${first}`,
      allowed: [first],
    });
  }
}
