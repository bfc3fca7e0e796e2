import { settledByOthers } from '@steadfetch/core/kit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** A promise, the functions that settle it, and its outcome so far. */
function wait(look?: () => void) {
  let resolve!: (value: string) => void;
  let reject!: (reason: unknown) => void;
  const ended: unknown[] = [];
  settledByOthers<string>((...settle) => {
    [resolve, reject] = settle;
  }, look).then(
    (value) => ended.push(value),
    (reason) => ended.push(['rejected', reason]),
  );
  return { resolve, reject, ended };
}

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a promise that others settle is an ordinary promise', async () => {
  const { resolve, ended } = wait();
  expect(vi.getTimerCount()).toBe(0);
  resolve('done');
  await vi.advanceTimersByTimeAsync(0);
  expect(ended).toEqual(['done']);
});

describe('in Workers', () => {
  beforeEach(() => void vi.stubGlobal('WebSocketPair', class {}));

  test('it is settled by a timer of its own, once', async () => {
    const { resolve, reject, ended } = wait();
    expect(vi.getTimerCount()).toBe(1);
    resolve('first');
    reject('late');
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(20);
    expect(ended).toEqual(['first']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('it rejects with the reason', async () => {
    const { resolve, reject, ended } = wait();
    reject(null);
    resolve('late');
    await vi.advanceTimersByTimeAsync(20);
    expect(ended).toEqual([['rejected', null]]);
  });

  test('it polls until then', async () => {
    const look = vi.fn();
    const { resolve } = wait(look);
    await vi.advanceTimersByTimeAsync(60);
    expect(look).toHaveBeenCalledTimes(3);
    resolve('done');
    await vi.advanceTimersByTimeAsync(60);
    expect(look).toHaveBeenCalledTimes(3);
  });
});
