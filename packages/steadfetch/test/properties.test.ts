import {
  type FakeFetch,
  fakeFetch,
  type ManualClock,
  manualClock,
  type Reply,
  seededRandom,
} from '@steadfetch/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Clock, type StandardOptions, standard } from '../src/index.ts';
import { settle } from '../src/kit.ts';
import { POST, URL } from './support.ts';

const asking = (status: number) =>
  fc.integer({ min: 0, max: 4 }).map((wait) => ({ status, headers: { 'retry-after': `${wait}` } }));

const replies: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Reply>(200, 404, 500, 502, 503, 429, 'network-error') },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Reply>(
      { error: 'ECONNREFUSED' },
      { fault: 'stall-headers' },
      { status: 200, delay: 700 },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Reply>({ fault: 'reset-mid-body' }, { fault: 'stall-body' }, { fault: 'truncate' }),
  },
  { weight: 3, arbitrary: fc.oneof(asking(429), asking(503)) },
);

const scripts = fc.array(replies, { minLength: 1, maxLength: 8 });
const times = (max: number) => fc.integer({ min: 1, max });

const options: fc.Arbitrary<StandardOptions> = fc.record(
  {
    timeout: fc.oneof(fc.integer({ min: 2_001, max: 20_000 }), fc.constant(false as const)),
    attemptTimeout: fc.oneof(times(2_000), fc.record({ headers: times(2_000), body: times(2_000) })),
    retry: fc.record({ maxRetries: fc.integer({ min: 0, max: 5 }), delay: times(3_000).map((ms) => () => ms) }),
    rateLimit: fc.boolean(),
    circuitBreaker: fc.boolean(),
    idempotencyKey: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 4 }),
    bufferBody: fc.boolean(),
  },
  { requiredKeys: ['retry', 'attemptTimeout'] },
);

interface Run {
  clock: ManualClock;
  fake: FakeFetch;
  outcomes: unknown[];
}

/** Runs some simultaneous calls until nothing waits. */
async function run(
  given: StandardOptions,
  script: readonly Reply[],
  abortAt: readonly number[],
  clock = manualClock(),
): Promise<Run> {
  const fake = fakeFetch([...script, 200], { clock });
  const fetch = standard({ clock, random: seededRandom(3), ...given })(fake);
  const outcomes: unknown[] = [];
  const calls = abortAt.map(async (at, index) => {
    const controller = new AbortController();
    const init = index % 2 ? { ...POST, signal: controller.signal } : { signal: controller.signal };
    const outcome = settle(fetch(`${URL}/${index}`, init));
    if (at > 0) void clock.sleep(at).then(() => controller.abort(`abort ${index}`));
    outcomes.push(await outcome);
  });
  await clock.runAll(600_000);
  await Promise.race([Promise.all(calls), new Promise((resolve) => setTimeout(resolve, 20))]);
  return { clock, fake, outcomes };
}

const aborts = fc.array(fc.oneof(fc.constant(0), times(5_000)), { minLength: 1, maxLength: 4 });
const RUNS = { numRuns: 60 };

const attemptsOf = ({ requests }: FakeFetch, index: number) => requests.filter(({ url }) => url === `${URL}/${index}`);

it('settles every call, and leaves nothing waiting', async () => {
  await fc.assert(
    fc.asyncProperty(options, scripts, aborts, async (given, script, abortAt) => {
      const { clock, outcomes } = await run(given, script, abortAt);

      expect(outcomes).toHaveLength(abortAt.length);
      expect(clock.pending).toBe(0);
    }),
    RUNS,
  );
});

it('makes at most maxRetries + 1 attempts, without the resends of the limiter', async () => {
  await fc.assert(
    fc.asyncProperty(options, scripts, aborts, async (given, script, abortAt) => {
      const { fake } = await run({ ...given, rateLimit: false }, script, abortAt);

      const { maxRetries } = given.retry as { maxRetries: number };
      for (const index of abortAt.keys()) expect(attemptsOf(fake, index).length).toBeLessThanOrEqual(maxRetries + 1);
    }),
    RUNS,
  );
});

it('resends a refused call at most maxResends times per attempt', async () => {
  await fc.assert(
    fc.asyncProperty(options, scripts, times(3), async (given, script, maxResends) => {
      const { fake } = await run({ ...given, rateLimit: { maxResends } }, script, [0]);

      const { maxRetries } = given.retry as { maxRetries: number };
      expect(fake.calls.length).toBeLessThanOrEqual((maxRetries + 1) * (maxResends + 1));
    }),
    RUNS,
  );
});

it('starts no attempt after the deadline, nor after an abort', async () => {
  await fc.assert(
    fc.asyncProperty(options, scripts, aborts, times(8_000), async (given, script, abortAt, room) => {
      const timeout = room + 2_001;
      const { fake } = await run({ ...given, timeout }, script, abortAt);

      for (const [index, at] of abortAt.entries()) {
        const end = at > 0 ? Math.min(at, timeout) : timeout;
        for (const { elapsed } of attemptsOf(fake, index)) expect(elapsed).toBeLessThanOrEqual(end);
      }
    }),
    RUNS,
  );
});

it('never sends a request earlier than the server asked', async () => {
  await fc.assert(
    fc.asyncProperty(options, scripts, async (given, script) => {
      const { fake } = await run(given, script, [0]);

      for (const [index, { elapsed }] of fake.requests.entries()) {
        const next = fake.requests[index + 1];
        const wait = Object((script as unknown[])[index]).headers?.['retry-after'] ?? 0;
        if (next) expect(next.elapsed - elapsed).toBeGreaterThanOrEqual(wait * 1_000);
      }
    }),
    RUNS,
  );
});

it('settles every call, although the clock is set back now and then', async () => {
  await fc.assert(
    fc.asyncProperty(options, scripts, aborts, times(100_000), async (given, script, abortAt, back) => {
      const time = manualClock();
      let asked = 0;
      const jumpy: Clock = { sleep: time.sleep, now: () => time.now() - (++asked % 7 === 0 ? back : 0) };
      const clock = Object.defineProperties(
        { ...time, ...jumpy },
        Object.getOwnPropertyDescriptors({
          get pending() {
            return time.pending;
          },
        }),
      );

      const { outcomes } = await run(given, script, abortAt, clock);

      expect(outcomes).toHaveLength(abortAt.length);
      expect(time.pending).toBe(0);
    }),
    RUNS,
  );
});
