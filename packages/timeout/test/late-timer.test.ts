import { compose, defineMiddleware } from '@steadfetch/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { timeout } from '../src/index.ts';
import { settled, slowFetch, URL } from './stubs.ts';

const answered = timeout(1_000)(async () => new Response('ok'));
const unanswered = () => settled(timeout(1_000)(slowFetch({ deaf: true }))(URL));
const endOfTurn = () => new Promise(setImmediate);
const expired = { error: { name: 'TimeoutError', limit: 1_000 } };

describe('timeout on the clock of the machine', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('sets no timer for answers that are there within the turn', async () => {
    await endOfTurn();
    const setTimer = vi.spyOn(globalThis, 'setTimeout');

    await Promise.resolve();
    await Promise.all([answered(URL), answered(URL), answered(URL)]);
    await endOfTurn();

    expect(setTimer).not.toHaveBeenCalled();
  });

  it('sets a timer as soon as the turn ends, and clears it when the answer comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const fetch = slowFetch();
    const result = timeout(1_000)(fetch)(URL);
    await endOfTurn();
    const set = vi.getTimerCount();

    fetch.answer(new Response('ok'));
    await result;

    expect([set, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('expires under fake timers, also when they move on within the turn', async () => {
    vi.useFakeTimers();
    const early = unanswered();
    vi.advanceTimersByTime(1_000);
    expect(await early).toMatchObject(expired);

    const late = unanswered();
    await vi.advanceTimersByTimeAsync(999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toMatchObject(expired);
  });

  it('lets an answer that is there already come before its limit, when the turn took longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const relay = defineMiddleware(async (call, next) => await next(call));
    const signals: AbortSignal[] = [];
    const cached = compose(
      timeout(1_000),
      relay,
      relay,
    )(async (_input, init) => {
      signals.push(init!.signal!);
      return new Response('cached');
    });
    const busyTurn = () => {
      const results = [settled(cached(URL)), unanswered()];
      vi.setSystemTime(Date.now() + 1_500);
      return Promise.all(results);
    };

    const [early, late] = await new Promise<unknown[]>((resolve) => setImmediate(() => resolve(busyTurn())));

    expect(early).toMatchObject({ value: { status: 200 } });
    expect(late).toMatchObject(expired);
    expect(signals[0]!.aborted).toBe(false);
  });

  it('waits for the end of the turn anew when that was faked and given up', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('process', { nextTick: () => {} });
    const lost = unanswered();
    vi.unstubAllGlobals();

    const result = unanswered();
    await vi.advanceTimersByTimeAsync(1_000);

    expect(await result).toMatchObject(expired);
    expect(await lost).toMatchObject(expired);
  });

  it('sets its timer at once in a runtime that cannot tell the end of a turn', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('process', undefined);

    const result = unanswered();
    const set = vi.getTimerCount();
    vi.advanceTimersByTime(1_000);

    expect(set).toBe(1);
    expect(await result).toMatchObject(expired);
  });
});
