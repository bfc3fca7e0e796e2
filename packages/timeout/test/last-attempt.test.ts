import { compose, defineMiddleware, drain, type Retried } from '@steadfetch/core';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { TimeoutError, timeout } from '../src/index.ts';

const URL = 'https://api.example.com/orders';

/** A server that answers after 25.5 s, with a limit of 10 s per attempt and 30 s for the call. */
function slowCall(retried: Retried, { whole = true, mayRetry = (): boolean => true } = {}) {
  const clock = manualClock();
  const mark = defineMiddleware((call, next) => {
    call.record.mayRetry = mayRetry;
    return next(call.with({ retried }));
  });
  const limits = whole ? [timeout(30_000, { clock })] : [];
  const stack = compose(...limits, mark, timeout(10_000, { clock }));
  const response = stack(fakeFetch({ status: 200, delay: 25_500 }, { clock }))(URL);
  return { response, clock };
}

describe('a timeout of an attempt', () => {
  it.each<Retried>(['last', 'off'])('does not cut an attempt that no other can follow: %s', async (retried) => {
    const { response, clock } = slowCall(retried);
    await clock.advance(26_000);

    expect((await response).status).toBe(200);
  });

  it('aborts an attempt one limit later if no other attempt is allowed at first', async () => {
    const answers = [false, true];
    const { response, clock } = slowCall(true, { mayRetry: () => answers.shift()! });
    let ended = false;
    const rejection = expect(response)
      .rejects.toThrow(TimeoutError)
      .then(() => {
        ended = true;
      });

    await clock.advance(19_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    await rejection;
  });

  it('asks again after half of the time left, so that another attempt has time', async () => {
    const answers = [false, false, true];
    const { response, clock } = slowCall(true, { mayRetry: () => answers.shift()! });
    const at: number[] = [];
    const start = clock.now();
    const rejection = response.catch((error) => {
      at.push(clock.now() - start);
      return error;
    });

    await clock.advance(24_999);
    expect(at).toEqual([]);
    await clock.advance(1);

    expect(await rejection).toBeInstanceOf(TimeoutError);
  });

  it('returns a late answer to an attempt that no other can follow', async () => {
    const { response, clock } = slowCall(true, { mayRetry: () => false });
    await clock.advance(26_000);

    expect((await response).status).toBe(200);
  });

  it('asks only a few times on a manual clock, on which the time left could be halved for ever', async () => {
    let asked = 0;
    const clock = manualClock();
    const mark = defineMiddleware((call, next) => {
      call.record.mayRetry = () => ++asked > 200;
      return next(call.with({ retried: true }));
    });
    const stack = compose(timeout(30_000, { clock }), mark, timeout(10_000, { clock }));
    const rejection = expect(stack(fakeFetch({ fault: 'stall-headers' }, { clock }))(URL)).rejects.toThrow(
      TimeoutError,
    );

    await clock.advance(30_000);
    await rejection;

    expect(asked).toBeLessThan(20);
  });

  it('records the limit that an attempt has outlasted, for that attempt only', async () => {
    const clock = manualClock();
    const outlasted: number[] = [];
    const twice = defineMiddleware(async (call, next) => {
      call.record.mayRetry = () => false;
      const attempt = async () => {
        await next(call.with({ retried: true }));
        outlasted.push(call.record.outlasted);
      };
      await attempt();
      await attempt();
      return new Response();
    });
    const server = fakeFetch([{ status: 503, delay: 12_000 }, 200], { clock });
    const response = compose(timeout(30_000, { clock }), twice, timeout(10_000, { clock }))(server)(URL);

    await clock.advance(13_000);
    await response;

    expect(outlasted).toEqual([10_000, 0]);
  });

  it('shows inner layers the extended time in remaining()', async () => {
    const clock = manualClock();
    const left: number[] = [];
    const mark = defineMiddleware((call, next) => {
      call.record.mayRetry = () => false;
      return next(call.with({ retried: true }));
    });
    const look = defineMiddleware(async (call) => {
      for (let n = 0; n < 2; n++) {
        await clock.sleep(9_000);
        left.push(call.remaining());
      }
      return new Response();
    });
    const response = compose(timeout(30_000, { clock }), mark, timeout(10_000, { clock }), look)(fetch)(URL);
    await clock.advance(18_000);

    await response;
    expect(left).toEqual([1_000, 2_000]);
  });

  it('aborts an attempt of a closed client, even if no other attempt is allowed', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const mark = defineMiddleware((call, next) => {
      call.record.mayRetry = () => false;
      return next(call.with({ retried: true }));
    });
    const stack = compose(draining, mark, timeout(5_000, { clock }));
    const rejection = expect(stack(fakeFetch({ status: 200, delay: 25_500 }, { clock }))(URL)).rejects.toThrow(
      TimeoutError,
    );

    const closed = draining.close({ deadline: 8_000 });
    await clock.advance(5_000);

    await rejection;
    expect(await closed).toEqual({ finished: 1, ended: 0 });
  });

  it('aborts an attempt if the question whether another may follow throws', async () => {
    const { response, clock } = slowCall(true, {
      mayRetry: () => {
        throw new Error('of a rule');
      },
    });
    const rejection = expect(response).rejects.toThrow(TimeoutError);
    await clock.advance(10_000);

    await rejection;
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
