// One question to a thread of the page, and its answer. Invariant: the thread ends with its answer, or with its failure.

/** @throws what the thread threw. */
export function askOnce<Answer>(worker: Worker, question: unknown): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as Answer);
    worker.onerror = (event) => reject(new Error(event.message || 'the thread could not be started'));
    worker.onmessageerror = () => reject(new Error('the answer of the thread cannot be read'));
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}
