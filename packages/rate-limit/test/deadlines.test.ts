import { compose, defineMiddleware } from '@steadfetch/core';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RateLimitGiveUpEvent, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const refused = (seconds: number | string) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const random = () => 0;

describe('rateLimit', () => {
  it('holds a call for no longer than maxWait over all its sends', async () => {
    const clock = instantClock();
    const fetch = fakeFetch([refused(20)]);

    const { status } = await rateLimit({ clock, maxWait: 50_000, random })(fetch)(URL);

    expect(status).toBe(429);
    expect(clock.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(50_100);
  });

  it('stops before a deadline of an outer middleware', async () => {
    const events: RateLimitGiveUpEvent[] = [];
    const withDeadline = defineMiddleware((call, next) => next(call.with({ remaining: () => 500 })));
    const limited = compose(
      withDeadline,
      rateLimit({ clock: instantClock(), hooks: { onGiveUp: (event) => events.push(event) } }),
    );

    const response = await limited(fakeFetch([refused(1)]))(URL);

    expect(response.status).toBe(429);
    expect(events).toMatchObject([{ reason: 'deadline', asked: 1_000 }]);
  });

  it('sends nothing that has no time for its answer, where more is asked for than is allowed', async () => {
    const clock = manualClock();
    const withDeadline = defineMiddleware((call, next) => {
      const end = clock.now() + 4_200;
      return next(call.with({ remaining: () => end - clock.now() }));
    });
    const limiter = rateLimit({ clock, random, limit: { requests: 10, per: 1_000 } });
    const limited = compose(withDeadline, limiter)(fakeFetch({ status: 200, delay: 300 }, { clock }));
    const times: number[] = [];
    const call = async () => {
      const start = clock.now();
      const response = await limited(URL).catch(() => undefined);
      if (response) times.push(clock.now() - start);
    };

    for (let n = 0; n < 100; n++) void call();
    for (let n = 0; n < 600; n++) {
      void call();
      await clock.advance(50);
    }

    expect(times.length).toBeGreaterThan(250);
    expect(Math.max(...times)).toBeLessThan(4_200);
  });

  it('sends what has hardly time left for its answer where nobody waits who has more', async () => {
    const clock = manualClock();
    const end = clock.now() + 30_000;
    const withDeadline = defineMiddleware((call, next) => next(call.with({ remaining: () => end - clock.now() })));
    const limiter = rateLimit({ clock, random, limit: { requests: 3, per: 1_000 } });
    const limited = compose(withDeadline, limiter)(fakeFetch({ status: 200, delay: 8_000 }, { clock }));
    let inTime = 0;
    const call = async () => {
      await limited(URL);
      if (clock.now() < end) inTime++;
    };

    for (let n = 0; n < 70; n++) void call().catch(() => {});
    await clock.advance(40_000);

    expect(inTime).toBeGreaterThan(63);
  });

  it('sends the calls first that have time for an answer, also where it takes most of their time', async () => {
    const clock = manualClock();
    const limited = compose(
      defineMiddleware((call, next) => {
        const end = clock.now() + 2_000;
        return next(call.with({ remaining: () => end - clock.now() }));
      }),
      rateLimit({ clock, random, limit: { requests: 2, per: 1_000 } }),
    )(fakeFetch({ status: 200, delay: 1_300 }, { clock }));
    let inTime = 0;
    const call = async () => {
      const began = clock.now();
      await limited(URL);
      if (clock.now() < began + 2_000) inTime++;
    };

    for (let n = 0; n < 150; n++) {
      void call().catch(() => {});
      await clock.advance(400);
    }

    expect(inTime).toBeGreaterThan(50);
  });

  it('gives the refusal itself to a call that cannot wait until its gate opens', async () => {
    const reasons: string[] = [];
    const clock = manualClock();
    const withDeadline = defineMiddleware((call, next) => next(call.with({ remaining: () => 10_000 })));
    const limiter = rateLimit({ clock, random, hooks: { onGiveUp: ({ reason }) => reasons.push(reason) } });
    const limited = compose(withDeadline, limiter)(fakeFetch([refused(50), refused(1), 200], { clock }));

    const calls = [limited(URL), limited(URL)];
    await clock.advance(10);

    for (const { status } of await Promise.all(calls)) expect(status).toBe(429);
    expect(reasons).toEqual(['deadline', 'deadline']);
  });
});
