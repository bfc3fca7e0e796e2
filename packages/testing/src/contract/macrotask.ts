/** The real ones, unless timers were faked before. Browsers have no `setImmediate`. */
const { setImmediate, setTimeout } = globalThis;

/** The fakes of Sinon, Jest and Vitest carry their clock, and those of `node:test` are bound functions. */
function isReal(timer: typeof setImmediate | typeof setTimeout | undefined): boolean {
  return timer !== undefined && !('clock' in timer) && !timer.name.startsWith('bound ');
}

/** One turn of the event loop in real time, also under fake timers: everything that is runnable now has run. */
export function macrotask(): Promise<void> {
  if (isReal(setImmediate)) return new Promise((resolve) => setImmediate(resolve)); // a channel costs ten times as much
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** About a millisecond of real time, also where the timers were faked before: then in turns, of which it takes a few. */
export async function millisecond(): Promise<void> {
  if (isReal(setTimeout)) return new Promise((resolve) => setTimeout(resolve, 1));
  const over = AbortSignal.timeout(1);
  for (let left = 100; left > 0 && !over.aborted; left--) await macrotask();
}
