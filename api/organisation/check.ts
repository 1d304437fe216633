// What no schema can say, in one list: every reference resolves, ids are unique, sums and stretches hold.
// Invariant: no finding is what makes expand.ts throw or guess; a tree without problems expands. Called by load.ts.

import type { Instant } from '../../scheduler/index.ts';
import { checkAccounts } from './checks/accounts.ts';
import { checkCells } from './checks/cells.ts';
import { checkAgents, checkClasses, checkDepartments } from './checks/departments.ts';
import { checkPolicyLimits } from './checks/limits.ts';
import { checkPools } from './checks/pools.ts';
import { checkQuotas } from './checks/quotas.ts';
import type { CheckContext } from './checks/report.ts';
import type { Problem } from './problem.ts';
import type { Sections } from './sections.ts';

export function checkSections(sections: Sections, now: Instant): readonly Problem[] {
  const problems: Problem[] = [];
  const context: CheckContext = {
    sections,
    now,
    report({ source, path }, below, finding) {
      problems.push({ file: source.file, ...source.position([...path, ...below], 'value'), ...finding });
    },
    reportKey({ source, path }, below, finding) {
      problems.push({ file: source.file, ...source.position([...path, ...below], 'key'), ...finding });
    },
  };
  checkClasses(context);
  checkDepartments(context);
  checkAgents(context);
  checkPools(context);
  checkQuotas(context);
  checkAccounts(context);
  checkPolicyLimits(context);
  checkCells(context);
  return problems;
}
