// Turns of the event loop by one channel that is kept: the fastest means that a worker has, and the same on every machine.
// The simulator takes one after each instant. The packages ask for one by a timer of no time, which would last four
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
