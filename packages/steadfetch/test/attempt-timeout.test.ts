import { fakeFetch, manualClock } from '@steadfetch/testing';
import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import {
  bodyFactory,
  circuitBreaker,
  compose,
  concurrency,
  consecutive,
  type Fetch,
  maxRetries,
  onTimeout,
  type RetryBudget,
  type Rule,
  retry,
  retryWith,
  type StandardOptions,
  standard,
  type TimeoutError,
  timeout,
} from '../src/index.ts';

const URL = 'https://api.example.com/orders';
const stream = () => ({ method: 'PUT', body: new Blob(['x']).stream(), duplex: 'half' }) as RequestInit;

/** A stack with a limit for the call and one per attempt, and a server that answers after `delays`. */
function stack(delays: number[], whole = 30_000) {
  const clock = manualClock();
  const server = fakeFetch(
    delays.map((delay) => ({ status: 200, delay })),
    { clock },
  );
  const steady = compose(
    timeout(whole, { clock }),
    retry({ clock, delay: () => 0, budget: false }),
    timeout(10_000, { clock }),
  );
  return { clock, server, send: steady(server) };
}

const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error) as Promise<TimeoutError>;

it('no call is lost if a service stalls and then answers all, although the aborted attempts spend the budget', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const random = seededRandom(3);
  const well = time.elapsed + 4_000;
  const steady = standard({ timeout: 5_000, clock: time, random })(async () => {
    await time.sleep(Math.max(50, well - time.elapsed));
    return new Response();
  });
  let lost = 0;
  for (let at = 0; at < 6_000; at += 20) time.at(at, () => void steady(URL).catch(() => lost++));

  await time.run(30_000, () => false);

  expect(lost).toBe(0);
});

/** The number of failed calls in a minute with ten calls a second, without those before the given time in ms. `serve` answers. */
async function lostAfter(from: number, options: StandardOptions, serve: Serve): Promise<number> {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const begun = time.elapsed;
  const server = serve(time, () => time.elapsed - begun);
  const steady = standard({ ...options, clock: time, random: seededRandom(3) })(server);
  let lost = 0;
  for (let at = 0; at < 60_000; at += 100) {
    const count = (isGood: boolean) => void (at >= from && !isGood && lost++);
    const send = () =>
      steady(URL).then(
        ({ status }) => count(status < 500),
        () => count(false),
      );
    time.at(begun + at, () => void send());
  }
  await time.run(begun + 120_000, () => false);
  return lost;
}

type Serve = (time: VirtualTime, now: () => number) => Fetch;

it.each([200, 404])(
  'a service whose queue has grown while it stood still, and that answers %i, is not kept busy with retries',
  async (status) => {
    const lost = await lostAfter(30_000, { timeout: 5_000 }, (time, now) => {
      let free = 4_250; // it works on one request after the other, and does not notice an abort
      return async () => {
        free = Math.max(free, now()) + 1_000 / 12;
        await time.sleep(free - now());
        return new Response(null, { status });
      };
    });

    expect(lost).toBe(0);
  },
);

it('calls without an answer spend the budget, so that a queue after a long pause empties', async () => {
  const lost = await lostAfter(40_000, { timeout: 5_000 }, (time, now) => {
    let free = 7_500;
    return async () => {
      free = Math.max(free, now()) + 1_000 / 14;
      await time.sleep(free - now());
      return new Response();
    };
  });

  expect(lost).toBe(0);
});

/** An empty budget, and the list of what was recorded in it. */
function spentBudget(): { budget: RetryBudget; outcomes: string[] } {
  const outcomes: string[] = [];
  const record: RetryBudget['record'] = (_key, outcome) => void outcomes.push(outcome);
  return { budget: { acquire: () => undefined, mayRetry: () => false, record }, outcomes };
}

it('a wait for a slot or a body that exceeds the limit of an attempt is no failure of the server, answered or aborted', async () => {
  const clock = manualClock();
  const { budget, outcomes } = spentBudget();
  const server = fakeFetch([503, { status: 200, delay: 12_000 }, 200], { clock });
  const repeating = retry({ clock, budget, delay: () => 0 });
  const steady = compose(timeout(30_000, { clock }), repeating, timeout(10_000, { clock }), concurrency(1))(server);
  await steady(URL);
  const controller = new AbortController();
  const { signal } = controller;
  const body = bodyFactory(() => new Promise(() => {}));
  const alone = compose(timeout(30_000, { clock }), repeating, timeout(10_000, { clock }))(server);
  const sent = [steady(URL), steady(URL), steady(URL, { signal }), alone(URL, { method: 'PUT', body, signal })];
  const calls = sent.map((call) => call.catch(() => undefined));

  await clock.advance(11_000);
  controller.abort();
  await clock.advance(5_000);
  await Promise.all(calls);

  expect(outcomes).toEqual(['failure', 'failure', 'success']);
});

it('an attempt that fails after its limit is counted once, also when its call is aborted while it is held', async () => {
  const clock = manualClock();
  const { budget, outcomes } = spentBudget();
  const server = fakeFetch({ status: 503, delay: 12_000 }, { clock });
  const steady = compose(timeout(60_000, { clock }), retry({ clock, budget }), timeout(10_000, { clock }))(server);
  const controller = new AbortController();
  const call = failureOf(steady(URL, { signal: controller.signal }));

  await clock.advance(12_001);
  controller.abort();

  expect((await call).name).toBe('AbortError');
  expect(outcomes).toEqual(['failure']);
});

it('few calls are lost if a service is slower than the limit of an attempt', async () => {
  const lost = await lostAfter(10_000, { timeout: 5_000 }, (time) => async () => {
    await time.sleep(3_500);
    return new Response();
  });

  expect(lost).toBe(0);
});

