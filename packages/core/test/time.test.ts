import { getEventListeners } from 'node:events';
import { abortReason, monotonic, onAbort, systemClock, throwIfAborted } from '@steadfetch/core';
import { abortable, MAX_TIMER } from '@steadfetch/core/kit';
import { instantClock } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sleeps as long as asked, on timers that can be faked', async () => {
    const start = systemClock.now();
    const sleep = systemClock.sleep(5_000);

    await vi.advanceTimersByTimeAsync(5_000);
    await sleep;

    expect(systemClock.now() - start).toBe(5_000);
  });

  it('sleeps at most as long as a timer can', async () => {
    const done = vi.fn();
    void systemClock.sleep(MAX_TIMER + 1_000).then(done);

    await vi.advanceTimersByTimeAsync(MAX_TIMER - 1);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);

    expect(done).toHaveBeenCalled();
  });

  it('rejects at once with the reason of an abort, and leaves no timer and no listener', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(5_000, controller.signal);

    controller.abort('stop');

    await expect(sleep).rejects.toBe('stop');
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not start when the signal has already aborted', async () => {
    await expect(systemClock.sleep(5_000, AbortSignal.abort(null))).rejects.toBe(null);

    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no listener behind a sleep that ended', async () => {
    const { signal } = new AbortController();
    const sleep = systemClock.sleep(-1, signal);

    await vi.advanceTimersByTimeAsync(0);
    await sleep;

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('monotonic', () => {
  it('continues when fake timers are installed again, and when they are removed', () => {
    const now = monotonic(systemClock);
    const read: number[] = [now()];
    for (let test = 0; test < 2; test++) {
      vi.useFakeTimers();
      read.push(now());
      vi.advanceTimersByTime(600_000);
      read.push(now());
      vi.useRealTimers();
      read.push(now());
    }

    expect(read.map(Math.round)).toEqual(read.map(Math.round).toSorted((a, b) => a - b));
    expect(read[2]! - read[1]!).toBeCloseTo(600_000);
    expect(read[3]! - read[2]!).toBeLessThan(60_000);
  });

  it('follows the system clock, even if the date is frozen, set forward or set back', () => {
    const now = monotonic(systemClock);
    const passed = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    const date = vi.spyOn(Date, 'now').mockReturnValue(0);
    const startedAt = now();

    passed.mockReturnValue(1_250.5);
    date.mockReturnValue(1e13);

    expect(now() - startedAt).toBe(250.5);
    vi.restoreAllMocks();
  });

  it('reads the system date without performance.now()', () => {
    vi.stubGlobal('performance', undefined);
    const now = monotonic(systemClock);
    vi.unstubAllGlobals();
    const date = vi.spyOn(Date, 'now').mockReturnValue(5_000);
    const startedAt = now();

    date.mockReturnValue(5_300);

    expect(now() - startedAt).toBe(300);
    vi.restoreAllMocks();
  });

  it('never goes back, and continues from the last value', () => {
    const clock = instantClock({ now: 1_000 });
    const now = monotonic(clock);

    clock.advance(10);
    const before = now();
    clock.advance(-500);
    const during = now();
    clock.advance(20);

    expect([before, during, now()]).toEqual([1_010, 1_010, 1_030]);
  });
});

describe('abort', () => {
  it('returns the reason itself, or an AbortError if the runtime keeps no reason', () => {
    const reason = { why: 'navigation' };
    const old = { aborted: true } as AbortSignal;

    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
    expect(abortReason(AbortSignal.abort())).toMatchObject({ name: 'AbortError' });
    expect(abortReason(old)).toMatchObject({ name: 'AbortError' });
  });

  it('throws the reason of a signal that has aborted, and nothing else', () => {
    expect(() => throwIfAborted(AbortSignal.abort('stop'))).toThrow('stop');
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
    expect(() => throwIfAborted(undefined)).not.toThrow();
  });

  it('calls a listener once, and not after its release', () => {
    const first = new AbortController();
    const second = new AbortController();
    const listener = vi.fn();

    onAbort(first.signal, listener);
    onAbort(second.signal, listener)();
    onAbort(undefined, listener)();
    first.abort('a');
    second.abort('b');

    expect(listener.mock.calls).toEqual([['a']]);
  });

  it('settles like the promise, or rejects if the abort comes first', async () => {
    const controller = new AbortController();
    const never = abortable(new Promise(() => {}), controller.signal);

    controller.abort('stop');

    await expect(never).rejects.toBe('stop');
    await expect(abortable(Promise.resolve(1), undefined)).resolves.toBe(1);
    await expect(abortable(Promise.resolve(1), AbortSignal.abort('x'))).rejects.toBe('x');
    const idle = new AbortController();
    await expect(abortable(Promise.reject(new Error('no')), idle.signal)).rejects.toThrow('no');
    expect(getEventListeners(idle.signal, 'abort')).toHaveLength(0);
  });
});
