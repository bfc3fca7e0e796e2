import { compose, defineMiddleware, type Retried } from '@steadfetch/core';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { TimeoutError, timeout } from '../src/index.ts';

const URL = 'https://api.example.com/orders';

/** A server that answers after 25 s, behind a limit of 10 s for an attempt and one of 30 s for the call. */
function slowCall(retried: Retried, { whole = true } = {}) {
  const clock = manualClock();
  const mark = defineMiddleware((call, next) => next(call.with({ retried })));
  const limits = whole ? [timeout(30_000, { clock })] : [];
  const stack = compose(...limits, mark, timeout(10_000, { clock }));
  const response = stack(fakeFetch({ status: 200, delay: 25_000 }, { clock }))(URL);
  return { response, clock };
}

describe('a timeout of an attempt', () => {
  it.each<Retried>(['last', 'off'])('lets an attempt take longer that no other can follow: %s', async (retried) => {
    const { response, clock } = slowCall(retried);
    await clock.advance(26_000);

    expect((await response).status).toBe(200);
  });

  it.each<[Retried, boolean]>([
    [true, true],
    [false, true],
    ['last', false],
    ['off', false],
  ])('cuts an attempt that is repeated, and any without a limit for the call: %s, %s', async (retried, whole) => {
    const { response, clock } = slowCall(retried, { whole });
    const rejection = expect(response).rejects.toThrow(TimeoutError);
    await clock.advance(26_000);

    await rejection;
  });
});
