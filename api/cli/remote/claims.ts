// A submission out of flags: `--gpu 2 --claim memory=64,zone=waw1|waw2 --for 30m`. The long form is a file.

import type { ClaimBody, SubmitBody } from '../../client/index.ts';
import { flagOf, secondsOf, textOf, textsOf, usage, whole, wholeOf } from './options.ts';
import type { Options } from './spec.ts';

/** Kinds with an option of their own. */
const SHORT_KINDS = ['gpu', 'cpu', 'memory'] as const;
const DEFAULT_CLASS = 'standard';

export function submissionOf(options: Options, clientRequestId: string): SubmitBody {
  const claims = claimsOf(options);
  if (claims.length === 0) throw usage('what is asked for? Say --gpu 2, --claim KIND=QUANTITY, or -f FILE');
  const durationSeconds = secondsOf(options, 'for');
  if (durationSeconds === undefined) throw usage('for how long? Say --for 30m');
  const texts = ['summary', 'purpose', 'classification', 'startBefore', 'deadline'] as const;
  const said = texts.flatMap((name) => {
    const text = textOf(options, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    clientRequestId,
    options: [{ claims }],
    terms: {
      class: textOf(options, 'class') ?? DEFAULT_CLASS,
      durationSeconds,
      ...Object.fromEntries(said),
      ...(flagOf(options, 'notPreemptible') ? { preemptible: false } : {}),
      ...(flagOf(options, 'notRequeued') ? { requeue: false } : {}),
    },
  };
}

function claimsOf(options: Options): ClaimBody[] {
  const short = SHORT_KINDS.flatMap((kind) => {
    const quantity = wholeOf(options, kind);
    return quantity === undefined ? [] : [{ kind, quantity }];
  });
  const claims = [...short, ...textsOf(options, 'claim').map(claimOf)];
  if (!flagOf(options, 'oneNode')) return claims;
  const isOfNodes = ({ kind }: ClaimBody): boolean => (SHORT_KINDS as readonly string[]).includes(kind);
  return claims.map((claim) => (isOfNodes(claim) ? { ...claim, node: 'main' } : claim));
}

/** `gpu=2,model=A100|H100,zone=waw1`: kind and quantity first, then labels that the pool must carry. */
export function claimOf(text: string): ClaimBody {
  const [head = '', ...labels] = text.split(',');
  const [kind, quantity, ...rest] = head.split('=');
  if (!kind || !quantity || rest.length > 0) {
    throw usage(`--claim ${text} is no claim: write KIND=QUANTITY, then labels, as in gpu=2,model=A100|H100`);
  }
  const selector = labels.map((label) => {
    const at = label.indexOf('=');
    const values = label.slice(at + 1).split('|');
    if (at <= 0 || values.includes('')) {
      throw usage(
        `--claim ${text}: ${label || 'an empty label'} is no label: write NAME=VALUE or NAME=VALUE|VALUE`,
      );
    }
    return [label.slice(0, at), values.length === 1 ? (values[0] as string) : values] as const;
  });
  return {
    kind,
    quantity: whole(`--claim ${kind}:`, quantity),
    ...(selector.length === 0 ? {} : { selector: Object.fromEntries(selector) }),
  };
}
