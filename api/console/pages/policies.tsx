// Policies: what is in force, which bundles there are, a candidate on live traffic, what was decided rule by rule, and a workbench to edit in.
// Invariant: nothing is edited live: what comes into force is a signed bundle, activated or rolled back under the sequence that was read.

import { useState } from 'preact/hooks';
import type { Page } from '../../client/shapes.ts';
import type { Bundle, PolicyStatus } from '../data/policyShapes.ts';
import { type Resource, useResource } from '../data/resource.ts';
import { may, useApi } from '../data/session.ts';
import { Confirm } from '../parts/dialog.tsx';
import { amount, instant, plain, short } from '../parts/format.ts';
import { Facts } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Decisions } from './decisions.tsx';
import { Workbench } from './workbench.tsx';

export function PoliciesPage() {
  const status = useResource({
    key: 'policies/status',
    load: (api) => api.get<PolicyStatus>('/v1/policies/status'),
    everyMs: 3000,
  });
  const bundles = useResource({
    key: 'policies',
    load: async (api) => (await api.get<Page<Bundle>>('/v1/policies', { limit: 100 })).items,
    everyMs: 10_000,
  });
  const reload = (): void => {
    status.reload();
    bundles.reload();
  };
  return (
    <>
      <h1>Policies</h1>
      <div class="panels">
        <Panel title="In force">
          <Shown of={status}>{(value) => <InForce status={value} onDone={reload} />}</Shown>
        </Panel>
        <Panel title="Rules" note="hits since it came into force">
          <Shown of={status}>{(value) => <RuleHits status={value} />}</Shown>
        </Panel>
        <Bundles bundles={bundles} status={status} onDone={reload} />
        <Shown of={status}>
          {({ candidate }) => (candidate === null ? null : <Candidate of={candidate} />)}
        </Shown>
        {may('readDecisionLog') ? <Decisions /> : null}
        <Workbench />
      </div>
    </>
  );
}

/** An act on policies: where, with what, and what is said of it before. */
interface Move {
  readonly path: string;
  readonly title: string;
  readonly verb: string;
  readonly says: string;
}

function MoveButton({
  move,
  sequence,
  onDone,
}: {
  readonly move: Move;
  readonly sequence: number;
  readonly onDone: () => void;
}) {
  const api = useApi();
  const [asked, setAsked] = useState(false);
  const act = async (because: string): Promise<void> => {
    await api.act({ method: 'POST', path: move.path, body: { expected: sequence }, because });
    onDone();
  };
  if (!may('editPolicies')) return null;
  return (
    <>
      <button type="button" onClick={() => setAsked(true)}>
        {move.verb}
      </button>
      {asked ? (
        <Confirm title={move.title} verb={move.verb} onConfirm={act} onClose={() => setAsked(false)}>
          <p>{move.says}</p>
          <p class="muted">
            It holds from the next tick on, and only if nobody moved the policies since you looked (sequence{' '}
            {sequence}).
          </p>
        </Confirm>
      ) : null}
    </>
  );
}

function InForce({ status, onDone }: { readonly status: PolicyStatus; readonly onDone: () => void }) {
  const { active, previous, sequence, running, failures } = status;
  return (
    <>
      <Facts
        of={{
          active: <span class="id">{short(active)}</span>,
          before: <span class="id">{short(previous)}</span>,
          sequence,
          requestsJudged: amount(running.rows),
          answeredFromMemory: amount(running.cache.hits),
          trustedKeys: plain(status.trustedKeys.map(short)),
        }}
      />
      <div class="actions">
        {previous === null ? null : (
          <MoveButton
            move={{
              path: '/v1/policies/rollback',
              title: 'Roll back?',
              verb: 'Roll back',
              says: `${short(previous)} comes into force again, ${short(active)} goes.`,
            }}
            sequence={sequence}
            onDone={onDone}
          />
        )}
      </div>
      {failures.map(({ at, doing, message }) => (
        <p key={at + message} class="failure">
          {instant(at)}: {doing} failed: {message}
        </p>
      ))}
    </>
  );
}

