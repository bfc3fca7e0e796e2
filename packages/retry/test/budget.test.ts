import { type Clock, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { type RetryBudget, retryBudget } from '@steadfetch/retry-budget';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const API = 'https://api.test/';
const noReserve = { rideOut: 0, floor: 10, credit: 10, deposit: 0, perSecond: 0 };
const down = () => fakeFetch(() => 503);

/** A layer that times the call, as `timeout` does. */
const timed = (clock: Clock) =>
  defineMiddleware((call, next) => {
    const begun = clock.now();
    call.record.age = () => clock.now() - begun;
    return next(call);
  });

/** Each test warns for the first time. */
let retry: typeof import('../src/index.ts')['retry'];
let warn: ReturnType<typeof vi.spyOn>;
beforeEach(async () => {
  vi.resetModules();
  ({ retry } = await import('../src/index.ts'));
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

describe('calls that fail together', () => {
  it('get no more retries than there are tokens', async () => {
    const fetch = down();
    const steady = retry({ clock: instantClock(), delay: () => 0, budget: retryBudget(noReserve) })(fetch);

    await Promise.all(Array.from({ length: 100 }, () => steady(API)));

    expect(fetch.requests.length).toBeLessThanOrEqual(110);
  });

  it('get all their retries where they are the page of a browser and the trouble is short', async () => {
    const clock = manualClock();
    const fetch = fakeFetch(() => (clock.now() < until ? 503 : 200));
    const until = clock.now() + 400;
    const steady = retry({ clock, delay: ({ attempt }) => 250 * attempt })(fetch);

    const page = Promise.all(Array.from({ length: 60 }, () => steady(API)));
    await clock.advance(1_000);

    expect((await page).map(({ status }) => status)).toEqual(Array(60).fill(200));
  });

  it('get all their retries also where each may make five', async () => {
    const clock = manualClock();
    const fetch = fakeFetch(() => (clock.now() < until ? 503 : 200));
    const until = clock.now() + 400;
    const steady = retry({ clock, delay: () => 100, maxRetries: 5 })(fetch);

    const page = Promise.all(Array.from({ length: 60 }, () => steady(API)));
    await clock.advance(1_000);

    expect((await page).map(({ status }) => status)).toEqual(Array(60).fill(200));
  });
});

describe('calls that come one after the other', () => {
  /** A third of the first attempts is refused at once, and the other answers take two seconds. */
  const slowServer = (clock: ReturnType<typeof manualClock>) => {
    const seen = new Set<string>();
    return async (input: Parameters<Fetch>[0]) => {
      const url = String(input instanceof Request ? input.url : input);
      const isFirst = !seen.has(url);
      seen.add(url);
      if (isFirst && Number(new URL(url).search.slice(1)) % 3 === 0) return new Response(null, { status: 503 });
      await clock.sleep(2_000);
      return new Response();
    };
  };
  const statusesOf = async (clock: ReturnType<typeof manualClock>, call: (url: string) => Promise<Response>) => {
    const calls: Promise<Response>[] = [];
    for (let n = 0; n < 200; n++) {
      calls.push(call(`${API}?${n}`));
      await clock.advance(10);
    }
    await clock.advance(3_000);
    return (await Promise.all(calls)).map(({ status }) => status);
  };

  it('get all their retries where a third fails at once and the others take seconds to be answered', async () => {
    const clock = manualClock();
    const statuses = await statusesOf(clock, retry({ clock })(slowServer(clock)));
    expect(statuses).toEqual(Array(200).fill(200));
  });

  it('get them too where each is made by a retry of its own that shares the budget', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    const fetch = slowServer(clock);
    const statuses = await statusesOf(clock, (url) => retry({ clock, budget })(fetch)(url));
    expect(statuses).toEqual(Array(200).fill(200));
  });

  it('get few where all hang, and are cut after seconds', async () => {
    const clock = manualClock();
    let sent = 0;
    const steady = retry({ clock })(async () => {
      sent++;
      await clock.sleep(2_000);
      return new Response(null, { status: 504 });
    });

    for (let n = 0; n < 500; n++) {
      void steady(API);
      await clock.advance(20);
    }

    expect(sent).toBeLessThan(550);
  });

  it('are sent where a budget of the caller throws when a call begins', async () => {
    const permit = { release: () => {} };
    const begin = vi.fn(() => {
      throw new Error('broken');
    });
    const budget = { acquire: () => permit, begin, record: () => {} };
    const steady = retry({ clock: instantClock(), budget })(fakeFetch([503, 200]));

    expect((await steady(API)).status).toBe(200);
    expect((await steady(API)).status).toBe(200);
    expect(begin.mock.calls).toEqual([['https://api.test']]);
  });
});

describe('a budget', () => {
  it('records a failure before it is asked for the retry: which attempt, of how many retries, and how long it took', async () => {
    const told: unknown[][] = [];
    const budget = {
      acquire: (...args: unknown[]) => {
        told.push(['acquire', ...args]);
        return { release: () => {} };
      },
      record: (...args: unknown[]) => void told.push(['record', ...args]),
    };

    await retry({ clock: instantClock(), budget })(fakeFetch([503, 503, 200]))(API);

    expect(told).toEqual([
      ['record', 'https://api.test', 'failure', 1, 2, 0],
      ['acquire', 'https://api.test', 'transient'],
      ['record', 'https://api.test', 'failure', 2, 2, 0],
      ['acquire', 'https://api.test', 'transient'],
      ['record', 'https://api.test', 'success', 3, 2, 0],
    ]);
  });

  it('records how long each attempt took, the first one where a layer times the call', async () => {
    const clock = instantClock();
    const waits = [700, 900, 800];
    const slow: Fetch = async () => {
      await clock.sleep(waits.shift() ?? 0);
      return new Response(null, { status: waits.length > 0 ? 504 : 200 });
    };
    const record = vi.fn();
    const budget = { acquire: () => ({ release: () => {} }), record };

    await compose(timed(clock), retry({ clock, budget }))(slow)(API);

    expect(record.mock.calls.map(([, outcome, , , took]) => [outcome, took])).toEqual([
      ['failure', 700],
      ['failure', 900],
      ['success', 800],
    ]);
  });

  it.each([
    ['a wrong certificate', { code: 'CERT_HAS_EXPIRED' }, []],
    ['an abort by something below', { name: 'AbortError' }, []],
    ['a lost connection', { code: 'ECONNRESET' }, ['failure']],
  ])('is told of no failure that none of our rules repeats: %s', async (_, members, recorded) => {
    const record = vi.fn();
    const error = Object.assign(new TypeError('fetch failed'), members);
    const budget = { acquire: () => undefined, record };

    await expect(retry({ clock: instantClock(), budget })(() => Promise.reject(error))(API)).rejects.toBe(error);

    expect(record.mock.calls.map(([, outcome]) => outcome)).toEqual(recorded);
  });

  it('needs no other members than acquire and record', async () => {
    const inner = retryBudget();
    const budget = {
      acquire: (key: string, kind: 'transient' | 'throttled') => inner.acquire(key, kind),
      record: (key: string, outcome: 'success' | 'failure') => inner.record(key, outcome),
    };
    let sent = 0;
    const steady = retry({ clock: instantClock(), budget })(fakeFetch(() => (++sent % 2 === 1 ? 503 : 200)));

    for (let n = 0; n < 500; n++) expect((await steady(API)).status).toBe(200);
  });
});

describe('a budget that is spent', () => {
  // a fetch that takes any address
  const anything: Fetch = async () => new Response(null, { status: 503 });
  const call = async (url: string) => {
    const budget = { acquire: () => undefined, record: () => {} };
    const onGiveUp = vi.fn();
    await retry({ clock: instantClock(), budget, hooks: { onGiveUp } })(anything)(url);
    return onGiveUp.mock.calls.map(([event]) => event.reason);
  };
  const warnings = () => warn.mock.calls.map(([text]: unknown[]) => String(text));

  it('is reported in the console, once per server', async () => {
    for (let n = 0; n < 3; n++) expect(await call('https://user:secret@a.test/x?token=secret')).toEqual(['budget']);
    await call('https://b.test/');

    expect(warnings()).toHaveLength(2);
    expect(warnings()[0]).toContain('no more retries for https://a.test for now: its retry budget is spent');
    expect(warnings().join()).not.toContain('secret');
  });

  it('is reported in fewer words in production', async () => {
    await call('https://a.test/');
    vi.stubEnv('NODE_ENV', 'production');
    await call('https://b.test/');
    vi.unstubAllEnvs();

    expect(warnings()[1]).toContain('no more retries for https://b.test for now: its retry budget is spent');
    expect(warnings()[1]!.length).toBeLessThan(warnings()[0]!.length);
  });

  it('is reported for a bounded number of hosts', async () => {
    for (let n = 0; n < 50; n++) await call(`https://host-${n}.test/`);

    expect(warnings()).toHaveLength(20);
  });

  it('cannot be used to write lines of a log', async () => {
    await call(`data:a\nERROR admin logged in\u001b[31m${'x'.repeat(80_000)}`);

    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).not.toMatch(/\p{Cc}/u);
    expect(warnings()[0]!.length).toBeLessThan(1_000);
  });

  it('is not reported where no retry was wanted', async () => {
    const budget = { acquire: () => undefined, record: () => {} };
    await retry({ clock: instantClock(), budget })(fakeFetch(() => 404))(API);
    await retry({ clock: instantClock(), budget })(fakeFetch(() => 503))(API, { method: 'POST' });

    expect(warnings()).toEqual([]);
  });
});

describe('a call whose retry the budget refuses', () => {
  const refusing = { acquire: () => undefined, record: () => {} };

  it('ends no sooner than the retries would have been due, so that a job does not run through its items', async () => {
    const clock = manualClock();
    const steady = retry({ clock, delay: ({ attempt }) => attempt * 100, maxRetries: 2, budget: refusing })(down());
    const ended = vi.fn();
    void steady(API).then(ended);

    await clock.advance(299);
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('asks again when each of its retries is due, and ends where there is still no permit', async () => {
    const clock = instantClock();
    const asked: string[] = [];
    const budget = { ...refusing, acquire: (_key: string, kind: string) => void asked.push(kind) };
    const busy = fakeFetch(() => ({ status: 503, headers: { 'retry-after': '20' } }));

    expect((await retry({ clock, serverHints: { spread: 0 }, budget })(busy)(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([20_000, 20_000]);
    expect(asked).toEqual(['throttled', 'held', 'held']);
    expect(busy.requests).toHaveLength(1);
  });

  it.each([
    ['gets its permit', 3, 200, [100, 1_000, 1_000, 1_000]],
    [
      'has asked ten times more, and then waits for its next retry',
      Infinity,
      503,
      [100, ...Array(10).fill(1_000), 100, ...Array(10).fill(1_000)],
    ],
  ])('waits for its turn while the server answers again, until it %s', async (_, turns, status, sleeps) => {
    const clock = instantClock();
    let asked = 0;
    const acquire = (_key: string, kind: string) =>
      kind === 'held' && asked++ >= turns ? { release: () => {} } : undefined;
    const fetch = fakeFetch(() => (asked === 0 ? 503 : 200));

    const steady = retry({ clock, delay: () => 100, budget: { ...refusing, acquire, isBack: () => true } })(fetch);

    expect((await steady(API)).status).toBe(status);
    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual(sleeps);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('isBack');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('isBack');
      },
    ],
    ['answers with a promise', async () => true],
  ])('waits for no turn where isBack %s', async (_, isBack) => {
    const clock = instantClock();
    const budget = { ...refusing, isBack: isBack as () => boolean };

    expect((await retry({ clock, delay: () => 100, budget })(down())(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([100, 100]);
  });

  it('waits for no turn that leaves no time for an attempt', async () => {
    const clock = instantClock();
    const until = clock.now() + 2_000;
    const limited = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
    const budget = { ...refusing, isBack: () => true };

    expect((await compose(limited, retry({ clock, delay: () => 100, budget }))(down())(API)).status).toBe(503);
    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual([100, 1_000, 100]);
  });

  it('waits for turns while half of the rest is left, however long an attempt was that was cut', async () => {
    const clock = manualClock();
    let until = Infinity;
    const limited = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
    const hung: Fetch = async () => {
      await clock.sleep(10_000);
      return new Response(null, { status: 504 });
    };
    const asked: number[] = [];
    const budget = { ...refusing, acquire: () => void asked.push(until - clock.now()), isBack: () => true };
    const steady = compose(limited, retry({ clock, delay: () => 100, maxRetries: 1, budget }))(hung);
    const first = steady(API); // from now on it is known how long attempts take
    await clock.advance(60_000);
    await first;
    asked.length = 0;

    until = clock.now() + 15_000;
    const response = steady(API);
    await clock.advance(15_000);

    expect((await response).status).toBe(504);
    expect(asked).toEqual([5_000, 4_900, 3_900, 2_900, 1_900]);
  });

  it('waits for each retry as long as the server asked', async () => {
    const clock = instantClock();
    const busy = fakeFetch(() => ({ status: 503, headers: { 'retry-after': '1' } }));

    const steady = retry({ clock, serverHints: { spread: 0 }, delay: () => 0, maxRetries: 3, budget: refusing })(busy);
    await steady(API);
    await steady(API);

    expect(clock.sleeps).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it.each([
    ['of one retry', false],
    ['also where each is made by a retry of its own that shares the budget', true],
  ])('takes as long as its attempts would have taken, from the second call on, %s', async (_, isOwn) => {
    const clock = manualClock();
    const budget = { ...refusing };
    const slow: Fetch = async () => {
      await clock.sleep(1_000);
      return new Response(null, { status: 504 });
    };
    const made = () => retry({ clock, delay: () => 100, maxRetries: 2, budget })(slow);
    const steady = made();
    const timeOf = async () => {
      const from = clock.now();
      let took: number | undefined;
      void (isOwn ? made() : steady)(API).then(() => {
        took = clock.now() - from;
      });
      while (took === undefined) await clock.advance(100);
      return took;
    };

    expect(await timeOf()).toBe(1_200);
    expect(await timeOf()).toBe(3_200);
  });

  it('takes as long also where it is the first one, and a layer times the call', async () => {
    const clock = manualClock();
    const slow: Fetch = async () => {
      await clock.sleep(1_000);
      return new Response(null, { status: 504 });
    };
    const steady = compose(timed(clock), retry({ clock, delay: () => 100, budget: refusing }))(slow);
    const ended = vi.fn();
    void steady(API).then(ended);

    await clock.advance(3_199); // an attempt, 100 ms, an attempt, 100 ms, an attempt
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('is held no longer where the machine has slept while it was held', async () => {
    const clock = sleepyClock();
    const steady = retry({ clock, delay: () => 100, budget: refusing })(down());
    await steady(API);
    clock.sleeps.length = 0;

    await clock.oversleep(() => steady(API));

    expect(clock.sleeps).toEqual([100, 100]);
  });

  it('is held for seconds and not for hours where the machine has slept during its attempt', async () => {
    const clock = sleepyClock();
    const slow: Fetch = async () => {
      await clock.sleep(20);
      return new Response(null, { status: 503 });
    };
    const steady = retry({ clock, delay: () => 100, budget: refusing })(slow);
    await steady(API);
    clock.sleeps.length = 0;

    await clock.oversleep(() => steady(API));

    expect(Math.max(...clock.sleeps)).toBeLessThan(11_000);
  });

  it.each([
    ['the time', ({ elapsed }: { elapsed: number }) => elapsed < 1_000, Array(10).fill(100)],
    ['the attempts', ({ attempt }: { attempt: number }) => attempt < 3, [100, 100]],
  ])('is held no longer than a condition that looks at %s lets it be retried', async (_, shouldRetry, sleeps) => {
    const waits = async (budget: RetryBudget | false) => {
      const clock = instantClock();
      const steady = retry({ clock, delay: () => 100, maxRetries: 100, shouldRetry, budget });
      expect((await steady(down())(API)).status).toBe(503);
      return clock.sleeps;
    };

    expect(await waits(refusing)).toEqual(sleeps);
    expect(await waits(false)).toEqual(sleeps);
  });

  it.each<[string, () => boolean]>([
    ['says no', () => false],
    [
      'throws',
      () => {
        throw new Error('shouldRetry');
      },
    ],
  ])('is not sent after its last skipped retry where a condition %s while it is held', async (_, answer) => {
    const clock = manualClock();
    let asked = 0;
    const acquire = (_key: string, kind: string) =>
      kind === 'held' && asked++ > 0 ? { release: () => {} } : undefined;
    let answers = 0;
    const shouldRetry = () => answers++ === 0 || answer();
    let sent = 0;
    const slow: Fetch = async () => {
      sent++;
      await clock.sleep(1_000);
      return new Response(null, { status: 503 });
    };

    const ended = retry({ clock, delay: () => 100, shouldRetry, budget: { ...refusing, acquire } })(slow)(API);
    await clock.advance(10_000);

    expect((await ended).status).toBe(503);
    expect([answers, sent]).toEqual([2, 1]);
  });

  it('ends with its outcome where a condition throws while it is held', async () => {
    const shouldRetry = async ({ response }: { response?: Response }) => (await response!.text()) === '';
    const steady = retry({ clock: instantClock(), shouldRetry, budget: refusing });

    expect((await steady(async () => new Response('', { status: 503 }))(API)).status).toBe(503);
  });

  it('ends at once when a condition aborts it while it is held', async () => {
    const controller = new AbortController();
    const shouldRetry = ({ attempt }: { attempt: number }) => {
      if (attempt > 1) controller.abort('stop');
      return attempt < 2;
    };
    const steady = retry({ clock: instantClock(), delay: () => 0, shouldRetry, budget: refusing })(down());

    await expect(steady(API, { signal: controller.signal })).rejects.toBe('stop');
  });

  it('is sent again when a retry is due and there is a permit by then', async () => {
    const clock = instantClock();
    const outcomes: string[] = [];
    const budget: RetryBudget = {
      acquire: (_key, kind) => (kind === 'held' ? { release: () => {} } : undefined),
      record: (_key, outcome, attempt) => void outcomes.push(`${attempt} ${outcome}`),
    };
    const well = fakeFetch([{ status: 429, headers: { 'retry-after': '20' } }, 200]);

    const response = await retry({ clock, serverHints: { spread: 0 }, budget })(well)(API);

    expect(response.status).toBe(200);
    expect(clock.sleeps[0]).toBe(20_000);
    expect(outcomes).toEqual(['1 failure', '2 success']);
  });

  it('sends no more than the retries that are left when a permit comes late', async () => {
    const clock = instantClock();
    let refusals = 2;
    const budget: RetryBudget = {
      acquire: () => (refusals-- > 0 ? undefined : { release: () => {} }),
      record: () => {},
    };
    const fetch = down();

    expect((await retry({ clock, delay: () => 100, maxRetries: 3, budget })(fetch)(API)).status).toBe(503);

    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual([100, 100, 100]);
    expect(fetch.requests).toHaveLength(3);
  });

  it('sends its last retry as the last, when a permit comes late', async () => {
    let refusals = 2;
    const budget: RetryBudget = {
      acquire: () => (refusals-- > 0 ? undefined : { release: () => {} }),
      record: () => {},
    };
    const marks: unknown[] = [];
    const below = defineMiddleware((call) => {
      marks.push(call.retried);
      return Promise.resolve(new Response(null, { status: 503 }));
    });

    await compose(retry({ clock: instantClock(), delay: () => 100, budget }), below)(down())(API);

    expect(marks).toEqual([true, 'last']);
  });

  it.each([
    ['is sent when its last retry has taken its time, if there is a permit by then', 30_000, 200],
    ['is not sent then without time for an attempt', 8_000, 503],
  ])('%s', async (_, limit, status) => {
    const clock = manualClock();
    let refusals = 3;
    const acquire = () => (refusals-- > 0 ? undefined : { release: () => {} });
    const marks: unknown[] = [];
    const below = defineMiddleware((call, next) => {
      marks.push(call.retried);
      return next(call);
    });
    const slow = fakeFetch(() => ({ status: refusals > 0 ? 503 : 200, delay: 2_000 }), { clock });
    const started = clock.now();
    const limited = defineMiddleware((call, next) => {
      call.record.age = () => clock.now() - started;
      return next(call.with({ remaining: () => started + limit - clock.now() }));
    });
    const layer = retry({ clock, delay: () => 100, budget: { ...refusing, acquire } });

    const response = compose(limited, layer, below)(slow)(API);
    await clock.advance(limit);

    expect((await response).status).toBe(status);
    expect(marks).toEqual(status === 200 ? [true, 'last'] : [true]);
  });

  it('asks once more where its retries take no time', async () => {
    const acquire = vi.fn(() => undefined);
    const steady = retry({ delay: () => 0, maxRetries: 100_000, budget: { ...refusing, acquire } });

    expect((await steady(down())(API)).status).toBe(503);

    expect(acquire).toHaveBeenCalledTimes(2);
  });

  it('takes as long as those of its retries that fit into the time that it has left', async () => {
    const clock = instantClock();
    const until = clock.now() + 5_000;
    const within = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
    const delay = ({ attempt }: { attempt: number }) => attempt * 1_000;
    const steady = compose(within, retry({ clock, delay, maxRetries: 5, budget: refusing }))(down());

    expect((await steady(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([1_000, 2_000]);
  });

  it('ends with its outcome before its time is over, however slow its attempts are', async () => {
    const clock = manualClock();
    const slow: Fetch = async () => {
      await clock.sleep(1_800);
      return new Response(null, { status: 504 });
    };
    const within = defineMiddleware((call, next) => {
      const until = clock.now() + 5_000;
      return next(call.with({ remaining: () => until - clock.now() }));
    });
    const steady = compose(within, retry({ clock, delay: () => 100, budget: refusing }))(slow);
    const ends: string[] = [];
    const call = () => {
      const from = clock.now();
      void steady(API).then(({ status }) => ends.push(`${status} after ${clock.now() - from} ms`));
    };

    call();
    await clock.advance(5_000);
    call();
    await clock.advance(5_000);

    expect(ends).toEqual(['504 after 2000 ms', '504 after 4880 ms']);
  });

  it('ends at once when it is aborted meanwhile', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const call = retry({ clock, delay: () => 1_000, budget: refusing })(down())(API, { signal: controller.signal });
    await clock.advance(10);

    controller.abort('stop');

    await expect(call).rejects.toBe('stop');
  });
});

/** An instant clock of a machine that can sleep for a night: then the date is eight hours later after the next sleep. */
function sleepyClock() {
  let now = 1_000_000;
  let late = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms + late;
      late = 0;
    },
    oversleep: (run: () => Promise<unknown>) => {
      late = 8 * 3_600_000;
      return run();
    },
  };
}
