// What a stranger wants to know, answered from the page alone: why this request waits, who holds what it wants, what to change, whether the
// scheduler is fair to the department, and when its budget runs out. For its head and for the agent that asked, by links and keys.
import { expect, it } from 'vitest';
import { CHROMIUM } from '../browser.ts';
import { AUTHOR, HEAD, keepHeld, WAITER } from '../rig.ts';
import type { Stage } from './stage.ts';

const ACCOUNT = '/v1/accounts/research-training';

interface Period {
  readonly id: string;
  readonly current: boolean;
  readonly spent: number;
  readonly reserved: number;
}

/** Sets aside something of the account, and leaves it one minor unit more: at that pace it runs out at once. */
async function runShort({ rig }: Stage): Promise<void> {
  await keepHeld(rig);
  const spender = await rig.client({ role: 'agent', department: 'research', agent: 'trainer-01' });
  await spender.submit(
    {
      clientRequestId: 'spend-1',
      options: [{ claims: [{ kind: 'gpu', quantity: 8, selector: { model: 'A100' } }] }],
      terms: {
        class: 'standard',
        durationSeconds: 7200,
        purpose: 'training of a model',
        summary: 'Training',
      },
    },
    { waitSeconds: 20 },
  );
  const { edits, get } = await rig.client(AUTHOR);
  const { periods } = (await get(ACCOUNT)) as { periods: Period[] };
  const period = periods.find(({ current }) => current);
  if (period === undefined) throw new Error('the account has no period now');
  expect(period.reserved).toBeGreaterThan(0);
  const path = `${ACCOUNT}/periods/${period.id}`;
  const { etag } = await edits.read(path);
  await edits.put(path, { budget: period.spent + period.reserved + 1, overcommit: 0 }, { base: etag });
}

export function answersFiveQuestions(stage: Stage): void {
  it.skipIf(!CHROMIUM)('runs a budget short', () => runShort(stage));

  it.skipIf(!CHROMIUM).each([
    ['the head of the department', HEAD],
    ['the agent that asked', WAITER],
  ] as const)('answers five questions from the page alone, to %s', async (_who, holder) => {
    const { page, errors, close } = await stage.looking(holder);
    const panel = (name: string) => page.getByRole('region', { name, exact: true });
    // Why do requests wait, in words, without a hover; and from there to the one.
    await panel('Why requests wait').getByText('Units return when leases end', { exact: false }).waitFor();
    await panel('Why requests wait').getByRole('link', { name: 'POOL_FULL' }).focus();
    await page.keyboard.press('Enter');
    // A key that comes before the list goes to nobody.
    await page.getByRole('heading', { name: 'Requests' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('nightly evaluation');
    await page.getByText('1 of ', { exact: false }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await panel('Why').waitFor();
    expect(page.url()).toContain(stage.waiting);
    expect(await panel('Why').textContent()).toMatch(/POOL_FULL.*acts next.*nobody: it starts by itself/);
    expect(await panel('When it may start').textContent()).toMatch(/behind 1 other of class standard/);
    expect(await panel('Who holds what it wants').textContent()).toMatch(
      /It asks for 32; 16 are left, 144 are held\..*64 by judge-14 of research, until \d{4}-/s,
    );
    expect(await panel('What to change').textContent()).toMatch(/gpu: 16 instead of 32/);
    const accepts = await panel('What to change').getByRole('button', { name: 'Accept' }).count();
    expect(accepts > 0).toBe(holder === WAITER);
    await page.getByRole('link', { name: /Is that fair to research/ }).focus();
    await page.keyboard.press('Enter');
    // Units that were held for a moment are of seven days a part that may round to nothing.
    await panel('Scorecard').getByText('times its part', { exact: false }).waitFor();
    expect(await panel('Scorecard').textContent()).toMatch(
      /It held \d+\.\d % of all \w+.*Its weight stands for \d+\.\d % of what is scarce: it had \d+(?:\.\d)? times/,
    );
    const row = panel('Budgets').getByRole('row', { name: /^research/ });
    await row.first().waitFor();
    const runsOut = await row.allTextContents();
    const training = runsOut.filter((text) => text.startsWith('research-training'));
    expect(training).toEqual(
      // An agent sees the accounts that pay for it.
      holder === WAITER ? [] : [expect.stringMatching(/100 %.*\d{4}-\d\d-\d\d, (?:in )?\d+ \w+/)],
    );
    expect(runsOut.every((text) => /not in this period|nothing is spent|used up|, in |ago/.test(text))).toBe(
      true,
    );
    expect(errors).toEqual([]);
    await close();
  });
}
