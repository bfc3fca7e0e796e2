import { compose, defineMiddleware } from '@steadfetch/core';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { timeout } from '../src/index.ts';
import { settled, slowFetch, URL } from './stubs.ts';

describe('timeout on a clock whose sleeps take no time', () => {
  it('returns an answer that comes at once or after a while', async () => {
    const fetch = timeout(1_000, { clock: instantClock() })(fakeFetch([200, { status: 202, delay: 20 }]));

    expect((await fetch(URL)).status).toBe(200);
    expect((await fetch(URL)).status).toBe(202);
  });

  it('counts the limit in real time if nothing answers', async () => {
    const result = await settled(timeout(20, { clock: instantClock() })(slowFetch({ ignoresSignal: true }))(URL));

    expect(result).toMatchObject({ error: { name: 'TimeoutError', limit: 20 } });
  });

  it('gives inner layers the whole limit', async () => {
    const left: number[] = [];
    const spy = defineMiddleware((call, next) => {
      left.push(call.remaining());
      return next(call);
    });

    await compose(timeout(1_000, { clock: instantClock() }), spy)(fakeFetch(200))(URL);

    expect(left).toEqual([1_000]);
  });

  it('does not abort an answered call if the clock ignores the cancellation of a sleep', async () => {
    let wake = () => {};
    const slept = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const clock = { now: () => 0, sleep: () => slept };
    let signal: AbortSignal | null | undefined;
    const fetch = timeout(1, { clock })(async (_input, init) => {
      signal = init?.signal;
      return new Response('ok');
    });

    await fetch(URL);
    wake();
    await slept;

    expect(signal!.aborted).toBe(false);
  });
});
