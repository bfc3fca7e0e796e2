import { type BreakerOptions, breaker, circuitBreaker, noSuccess, type Verdict } from '@steadfetch/circuit-breaker';
import { compose, defineMiddleware } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';

const URL = 'https://api.test/users';

describe('the default rule', () => {
  const service = (answer: (path: string) => number, options?: BreakerOptions) => {
    const clock = instantClock();
    const middleware = circuitBreaker({ clock, ...options });
    const requests: string[] = [];
    const fetch = middleware(async (input) => {
      const { pathname } = new globalThis.URL(String(input));
      requests.push(pathname);
      return new Response(null, { status: answer(pathname) });
    });
    const outcomeOf = (path: string) =>
      fetch(`https://api.test${path}`).then(
        ({ status }) => status,
        ({ name }: Error) => name,
      );
    return { clock, middleware, outcomeOf, requests };
  };

  it.each([0, 1_000])('counts calls that are made one after the other, with %s ms of silence', (silence) => {
    const tally = noSuccess({ silence }).start();
    const opened = Array.from({ length: 10 }, (_, n) => tally.record({ failed: true, duration: 1, at: 600 * n }));

    expect(opened).toEqual([...Array<boolean>(9).fill(false), true]);
  });

  it.each([
    [10_000, 20_000, 2_500],
    [4_000, 20_000, 1_000],
    [10_000, 60_000, 10_000],
    [4_000, 60_000, 4_000],
  ])(
    'stays closed each time that calls fail together after a sleep: %s ms of silence, calls of %s ms, closed for %s ms',
    (silence, took, closedFor) => {
      const tally = noSuccess({ silence }).start();
      const fail = (at: number, duration: number) => tally.record({ failed: true, duration, at, retried: true });

      for (const wokeAt of [3_600_000, 7_200_000]) {
        const opened = Array.from({ length: 20 }, (_, n) => fail(wokeAt + n, took));
        expect(opened).not.toContain(true);
      }
      expect(fail(7_200_000 + closedFor / 2, 10)).toBe(false);
      expect(fail(7_200_000 + closedFor - 1, 10)).toBe(false);
      expect(fail(7_200_000 + closedFor, 10)).toBe(true);
    },
  );

  it('opens if none of ten calls succeeds, not if half of them do', async () => {
    let calls = 0;
    const { outcomeOf, requests } = service(() => (calls++ % 2 === 0 || calls > 20 ? 500 : 200));

    for (let n = 0; n < 40; n++) await outcomeOf('/users');

    expect(requests).toHaveLength(30);
  });

  it('refuses only what failed', async () => {
    const { outcomeOf } = service((path) => (path.startsWith('/reports') ? 503 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf(`/reports/${n}`);

    expect(await outcomeOf('/reports/11')).toBe('CircuitOpenError');
    expect(await outcomeOf('/users')).toBe(200);
  });

  it('refuses a broken path that is called repeatedly, and no other path of its route', async () => {
    const { outcomeOf } = service((path) => (path === '/jobs/1' ? 500 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf('/jobs/1');

    expect(await outcomeOf('/jobs/1')).toBe('CircuitOpenError');
    expect(await outcomeOf('/jobs/2')).toBe(200);
  });

  it('lets a path probe the server whose probes have not failed before', async () => {
    let isDown = true;
    const { clock, outcomeOf } = service((path) => (isDown || path.startsWith('/broken') ? 500 : 200));
    const page = async () => {
      const outcomes = ['/broken-a', '/broken-b', '/a', '/b'].map((path) => outcomeOf(path));
      await clock.sleep(1_000);
      return (await Promise.all(outcomes)).slice(2);
    };
    for (let n = 0; n < 30; n++) await page();

    isDown = false;
    for (let n = 0; n < 30; n++) await page();

    expect(await page()).toEqual([200, 200]);
  });

  it.each([1, 3, 20])(
    'is closed by any success, also where some things always fail, with %s probes',
    async (probes) => {
      let isDown = true;
      const paths = ['/broken-a', '/broken-b', '/broken-c', '/broken-d', '/a', '/b', '/c'];
      const { clock, outcomeOf } = service((path) => (isDown || path.startsWith('/broken') ? 500 : 200), { probes });
      const page = async () => {
        const outcomes = paths.map((path) => outcomeOf(path));
        await clock.sleep(1_000);
        return (await Promise.all(outcomes)).slice(4);
      };
      for (let n = 0; n < 30; n++) await page();

      isDown = false;
      for (let n = 0; n < 30; n++) await page();

      expect(await page()).toEqual([200, 200, 200]);
    },
  );

  it('closes if the first endpoints of a page always fail, even with other identifiers in each page', async () => {
    let isDown = true;
    const { clock, outcomeOf } = service((path) => (isDown || path.startsWith('/broken') ? 500 : 200));
    const page = async (n: number) => {
      const outcomes = [`/broken/${n}-a`, `/broken/${n}-b`, `/a/${n}`, `/b/${n}`].map((path) => outcomeOf(path));
      await clock.sleep(1_000);
      return (await Promise.all(outcomes)).slice(2);
    };
    for (let n = 0; n < 30; n++) await page(n);

    isDown = false;
    for (let n = 30; n < 40; n++) await page(n);

    expect(await page(40)).toEqual([200, 200]);
  });

  it('closes after an outage of many paths, each of which a probe has failed with', async () => {
    let isDown = true;
    const { clock, outcomeOf } = service(() => (isDown ? 500 : 200));
    for (let n = 0; n < 120; n++) {
      await outcomeOf(`/${'abcdefgh'[n % 8]}`);
      await clock.sleep(1_000);
    }

    isDown = false;
    for (let n = 0; n < 20; n++) {
      await outcomeOf(`/${'abcdefgh'[n % 8]}`);
      await clock.sleep(1_000);
    }

    expect(await outcomeOf('/a')).toBe(200);
  });

  it('lets a path with a failed probe through after its retryAfter, and one more in every second round', async () => {
    const { clock, middleware, outcomeOf, requests } = service(() => 500);
    for (let n = 0; n < 10; n++) await outcomeOf(n % 2 ? '/a' : '/b');
    requests.length = 0;

    for (let round = 0; round < 3; round++) {
      clock.advance(middleware.breaker.snapshot('https://api.test').retryAfter);
      await Promise.all(Array.from({ length: 5 }, () => outcomeOf('/a')));
    }

    expect(requests).toHaveLength(1 + 2 + 1);
  });

  it('closes after an outage even if the first call of each page always gets 429', async () => {
    let down = true;
    const { clock, outcomeOf } = service((path) => (down ? 500 : path === '/limited' ? 429 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf(n % 2 ? '/a' : '/limited');
    down = false;
    const page = async () => {
      clock.advance(2_000);
      return Promise.all(['/limited', '/a'].map(outcomeOf));
    };

    await page();
    await page();

    expect(await page()).toEqual([429, 200]);
  });

  it('refuses everything once more than five parts failed and none succeeded', async () => {
    const { outcomeOf, middleware } = service(() => 500);
    const paths = ['/a', '/b', '/c', '/d', '/e', '/f'];
    for (let n = 0; n < 10; n++) await outcomeOf(paths[n % 5]!);
    expect(middleware.breaker.snapshot('https://api.test').parts).toEqual(
      ['/a', '/b', '/c', '/d', '/e'].map((path) => `GET ${path}`),
    );

    expect(await outcomeOf('/f')).toBe(500);

    expect(await outcomeOf('/g')).toBe('CircuitOpenError');
    expect(middleware.breaker.snapshot('https://api.test').parts).toBeUndefined();
  });

  it('refuses nothing that failed before the last success, even if a retry of an earlier call failed after it', () => {
    const circuits = breaker({ clock: instantClock() });
    const settle = (verdict: Verdict, part: string, call = {}) =>
      circuits.acquire('api', { call, thing: part, part })!.settle(verdict);
    const counted = {};
    for (let attempt = 0; attempt < 2; attempt++) {
      settle('failure', 'GET /a', counted);
      settle('success', 'GET /b');
    }

    for (let n = 0; n < 10; n++) settle('failure', 'GET /c');

    expect(circuits.snapshot('api')).toMatchObject({ state: 'open', parts: ['GET /c'] });
    expect(circuits.acquire('api', { thing: 'GET /a', part: 'GET /a' })).toBeDefined();
  });

  it('lets calls that it does not refuse make their retries', async () => {
    let sends = 0;
    const { middleware, outcomeOf } = service((path) => (path === '/reports' || ++sends === 1 ? 500 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf('/reports');
    const again = defineMiddleware(async (call, next) => {
      await next(call);
      return next(call.asAttempt(2));
    });
    const fetch = compose(again, middleware)(async () => new Response(null, { status: ++sends === 1 ? 500 : 200 }));

    expect((await fetch(URL)).status).toBe(200);
  });

  it('closes at the success of a call that was not refused', async () => {
    const { outcomeOf, middleware } = service((path) => (path === '/reports' ? 500 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf('/reports');

    await outcomeOf('/users');

    expect(middleware.breaker.snapshot('https://api.test')).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('closes at the late success of a call that was sent before it opened', async () => {
    let arrive!: (response: Response) => void;
    const late = new Promise<Response>((resolve) => {
      arrive = resolve;
    });
    const middleware = circuitBreaker({ clock: instantClock() });
    const fetch = middleware((input) =>
      String(input).endsWith('slow') ? late : Promise.resolve(new Response(null, { status: 500 })),
    );
    const slow = fetch(`${URL}/slow`);
    for (let n = 0; n < 10; n++) await fetch(URL);
    const { state } = middleware.breaker.snapshot('https://api.test');

    arrive(new Response('ok'));
    await slow;

    expect([state, middleware.breaker.snapshot('https://api.test').state]).toEqual(['open', 'closed']);
  });
});
