/** The real functions, unless timers were already faked. Browsers have no `setImmediate`. */
const { setImmediate, setTimeout } = globalThis;

/** Fake timers of Sinon, Jest and Vitest have a property `clock`, and those of `node:test` are bound functions. */
function isReal(timer: typeof setImmediate | typeof setTimeout | undefined): boolean {
  return timer !== undefined && !('clock' in timer) && !timer.name.startsWith('bound ');
}

/** Waits one turn of the real event loop, also with fake timers, so that everything that is runnable now has run. */
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

/** Waits about a millisecond of real time. If the timers are fake, it waits for turns of the event loop instead. */
export async function millisecond(): Promise<void> {
  if (isReal(setTimeout)) return new Promise((resolve) => setTimeout(resolve, 1));
  const over = AbortSignal.timeout(1);
  for (let left = 100; left > 0 && !over.aborted; left--) await macrotask();
}
