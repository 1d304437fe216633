// The workbench: Rego to read and edit, errors as one types, its tests, and what an edit would have decided of the last real requests.
// Invariant: all of it happens in this browser; to bring an edit into force it is taken home, reviewed, signed and pushed.

import { useEffect, useState } from 'preact/hooks';
import type { PolicyImpact, PolicyProblem, PolicySource, TestResult } from '../../../policies/index.ts';
import { may, useApi } from '../data/session.ts';
import { downloadText } from '../parts/copy.tsx';
import { amount, plain } from '../parts/format.ts';
import { RequestLink } from '../parts/mark.tsx';
import { Panel } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { type AskBench, useBench } from '../work/useBench.ts';

const TYPING_MS = 400;
const REQUESTS = 1000;

export function Workbench() {
  const [sources, setSources] = useState<readonly PolicySource[] | null>(null);
  const open = async (): Promise<void> =>
    setSources((await import('../work/shippedPolicies.ts')).SHIPPED_SOURCES);
  return (
    <Panel title="Workbench" wide note="in this browser alone: nothing is edited live">
      {sources === null ? (
        <>
          <p>Read the policies as Rego, change them, and see what the change would have decided.</p>
          <div class="actions">
            <button type="button" class="primary" onClick={open}>
              Open the policies that ship
            </button>
            <OpenFiles onOpen={setSources} />
          </div>
        </>
      ) : (
        <Editor key={sources.map(({ path }) => path).join('\n')} original={sources} />
      )}
    </Panel>
  );
}

function OpenFiles({ onOpen }: { readonly onOpen: (sources: readonly PolicySource[]) => void }) {
  const read = async (files: FileList | null): Promise<void> => {
    const own = await Promise.all(
      [...(files ?? [])].map(async (file) => ({ path: `policies/${file.name}`, text: await file.text() })),
    );
    const { SHIPPED_SOURCES } = await import('../work/shippedPolicies.ts');
    // The library that every policy imports comes along where it is not among them.
    const hasLibrary = own.some(({ text }) => /^\s*package\s+annona\.library\b/m.test(text));
    const library = hasLibrary ? [] : SHIPPED_SOURCES.filter(({ path }) => path.includes('/library/'));
    if (own.length > 0) onOpen([...own, ...library]);
  };
  return (
    <label class="file">
      or open Rego files of your own{' '}
      <input type="file" multiple accept=".rego" onChange={(event) => void read(event.currentTarget.files)} />
    </label>
  );
}

function Editor({ original }: { readonly original: readonly PolicySource[] }) {
  const ask = useBench();
  const [sources, setSources] = useState(original);
  const [path, setPath] = useState(
    original.find((each) => each.path.includes('/default/'))?.path ?? original[0]?.path ?? '',
  );
  const problems = useProblems(ask, sources);
  const current = sources.find((each) => each.path === path);
  const edit = (text: string): void =>
    setSources(sources.map((each) => (each.path === path ? { ...each, text } : each)));
  const changed = sources.filter((each) =>
    original.some(({ path: other, text }) => other === each.path && text !== each.text),
  );
  return (
    <>
      <div class="actions">
        <label>
          file{' '}
          <select
            aria-label="File to edit"
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
          >
            {sources.map((each) => (
              <option key={each.path} value={each.path}>
                {changed.includes(each) ? '● ' : ''}
                {each.path}
              </option>
            ))}
          </select>
        </label>
        {changed.map(({ path: name, text }) => (
          <button
            key={name}
            type="button"
            onClick={() => downloadText(name.split('/').at(-1) ?? name, { type: 'text/plain', text })}
          >
            Take {name.split('/').at(-1)} home
          </button>
        ))}
      </div>
      <textarea
        class="rego"
        aria-label="Rego"
        aria-describedby="rego-problems"
        rows={22}
        spellcheck={false}
        value={current?.text ?? ''}
        onInput={(event) => edit(event.currentTarget.value)}
      />
      <Problems of={problems} />
      <Trials
        ask={ask}
        original={original}
        sources={sources}
        isSound={problems !== null && problems.length === 0}
      />
    </>
  );
}

