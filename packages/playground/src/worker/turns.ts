// Waits for turns of the event loop by one message channel: the fastest way in a worker, and the same on every machine.
// The simulator waits for one turn after each instant. The packages wait for one by a timer of 0 ms, which would take four
// milliseconds in a worker, while virtual time goes on.

const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];

port1.onmessage = () => waiting.shift()!();

function turn(run: () => void): void {
  waiting.push(run);
  port2.postMessage(undefined);
}

const { setTimeout: later } = globalThis;

function soon(run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number {
  if (ms > 1) return later(run, ms, ...args) as unknown as number;
  turn(() => run(...args));
  return 0;
}

for (const [name, value] of Object.entries({ setImmediate: turn, setTimeout: soon })) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
