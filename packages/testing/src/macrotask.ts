/** The real one: fake timers that are installed later would never run it. Browsers have none. */
const { setImmediate } = globalThis;

/** One turn of the event loop in real time, by the fastest means there is: everything that is runnable now has run. */
export function macrotask(): Promise<void> {
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
