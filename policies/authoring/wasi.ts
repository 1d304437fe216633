// The little of WASI (preview 1) that a Go program needs which touches nothing: no file, no argument, no true time or chance.
// Invariant: what the program sees is the same in every run, so that the same sources give the same bytes.
// Called by module.ts; pure.

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NOT_SUPPORTED = 52;
const STANDARD_ERROR = 2;
const CLOCK = 0;
const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
/** Enough for the first lines of a Go panic. */
const LAST_WORDS_MAX = 4_096;

export interface WasiHost {
  readonly imports: Readonly<Record<string, (...args: number[]) => number>>;
  /** What the program wrote to standard error. */
  lastWords(): string;
}

/** `memory` is asked at each call: it is another buffer after it has grown. */
export function wasiHost(memory: () => ArrayBuffer): WasiHost {
  const view = (): DataView => new DataView(memory());
  let words = '';
  // Go refuses a clock at zero, and one that stands still would hold its timers for ever.
  let now = 1n;
  const nothing = (count: number, size: number): number => {
    view().setUint32(count, 0, true);
    view().setUint32(size, 0, true);
    return SUCCESS;
  };
  const write = (descriptor: number, vectors: number, count: number, written: number): number => {
    let total = 0;
    for (let at = vectors; at < vectors + count * 8; at += 8) {
      const [from, length] = [view().getUint32(at, true), view().getUint32(at + 4, true)];
      total += length;
      const heard = descriptor === STANDARD_ERROR && words.length < LAST_WORDS_MAX;
      if (heard) words += new TextDecoder().decode(new Uint8Array(memory(), from, length));
    }
    view().setUint32(written, total, true);
    return SUCCESS;
  };
  const imports: Record<string, (...args: number[]) => number> = {
    args_sizes_get: (count = 0, size = 0) => nothing(count, size),
    args_get: () => SUCCESS,
    environ_sizes_get: (count = 0, size = 0) => nothing(count, size),
    environ_get: () => SUCCESS,
    sched_yield: () => SUCCESS,
    clock_time_get: (_clock = 0, _precision = 0, result = 0) => {
      now += 1_000n;
      view().setBigUint64(result, now, true);
      return SUCCESS;
    },
    // Seeds of Go's hash maps, whose order no output may show.
    random_get: (from = 0, length = 0) => {
      new Uint8Array(memory(), from, length).fill(0x5a);
      return SUCCESS;
    },
    fd_write: (descriptor = 0, vectors = 0, count = 0, written = 0) =>
      write(descriptor, vectors, count, written),
    proc_exit: (code = 0) => {
      throw new Error(`exit ${code}: ${words.split('\n', 4).join('; ')}`);
    },
    poll_oneoff: (subscriptions = 0, events = 0, count = 0, happened = 0) => {
      // Go sleeps by subscribing to the clock: time passes at once.
      for (let index = 0; index < count; index += 1) {
        const [from, to] = [subscriptions + index * SUBSCRIPTION_BYTES, events + index * EVENT_BYTES];
        if (view().getUint8(from + 8) !== CLOCK) return NOT_SUPPORTED;
        const until = view().getBigUint64(from + 24, true);
        const isAbsolute = (view().getUint16(from + 40, true) & 1) === 1;
        const wake = isAbsolute ? until : now + until;
        if (wake > now) now = wake;
        view().setBigUint64(to, view().getBigUint64(from, true), true);
        view().setUint16(to + 8, SUCCESS, true);
        view().setUint8(to + 10, CLOCK);
      }
      view().setUint32(happened, count, true);
      return SUCCESS;
    },
  };
  const files =
    'fd_close fd_read fd_readdir fd_seek fd_filestat_get fd_fdstat_get fd_fdstat_set_flags fd_prestat_get ' +
    'fd_prestat_dir_name path_filestat_get path_open';
  for (const name of files.split(' ')) imports[name] = () => BAD_DESCRIPTOR;
  return { imports, lastWords: () => words };
}
