import { compose, defineMiddleware } from '@steadfetch/core';
import { rateLimit } from '@steadfetch/rate-limit';
import { type Ask, decide, type LimitState, NOTHING, storeOf } from '@steadfetch/shared-limit';
import { type ManualClock, manualClock, seededRandom } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { bucket } from './support/fleet.ts';

/** What the server allows per second. */
const RATE = 50;
/** Calls at 1.2 times that rate, for 20 s. */
const TOO_MANY = { calls: 1_200, apart: 1_000 / 60 };

/** Ends a call after `ms`, and shows the layers inside the time left. */
const within = (clock: ManualClock, ms: number) =>
  defineMiddleware(async (call, next) => {
    const end = clock.now() + ms;
    const stop = new AbortController();
    const done = new AbortController();
    clock.sleep(ms, done.signal).then(
      () => stop.abort(new Error('too late')),
      () => {},
    );
    try {
      return await next(call.with({ signal: stop.signal, remaining: () => end - clock.now() }));
    } finally {
      done.abort();
    }
  });

interface Given {
  readonly calls: number;
  readonly apart: number;
  readonly limit?: { requests: number; per: number } | undefined;
  readonly maxWait?: number;
  /** When a call ends, ms. */
  readonly ms: number;
}

/** The share of the calls that succeeds, and how many are refused, if each has its own stack. */
async function played({
  calls,
  apart,
  limit,
  maxWait = 60_000,
  ms,
}: Given): Promise<{ share: number; refused: number }> {
  const clock = manualClock();
  const begun = clock.now();
  const random = seededRandom(3);
  const server = bucket(RATE, 20, 'retry-after');
  let state: LimitState | undefined;
  const ask: Ask = async (_, question) => {
    await clock.sleep(1);
    const [after, reply] = decide(state, clock.now(), structuredClone(question));
    state = after;
    await clock.sleep(1);
    return structuredClone(reply);
  };
  const send = async () => {
    await clock.sleep(10);
    const { ok, headers } = server(clock.now() - begun);
    if (!ok) refused++;
    await clock.sleep(10);
    return new Response('', { status: ok ? 200 : 429, headers });
  };
  let good = 0;
  let refused = 0;
  for (let n = 0; n < calls; n++) {
    void clock.sleep(n * apart).then(async () => {
      const store = storeOf(ask, { clock, limit });
      const call = compose(within(clock, ms), rateLimit({ clock, random, store, scope: 'origin', maxWait }))(send);
      const response = await call('https://api.example.com/').catch(() => undefined);
      if (response?.ok) good++;
    });
  }
  await clock.advance(calls * apart + ms);
  return { share: good / calls, refused };
}

const KNOWN = { requests: RATE, per: 1_000 };

it.each([
  ['known', 1_500, KNOWN],
  ['known', 3_000, KNOWN],
  ['measured', 3_000, undefined],
] as const)('stacks that make one call each keep a %s limit where calls give up after %i ms', async (_, ms, limit) => {
  expect((await played({ ...TOO_MANY, limit, ms })).share).toBeGreaterThan(0.78);
});

it('a call that may not wait for its slot is not sent beyond a limit that is known', async () => {
  const { share, refused } = await played({ ...TOO_MANY, limit: KNOWN, maxWait: 1_000, ms: 10_000 });
  expect(share).toBeGreaterThan(0.78);
  expect(refused).toBe(0);
});

it('each of several calls at once gets a slot in time, though not at first', async () => {
  expect(await played({ calls: 100, apart: 0, limit: KNOWN, ms: 3_000 })).toEqual({ share: 1, refused: 0 });
});

it('a process whose first calls have little time gets slots beside processes that can wait', async () => {
  const clock = manualClock();
  let state: LimitState | undefined;
  const asked: Ask = (_, question) => {
    const [after, reply] = decide(state, clock.now(), structuredClone(question));
    state = after;
    return reply;
  };
  const limit = { requests: 10, per: 1_000 };
  // twenty others that each wait for a slot, and then ask for the next one
  const busy = async (): Promise<void> => {
    const { first } = await asked('', { ...NOTHING, want: 1, known: 0.01 });
    await clock.sleep(Math.max(1, first - clock.now()));
    return busy();
  };
  for (let n = 0; n < 20; n++) void busy();
  const send = async () => {
    await clock.sleep(20);
    return new Response('');
  };
  const store = storeOf(asked, { clock, limit });
  const call = compose(within(clock, 3_000), rateLimit({ clock, store, scope: 'origin' }))(send);
  let good = 0;
  for (let n = 0; n < 20; n++) {
    call('https://api.example.com/').then(
      () => good++,
      () => {},
    );
    await clock.advance(2_500);
  }
  await clock.advance(3_000);
  expect(good).toBeGreaterThan(15);
});