it('a call whose attempt fails after its limit waits for the budget as after a timeout', async () => {
  const options = { timeout: 20_000, attemptTimeout: 5_000, retry: 3 };
  const lost = await lostAfter(0, options, (time, now) => async () => {
    const isDown = now() < 15_000;
    await time.sleep(isDown ? 10_000 : 100);
    return new Response(null, { status: isDown ? 504 : 200 });
  });

  expect(lost).toBeLessThan(8);
});

it.each([
  [undefined, 2],
  [false, 1],
])('of a rule that says %s when it is asked whether another attempt may follow, %i are sent', async (answer, sent) => {
  const clock = manualClock();
  const server = fakeFetch({ fault: 'stall-headers' }, { clock });
  const rule: Rule = { mayRetry: () => answer as boolean };
  const steady = compose(
    timeout(15_000, { clock }),
    retryWith(rule, maxRetries(1), onTimeout(), { clock }),
    timeout(10_000, { clock }),
  )(server);
  const call = failureOf(steady(URL));

  await clock.advance(15_000);

  await call;
  expect(server.requests).toHaveLength(sent);
});

it('an attempt that hangs until its call ends, since the budget is spent, is a failure for the circuit breaker', async () => {
  const clock = manualClock();
  const breaker = circuitBreaker({ rule: consecutive(1), clock });
  const spent: Rule = { mayRetry: () => false };
  const steady = compose(
    timeout(15_000, { clock }),
    retryWith(spent, maxRetries(1), onTimeout(), { clock }),
    breaker,
    timeout(4_000, { clock }),
  )(fakeFetch({ fault: 'stall-headers' }, { clock }));
  const call = failureOf(steady(URL));

  await clock.advance(15_000);

  expect(await call).toMatchObject({ name: 'TimeoutError', limit: 15_000 });
  expect(breaker.breaker.snapshot('https://api.example.com').state).toBe('open');
});

describe('an attempt timeout below a retry and a limit for the call', () => {
  it.each<[string, () => RequestInit]>([
    ['a POST without a key', () => ({ method: 'POST', body: 'x' })],
    ['a PATCH without a key', () => ({ method: 'PATCH', body: 'x' })],
    ['a stream, which is sent once', stream],
    ['a GET that must not be retried', () => ({ retry: false }) as RequestInit],
    ['a POST that must not be retried', () => ({ method: 'POST', retry: false }) as RequestInit],
    ['no retries at all', () => ({ retry: { maxRetries: 0 } }) as RequestInit],
  ])('does not cut %s', async (_what, init) => {
    const { clock, server, send } = stack([25_000]);
    const call = send(URL, init());

    await clock.advance(25_000);

    expect((await call).status).toBe(200);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, () => RequestInit]>([
    ['a GET', () => ({})],
    ['a POST with a key', () => ({ method: 'POST', body: 'x', headers: { 'idempotency-key': '"k"' } })],
    ['a body that is made anew', () => ({ method: 'PUT', body: bodyFactory(() => 'x') })],
  ])('cuts the attempts of %s that others can follow, and lets the last one take its time', async (_what, init) => {
    const { clock, server, send } = stack([25_000, 25_000, 25_000], 60_000);
    const call = send(URL, init());

    await clock.advance(45_000);

    expect((await call).status).toBe(200);
    expect(server.requests).toHaveLength(3);
  });

  it('leaves a call that takes too long to the limit of the whole call', async () => {
    const { clock, send } = stack([35_000]);
    const call = failureOf(send(URL, { method: 'POST' }));

    await clock.advance(30_000);

    expect(await call).toMatchObject({ name: 'TimeoutError', limit: 30_000 });
    expect(clock.pending).toBe(0);
  });

  it('aborts the attempt without retry, or without a limit for the call', async () => {
    const clock = manualClock();
    const server = fakeFetch({ status: 200, delay: 25_000 }, { clock });
    const inner = timeout(10_000, { clock });
    const stacks = [compose(timeout(30_000, { clock }), inner), compose(retry({ clock, budget: false }), inner), inner];
    const calls = stacks.map((each) => failureOf(each(server)(URL, { method: 'POST' })));

    await clock.advance(10_000);

    expect(await Promise.all(calls)).toMatchObject(stacks.map(() => ({ name: 'TimeoutError', limit: 10_000 })));
  });
});

describe('a call that is ended while it waits for a slot', () => {
  const queue = () => {
    const clock = manualClock();
    const server = fakeFetch({ status: 200, delay: 60_000 }, { clock });
    const limit = concurrency(1);
    const first = limit(server)(URL);
    const outer = [timeout(30_000, { clock }), retry({ clock, budget: false })];
    const steady = compose(...outer, limit, timeout(10_000, { clock }))(server);
    return { clock, server, steady, first };
  };

  it('rejects with an error that says so', async () => {
    const { clock, server, steady } = queue();
    const second = failureOf(steady(URL));

    await clock.advance(30_000);

    expect(await second).toMatchObject({ name: 'TimeoutError', limit: 30_000, waitingFor: 'a slot of concurrency()' });
    expect((await second).message).toBe(
      `no response within 30000 ms from GET ${URL}; it was waiting for a slot of concurrency()`,
    );
    expect(server.requests).toHaveLength(1);
  });

  it("rejects with the caller's own reason when the caller aborts", async () => {
    const { clock, server, steady, first } = queue();
    const controller = new AbortController();
    const second = failureOf(steady(URL, { signal: controller.signal }));

    await clock.advance(1_000);
    controller.abort('enough');

    expect(await second).toBe('enough');
    await clock.advance(60_000);
    expect((await first).status).toBe(200);
    expect(server.requests).toHaveLength(1);
  });
});
