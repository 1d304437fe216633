// A solver child with a heap of 64 MB, which the scripted one overruns on request; it ends as that one ends. A heap's size is fixed at the
// start of a process, and solver/node.ts starts its children without flags: hence one inside the other. Started by test/solver/memory.test.ts.
import { fork } from 'node:child_process';

const inner = fork(new URL('./scripted.ts', import.meta.url), process.argv.slice(2), {
  serialization: 'advanced',
  execArgv: ['--max-old-space-size=64'],
  // V8 prints its last words at length.
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => inner.send(message as object));
inner.on('message', (message) => process.send!(message));
inner.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.kill(process.pid, signal);
});
