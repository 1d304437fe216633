// The policy workbench's thread, for as long as its page is open.

import { useEffect, useRef } from 'preact/hooks';
import type { BenchAnswer, BenchQuestion } from './bench.ts';
import type { Answered, Asked } from './policyWorker.ts';

export type AskBench = <Kind extends BenchAnswer['kind']>(
  question: BenchQuestion,
  kind: Kind,
) => Promise<Extract<BenchAnswer, { kind: Kind }>>;

export function useBench(): AskBench {
  const bench = useRef<ReturnType<typeof openBench> | null>(null);
  useEffect(
    () => () => {
      bench.current?.close();
      bench.current = null;
    },
    [],
  );
  return (question, kind) => {
    bench.current ??= openBench();
    return bench.current.ask(question, kind);
  };
}

function openBench(): { readonly ask: AskBench; close(): void } {
  const worker = new Worker(new URL('./policyWorker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, { resolve(answer: BenchAnswer): void; reject(error: Error): void }>();
  let asked = 0;
  worker.onmessage = ({ data }: { readonly data: Answered }) => {
    const one = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) one?.reject(new Error(data.error));
    else one?.resolve(data.answer);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values())
      reject(new Error(event.message || 'the thread could not be started'));
    waiting.clear();
  };
  return {
    ask: (question, kind) => {
      asked += 1;
      const message: Asked = { id: asked, question };
      return new Promise<BenchAnswer>((resolve, reject) => {
        waiting.set(message.id, { resolve, reject });
        worker.postMessage(message);
      }).then((answer) => {
        if (answer.kind !== kind) throw new Error('the workbench answered another question');
        return answer as Extract<BenchAnswer, { kind: typeof kind }>;
      });
    },
    close: () => worker.terminate(),
  };
}
