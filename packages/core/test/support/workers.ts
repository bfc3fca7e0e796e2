import { afterEach, beforeEach, vi } from 'vitest';

/** Each test runs as in Workers of Cloudflare, on fake timers: all of them by default. */
export function runInWorkers(timers?: Parameters<typeof vi.useFakeTimers>[0]): void {
  beforeEach(() => {
    vi.useFakeTimers(timers);
    vi.stubGlobal('WebSocketPair', class {});
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** Runs a request for `ms` milliseconds. Returns the function that ends the request: its timers stop, and nothing reports that. */
export async function request(run: () => unknown, ms = 0): Promise<() => void> {
  const { setInterval, setTimeout } = globalThis;
  const ends: (() => void)[] = [];
  const noting =
    (set: typeof setTimeout, clear: typeof clearTimeout) =>
    (...args: Parameters<typeof setTimeout>) => {
      const timer = set(...args);
      ends.push(() => clear(timer));
      return timer;
    };
  Object.assign(globalThis, {
    setInterval: noting(setInterval as never, clearInterval),
    setTimeout: noting(setTimeout, clearTimeout),
  });
  run();
  await vi.advanceTimersByTimeAsync(ms);
  Object.assign(globalThis, { setInterval, setTimeout });
  return () => {
    for (const end of ends) end();
  };
}
