import { compose, type Fetch } from '@steadfetch/core';
import { retryBudget } from '@steadfetch/retry-budget';
import { fakeFetch, instantClock, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { down, loadAnew, retry, warnings } from './fresh-retry.ts';
import { timed } from './support.ts';

const API = 'https://api.test/';
const noReserve = { rideOut: 0, floor: 10, credit: 10, deposit: 0, perSecond: 0 };

loadAnew();

describe('calls that fail together', () => {
  it('get no more retries than there are tokens', async () => {
    const [fetch, clock] = [down(), instantClock()];
    const steady = retry({ clock, delay: () => 0, budget: retryBudget({ ...noReserve, clock }) })(fetch);

    await Promise.all(Array.from({ length: 100 }, () => steady(API)));

    expect(fetch.requests.length).toBeLessThanOrEqual(110);
  });

  it('get all their retries if a page makes them and the trouble is short', async () => {
    const clock = manualClock();
    const fetch = fakeFetch(() => (clock.now() < until ? 503 : 200));
    const until = clock.now() + 400;
    const steady = retry({ clock, delay: ({ attempt }) => 250 * attempt })(fetch);

    const page = Promise.all(Array.from({ length: 60 }, () => steady(API)));
    await clock.advance(1_000);

    expect((await page).map(({ status }) => status)).toEqual(Array(60).fill(200));
  });

  it('get all their retries, even if each may make five', async () => {
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
  /** The server refuses a third of the first attempts at once, and answers the others after two seconds. */
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

  it('get all their retries if a third fails at once and the other answers take seconds', async () => {
    const clock = manualClock();
    const statuses = await statusesOf(clock, retry({ clock })(slowServer(clock)));
    expect(statuses).toEqual(Array(200).fill(200));
  });

  it('get them too if each call has a retry() of its own that shares the budget', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    const fetch = slowServer(clock);
    const statuses = await statusesOf(clock, (url) => retry({ clock, budget })(fetch)(url));
    expect(statuses).toEqual(Array(200).fill(200));
  });

  it('nearly all get an answer if their retries are due while the first answer is on its way: they wait for their turn', async () => {
    const clock = manualClock();
    const until = clock.now() + 2_500;
    const steady = retry({ clock, random: seededRandom(1) })(async () => {
      const isDown = clock.now() < until;
      await clock.sleep(isDown ? 1_000 : 1_200);
      return new Response(null, { status: isDown ? 503 : 200 });
    });

    const burst: Promise<Response>[] = [];
    for (let n = 0; n < 20; n++) {
      burst.push(steady(API));
      await clock.advance(50);
    }
    await clock.advance(30_000);

    const statuses = (await Promise.all(burst)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(18);
  });

  it('get few retries if all requests fail after seconds', async () => {
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

  it('are sent if a custom budget throws when a call begins', async () => {
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
  it('is given a failure before it is asked for the retry, with the attempt, the retries of the call and the time that it took', async () => {
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

  it('is given the time that each attempt took, of the first one if a layer times the call', async () => {
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

  it.each(['EAI_AGAIN', 'ENETUNREACH'])(
    'is not asked about requests that did not leave this machine: %s',
    async (code) => {
      const budget = { acquire: vi.fn(() => undefined), record: vi.fn() };
      const lost = { error: code } as const;
      const steady = retry({ clock: instantClock(), budget })(fakeFetch([lost, lost, 200, lost, lost, lost]));

      expect((await steady(API)).status).toBe(200);
      await expect(steady(API)).rejects.toThrow('fetch failed');

      expect(budget.acquire).not.toHaveBeenCalled();
      expect(budget.record.mock.calls.map(([, outcome]) => outcome)).toEqual(['success']);
    },
  );

  it('is asked after an answer, even if the browser says that it is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    onTestFinished(() => void vi.unstubAllGlobals());
    const budget = { acquire: vi.fn(() => undefined), record: () => {} };

    await retry({ clock: instantClock(), budget })(fakeFetch([503]))('http://localhost/things');

    expect(budget.acquire).toHaveBeenCalled();
  });

  it('needs only acquire and record', async () => {
    const inner = retryBudget({ clock: manualClock() });
    const budget = {
      acquire: (key: string, kind: 'transient' | 'throttled') => inner.acquire(key, kind),
      record: (key: string, outcome: 'success' | 'failure') => inner.record(key, outcome),
    };
    let sent = 0;
    const steady = retry({ clock: instantClock(), budget })(fakeFetch(() => (++sent % 2 === 1 ? 503 : 200)));

    for (let n = 0; n < 500; n++) expect((await steady(API)).status).toBe(200);
  });
});

describe('a spent budget', () => {
  // a fetch that takes any address
  const anything: Fetch = async () => new Response(null, { status: 503 });
  const call = async (url: string) => {
    const budget = { acquire: () => undefined, record: () => {} };
    const onGiveUp = vi.fn();
    await retry({ clock: instantClock(), budget, hooks: { onGiveUp } })(anything)(url);
    return onGiveUp.mock.calls.map(([event]) => event.reason);
  };

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

  it('is reported for at most 20 servers', async () => {
    for (let n = 0; n < 50; n++) await call(`https://host-${n}.test/`);

    expect(warnings()).toHaveLength(20);
  });

  it('cannot write lines of its own into a log', async () => {
    await call(`data:a\nERROR admin logged in\u001b[31m${'x'.repeat(80_000)}`);

    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).not.toMatch(/\p{Cc}/u);
    expect(warnings()[0]!.length).toBeLessThan(1_000);
  });

  it('is not reported if no retry was wanted', async () => {
    const budget = { acquire: () => undefined, record: () => {} };
    await retry({ clock: instantClock(), budget })(fakeFetch(() => 404))(API);
    await retry({ clock: instantClock(), budget })(fakeFetch(() => 503))(API, { method: 'POST' });

    expect(warnings()).toEqual([]);
  });
});
