// A part of a page with its heading, and what stands in it while there is nothing to show: loading, empty, failed, stale.
// Invariant: a failure is a sentence with what to do; a value that could not be read again stays, and says how old it is.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ProblemError } from '../../client/problem.ts';
import { now } from '../data/browser.ts';
import type { Resource } from '../data/resource.ts';
import { span } from './format.ts';

export interface PanelProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly wide?: boolean;
  readonly children?: ComponentChildren;
}

export function Panel({ title, note, wide = false, children }: PanelProps) {
  const id = `panel-${title.replaceAll(/\W+/g, '-').toLowerCase()}`;
  return (
    <section class={wide ? 'panel wide' : 'panel'} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note === undefined ? null : <div class="note">{note}</div>}
      </header>
      {children}
    </section>
  );
}

export interface ShownProps<Value> {
  readonly of: Resource<Value>;
  /** What is said where there is nothing; whether there is nothing. */
  readonly empty?: { readonly when: (value: Value) => boolean; readonly say: ComponentChildren };
  readonly children: (value: Value) => ComponentChildren;
}

export function Shown<Value>({ of, empty, children }: ShownProps<Value>) {
  const { value, error, loading } = of;
  if (value === null && loading) return <Loading />;
  if (value === null) return <Failure of={error} onRetry={of.reload} />;
  const nothing = empty?.when(value) === true;
  return (
    <>
      {error === null ? null : <StaleNote of={of} />}
      {nothing ? <p class="empty">{empty?.say}</p> : children(value)}
    </>
  );
}

/** Long enough that a healthy server has answered. */
const SLOW_MS = 4000;

function Loading() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="loading" role="status">
      {slow ? 'Still reading: the server or the network is slow.' : 'Reading…'}
    </p>
  );
}

function StaleNote<Value>({ of: { error, at, reload } }: { readonly of: Resource<Value> }) {
  const age = at === null ? '' : ` What stands here is ${span(now() - at)} old.`;
  return (
    <p class="stale" role="status">
      {sentenceOf(error)}
      {age}{' '}
      <button type="button" class="link" onClick={reload}>
        Read again
      </button>
    </p>
  );
}

export function Failure({ of, onRetry }: { readonly of: unknown; readonly onRetry?: () => void }) {
  const details = of instanceof ProblemError ? of.errors : [];
  return (
    <div class="failure" role="alert">
      <p>{sentenceOf(of)}</p>
      {details.length === 0 ? null : (
        <ul>
          {details.map(({ pointer, message, allowed }) => (
            <li key={pointer + message}>
              <code>{pointer}</code> {message}
              {allowed === undefined ? '' : ` (allowed: ${allowed.join(', ')})`}
            </li>
          ))}
        </ul>
      )}
      {onRetry === undefined ? null : (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A problem document as sentences: what it is, what exactly, what to do. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ProblemError))
    return 'The server cannot be reached. Look whether it runs; the page tries again by itself.';
  const { title, detail, remedy, requestId } = error.problem;
  const said = [title, detail, remedy]
    .filter((part) => part !== undefined && part !== '')
    .map((part) => String(part).replace(/\.$/, ''));
  return `${said.join('. ')}.${error.problem.status >= 500 && requestId ? ` (call ${requestId})` : ''}`;
}