/** Null while the compiler is at it. */
function useProblems(ask: AskBench, sources: readonly PolicySource[]): readonly PolicyProblem[] | null {
  const [problems, setProblems] = useState<readonly PolicyProblem[] | null>(null);
  useEffect(() => {
    let isOld = false;
    setProblems(null);
    const timer = setTimeout(() => {
      ask({ kind: 'check', sources }, 'checked').then(
        (found) => {
          if (!isOld) setProblems(found.problems);
        },
        (error: Error) => {
          if (!isOld)
            setProblems([{ path: '', line: 0, column: 0, code: 'COMPILER', message: error.message }]);
        },
      );
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [sources]);
  return problems;
}

function Problems({ of }: { readonly of: readonly PolicyProblem[] | null }) {
  return (
    <div id="rego-problems" role="status">
      {of === null ? (
        <p class="muted">Compiling…</p>
      ) : of.length === 0 ? (
        <p>
          <span class="state good">
            <span aria-hidden="true">✓</span> compiles
          </span>
        </p>
      ) : (
        <ul class="failure">
          {of.map(({ path, line, column, code, message, remedy }) => (
            <li key={`${path}:${line}:${column}:${code}`}>
              {path === '' ? '' : `${path}:${line}:${column} `}
              {message}
              {remedy === undefined ? '' : ` ${remedy}`}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface TrialsProps {
  readonly ask: AskBench;
  readonly original: readonly PolicySource[];
  readonly sources: readonly PolicySource[];
  readonly isSound: boolean;
}

function Trials({ ask, original, sources, isSound }: TrialsProps) {
  const api = useApi();
  const [results, setResults] = useState<readonly TestResult[] | null>(null);
  const [impact, setImpact] = useState<PolicyImpact | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  // What was found is of other sources than those that stand there now.
  useEffect(() => {
    setResults(null);
    setImpact(null);
  }, [sources]);
  const doing = async (what: string, act: () => Promise<void>): Promise<void> => {
    setBusy(what);
    setError(null);
    await act().catch((failure: Error) => setError(failure.message));
    setBusy(null);
  };
  const test = () =>
    doing('Running the tests…', async () =>
      setResults((await ask({ kind: 'tests', sources }, 'tested')).results),
    );
  const compare = () =>
    doing('Deciding the last requests twice…', async () => {
      const record = await api.get<unknown>('/v1/policy-rows', { last: REQUESTS });
      setImpact((await ask({ kind: 'impact', before: original, after: sources, record }, 'impact')).impact);
    });
  return (
    <>
      <div class="actions">
        <button type="button" disabled={!isSound || busy !== null} onClick={test}>
          Run the tests
        </button>
        {may('readPolicyRows') ? (
          <button type="button" disabled={!isSound || busy !== null} onClick={compare}>
            What would it have decided?
          </button>
        ) : (
          <span class="muted">
            Who oversees all departments can also see what it would have decided of real requests.
          </span>
        )}
        {busy === null ? null : <span role="status">{busy}</span>}
      </div>
      {error === null ? null : (
        <p class="failure" role="alert">
          {error}
        </p>
      )}
      {results === null ? null : <Tests of={results} />}
      {impact === null ? null : <Impact of={impact} />}
    </>
  );
}

function Tests({ of }: { readonly of: readonly TestResult[] }) {
  const failed = of.filter(({ passed }) => !passed);
  return (
    <div role="status">
      <p>
        <span class={failed.length === 0 ? 'state good' : 'state bad'}>
          <span aria-hidden="true">{failed.length === 0 ? '✓' : '✕'}</span>{' '}
          {amount(of.length - failed.length)} of {amount(of.length)} tests passed
        </span>
      </p>
      <ul>
        {failed.map(({ name, path, line, failedCases = [], fault }) => (
          <li key={name}>
            {path}:{line} {name} {failedCases.length === 0 ? '' : `(${failedCases.join(', ')})`} {fault ?? ''}
          </li>
        ))}
      </ul>
    </div>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  newlyAllowed: 'newly allowed',
  newlyDenied: 'newly denied',
  obligations: 'other obligations',
  reasons: 'other reasons',
  warnings: 'other warnings',
};

function Impact({ of: { requests, changed, lines } }: { readonly of: PolicyImpact }) {
  return (
    <div role="status">
      <p>
        <strong>
          {amount(changed)} of the last {amount(requests)} requests
        </strong>{' '}
        {changed === 0
          ? 'would have been decided otherwise: both decide alike.'
          : 'would have been decided otherwise.'}
      </p>
      {lines.length === 0 ? null : (
        <Scroll label="Changed outcomes">
          <table>
            <thead>
              <tr>
                {['department', 'change', 'rules', 'requests', 'for example'].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lines.map(({ department, kind, codes, requests: count, example }) => (
                <tr key={department + kind + codes.join()}>
                  <th scope="row">{department}</th>
                  <td>{KINDS[kind] ?? kind}</td>
                  <td class="code">{plain(codes)}</td>
                  <td>{amount(count)}</td>
                  <td>
                    <RequestLink id={example} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}
