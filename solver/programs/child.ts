// The process that solves one program. Its own thread stays free to relay news and to go when the parent is gone; the engine, which blocks
// its thread for as long as it takes, has a worker. Started by node.ts alone, and killed by it.
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ProgramMessage, ProgramQuestion } from './protocol.ts';

// A worker in WebAssembly ends late when it is asked to; the process need not wait for it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole foreground group: the parent decides, and has the best point so far.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

process.once('message', (question: ProgramQuestion) => {
  const file = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(file, { workerData: question, env: {}, execArgv: [], name: 'annona-solve' });
  let settled = false;
  const say = (message: ProgramMessage): void => {
    settled ||= message.kind !== 'news';
    process.send!(message);
  };
  worker.on('message', say);
  worker.on('error', (error) => say({ kind: 'broken', message: error.message }));
  worker.on('exit', (code) => {
    if (!settled) say({ kind: 'broken', message: `the engine's thread ended with ${code}` });
  });
});
