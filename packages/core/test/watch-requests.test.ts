import { watchRequests } from '@steadfetch/core/kit';
import { describe, expect, test, vi } from 'vitest';
import { runInWorkers } from './support/workers.ts';

test('outside Workers no call is watched', () => {
  expect(watchRequests()).toBeUndefined();
});

describe('in Workers', () => {
  const pass = (ms: number) => vi.advanceTimersByTime(ms);

  /** Watches a call. `endRequest` stops its timer without any other signal. */
  function watch(lost: () => void = () => {}) {
    const setInterval = vi.spyOn(globalThis, 'setInterval');
    const end = watchRequests()!(lost);
    const timer = setInterval.mock.results[0]!.value as ReturnType<typeof setInterval>;
    setInterval.mockRestore();
    return { end, endRequest: () => clearInterval(timer) };
  }

  runInWorkers();

  test('a call is lost, once, if its timer is gone and others send heartbeats for a second', () => {
    const lost = vi.fn();
    const { end, endRequest } = watch(lost);
    const other = watch();
    endRequest();

    pass(750);
    expect(lost).not.toHaveBeenCalled();
    pass(500);
    expect(lost).toHaveBeenCalledTimes(1);
    pass(5_000);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(end()).toBe(false);
    expect(other.end()).toBe(true);
  });

  test('a call whose request runs is never lost, and leaves no timer', () => {
    const lost = vi.fn();
    const calls = [watch(lost), watch(lost)];

    pass(120_000);

    expect(calls.map(({ end }) => end())).toEqual([true, true]);
    expect(lost).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('no call is lost if its timer is late because the isolate is busy, like all timers', () => {
    const lost = vi.fn();
    const shows: (() => void)[] = [];
    const setInterval = vi.spyOn(globalThis, 'setInterval').mockImplementation(((show: () => void) => {
      shows.push(show);
    }) as never);
    const ends = Array.from({ length: 10 }, () => watchRequests()!(lost));
    setInterval.mockRestore();

    for (let round = 0; round < 10; round++) {
      for (const show of shows) {
        pass(150);
        show();
      }
    }

    expect(lost).not.toHaveBeenCalled();
    for (const end of ends) end();
  });

  test('a call is lost within a second, also if all others end before their first heartbeat', () => {
    const lost = vi.fn();
    const { endRequest } = watch(lost);
    endRequest();

    for (let n = 0; n < 20; n++) {
      const { end } = watch();
      pass(50);
      end();
    }

    expect(lost).toHaveBeenCalledTimes(1);
  });

  test('no call is lost because many others end before its first heartbeat', () => {
    const lost = vi.fn();
    const { end } = watch(lost);

    for (let n = 0; n < 24; n++) {
      const other = watch();
      pass(10);
      other.end();
    }

    expect(lost).not.toHaveBeenCalled();
    end();
  });

  test('a call that ends in the event in which it started, or after a heartbeat, does not prove that a timer could have fired', () => {
    const lost = vi.fn();
    const { end } = watch(lost);
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const setInterval = vi.spyOn(globalThis, 'setInterval');
    const others = Array.from({ length: 10 }, () => watchRequests()!(lost));
    const signs = setInterval.mock.calls.map(([sign]) => sign as () => void);
    setInterval.mockRestore();

    for (const [n, endOther] of others.entries()) {
      now += 300;
      watch().end();
      signs[n]!();
      now += 300;
      endOther();
    }

    expect(lost).not.toHaveBeenCalled();
    clock.mockRestore();
    end();
  });

  test('no call is lost if no call could send a heartbeat', () => {
    const lost = vi.fn();
    const { end } = watch(lost);
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 29_000);

    watch().end();

    expect(lost).not.toHaveBeenCalled();
    clock.mockRestore();
    end();
  });

  test('after 30 s without a heartbeat a call is lost, even if no other call sent one', () => {
    const lost = vi.fn();
    const { endRequest } = watch(lost);
    endRequest();
    pass(30_000);
    expect(lost).not.toHaveBeenCalled();

    watch().end();

    expect(lost).toHaveBeenCalledTimes(1);
  });

  test('a lost call sends no more heartbeats', () => {
    const lost = vi.fn();
    const { end } = watch(lost);
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 30_000);
    watch().end();
    clock.mockRestore();

    pass(60_000);

    expect(lost).toHaveBeenCalledTimes(1);
    expect(end()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
