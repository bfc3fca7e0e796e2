/** The real one, unless timers were faked before: those of Sinon, Jest and Vitest carry their clock. Browsers have none. */
const { setImmediate, setTimeout } = globalThis;
const isReal = setImmediate !== undefined && !('clock' in setImmediate);

/** One turn of the event loop in real time, also under fake timers: everything that is runnable now has run. */
export function macrotask(): Promise<void> {
  if (isReal) return new Promise((resolve) => setImmediate(resolve)); // a channel costs ten times as much
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** At least a millisecond of real time; about that in turns, where the timers were faked before. */
export async function millisecond(): Promise<void> {
  if (!('clock' in setTimeout)) return new Promise((resolve) => setTimeout(resolve, 1));
  for (let left = 100; left > 0; left--) await macrotask();
}