function RuleHits({ status: { running } }: { readonly status: PolicyStatus }) {
  const rules = running.rules.toSorted((a, b) => b.hits - a.hits);
  return (
    <Scroll label="Rules by hits" short>
      <table>
        <thead>
          <tr>
            <th scope="col">rule</th>
            <th scope="col" class="number">
              hits
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map(({ code, hits }) => (
            <tr key={code}>
              <td class="code">{code}</td>
              <td class="number">{hits === 0 ? 'idle' : amount(hits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

interface BundlesProps {
  readonly bundles: Resource<readonly Bundle[]>;
  readonly status: Resource<PolicyStatus>;
  readonly onDone: () => void;
}

function Bundles({ bundles, status, onDone }: BundlesProps) {
  return (
    <Panel title="Bundles" wide note="signed files; annona policy push brings one in">
      <Shown
        of={bundles}
        empty={{
          when: (all) => all.length === 0,
          say: 'None was brought in: the policies that ship with the product are in force.',
        }}
      >
        {(all) => (
          <table>
            <thead>
              <tr>
                {['revision', 'brought by', 'at', 'key', 'bytes', 'standing'].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
                <th scope="col">
                  <span class="hidden">acts</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((bundle) => (
                <BundleRow key={bundle.revision} bundle={bundle} status={status.value} onDone={onDone} />
              ))}
            </tbody>
          </table>
        )}
      </Shown>
    </Panel>
  );
}

interface BundleRowProps {
  readonly bundle: Bundle;
  readonly status: PolicyStatus | null;
  readonly onDone: () => void;
}

function BundleRow({ bundle, status, onDone }: BundleRowProps) {
  const { revision } = bundle;
  const standing =
    status?.active === revision
      ? 'in force'
      : status?.candidate?.revision === revision
        ? 'compared'
        : status?.previous === revision
          ? 'before'
          : 'stored';
  const path = `/v1/policies/${encodeURIComponent(revision)}`;
  return (
    <tr>
      <td class="id">{short(revision)}</td>
      <td>{bundle.subject}</td>
      <td>{instant(bundle.storedAt)}</td>
      <td class="id">{short(bundle.keyId)}</td>
      <td>{amount(bundle.bytes)}</td>
      <td>{standing}</td>
      <td class="actions">
        {status === null || standing === 'in force' ? null : (
          <>
            {standing === 'compared' ? (
              <MoveButton
                move={{
                  path: '/v1/policies/candidate/drop',
                  title: 'End the comparison?',
                  verb: 'Stop comparing',
                  says: 'The candidate is asked no more; what is in force stays.',
                }}
                sequence={status.sequence}
                onDone={onDone}
              />
            ) : (
              <MoveButton
                move={{
                  path: `${path}/compare`,
                  title: 'Compare it on live traffic?',
                  verb: 'Compare',
                  says: `${short(revision)} is asked all that the policy in force is asked, and decides nothing.`,
                }}
                sequence={status.sequence}
                onDone={onDone}
              />
            )}
            <MoveButton
              move={{
                path: `${path}/activate`,
                title: 'Bring it into force?',
                verb: 'Activate',
                says: `${short(revision)} judges instead of ${short(status.active)}; those who wait are judged again.`,
              }}
              sequence={status.sequence}
              onDone={onDone}
            />
          </>
        )}
      </td>
    </tr>
  );
}

function Candidate({ of: { revision, report } }: { readonly of: NonNullable<PolicyStatus['candidate']> }) {
  return (
    <Panel title="Candidate on live traffic" note={short(revision)}>
      {report === null ? (
        <p class="empty">It was not asked anything yet.</p>
      ) : (
        <>
          <Facts
            of={{
              rowsCompared: amount(report.rows),
              newlyAllowed: amount(report.newlyAllowed),
              newlyDenied: amount(report.newlyDenied),
              otherwiseDifferent: amount(report.otherwise),
              ticksWithoutDifference: amount(report.cleanTicks),
              leftOut: amount(report.skipped),
              failed: amount(report.failed),
            }}
          />
          {Object.keys(report.byRule).length === 0 ? null : <p>By rule: {plain(report.byRule)}</p>}
          {Object.keys(report.byDepartment).length === 0 ? null : (
            <p>By department: {plain(report.byDepartment)}</p>
          )}
        </>
      )}
    </Panel>
  );
}
