// Loaded before everything else by a process whose clock is to be wrong: an hour and a half ahead. Nothing but this process is touched.

const AHEAD_MS = 5_400_000;
const RightDate = Date;
const wrongNow = (): number => RightDate.now() + AHEAD_MS;

globalThis.Date = new Proxy(RightDate, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length === 0 ? [wrongNow()] : given, made),
  get: (target, name, receiver) => (name === 'now' ? wrongNow : Reflect.get(target, name, receiver)),
});
