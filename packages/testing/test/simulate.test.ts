import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Fetch } from '@steadfetch/core';
import { abortable } from '@steadfetch/core/kit';
import { describe, expect, it } from 'vitest';
import { type ClientMaker, type SimulateOptions, simulate } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');
const bare: ClientMaker = (fetch) => fetch;

/** Repeats up to `retries` times, each time at once or after `delay` on the clock. */
const repeating =
  (retries: number, delay = 0): ClientMaker =>
  (fetch, { clock }) =>
  async (url, init) => {
    let response = await fetch(url, init);
    for (let left = retries; left > 0 && !response.ok; left--) {
      await clock.sleep(delay);
      response = await fetch(url, init);
    }
    return response;
  };

const STORM: SimulateOptions = {
  client: bare,
  arrivals: 80,
  service: { capacity: 100, failRate: 0.01, outage: { from: 10_000, to: 20_000 } },
  seconds: 30,
  seed: 42,
};

describe('simulate', () => {
  it('shows a client without retries what the service does', async () => {
    const report = await simulate(STORM);

    expect(report.rows).toHaveLength(30);
    expect(report.rows[5]).toMatchObject({ calls: 80, sent: 80 });
    expect(report.rows[15]).toEqual({ calls: 80, sent: 80, ok: 0, bad: 80 });
    expect(report).toMatchObject({ calls: 2_400, sent: 2_400, unfinished: 0, sentPerCallDown: 1, peakLoad: 1 });
    expect(report.ok + report.bad).toBe(2_400);
    expect(report.calmSuccess).toBeCloseTo(0.99, 1);
  });

  it('shows how retries multiply the load and keep an outage alive', async () => {
    const service = { ...STORM.service, shedCost: 0.8 };

    const report = await simulate({ ...STORM, service, arrivals: 90, client: repeating(3, 1_000) });

    expect(report.calmSuccess).toBeGreaterThan(0.999);
    expect(report.sentPerCallDown).toBeGreaterThan(3);
    expect(report.peakLoad).toBeCloseTo(4, 0);
    expect(report.healthyAfter).toBe(Number.POSITIVE_INFINITY);
  });

  it('says how soon all is well again', async () => {
    const service = { ...STORM.service, failRate: 0 };

    expect((await simulate({ ...STORM, service })).healthyAfter).toBe(0);
    expect((await simulate({ ...STORM, service, client: repeating(1, 4_000) })).healthyAfter).toBeGreaterThan(0);
  });

  it('returns the same report for the same seed, and another one for another', async () => {
    const runs = [];
    for (const seed of [7, 7, 8]) runs.push(await simulate({ ...STORM, client: repeating(1), seed }));

    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
  });

  it('takes seconds without calls for neither well nor ill', async () => {
    const arrivals = (at: number) => (at < 21_000 || at >= 25_000 ? 0 : 10);
    const service = { ...STORM.service, failRate: 0 };

    expect((await simulate({ ...STORM, service, arrivals })).healthyAfter).toBe(1);
  });

  it('needs no outage', async () => {
    const report = await simulate({ client: bare, arrivals: 10, service: { capacity: 100 }, seconds: 5 });

    expect(report).toMatchObject({ calls: 50, ok: 50, calmSuccess: 1 });
    expect([report.sentPerCallDown, report.healthyAfter]).toEqual([undefined, undefined]);
  });

  it.each([
    [0, Number.NaN],
    [2_000, Number.NaN],
    [3_000, 1],
  ])('counts no call of an outage from %i ms on as one of a calm time', async (from, calm) => {
    const service = { capacity: 100, outage: { from, to: 20_000 } };
    const report = await simulate({ client: bare, arrivals: 10, service, seconds: 30 });

    expect(report.calmSuccess).toBe(calm);
  });

  it('sheds what is above the capacity, at a cost', async () => {
    const served = async (shedCost: number) =>
      (await simulate({ client: bare, arrivals: 200, service: { capacity: 100, shedCost }, seconds: 10 })).ok;

    expect(await served(0)).toBeGreaterThan(990);
    expect(await served(0.5)).toBeLessThan(600);
    expect(await served(1)).toBeLessThan(30);
  });

  it.each([
    [3, 20],
    [29, 20],
    [45, 20],
    [5_000, 0],
  ])('serves what it has the capacity for, %i a second at a backlog of %i ms', async (capacity, backlog) => {
    const service = { capacity, backlog };

    expect((await simulate({ client: bare, arrivals: capacity, service, seconds: 3 })).bad).toBe(0);
  });

  it('takes arrivals that change with time', async () => {
    const arrivals = (at: number) => (at < 2_000 ? 50 : 0);

    const { rows } = await simulate({ client: bare, arrivals, service: { capacity: 100 }, seconds: 4 });

    expect(rows.slice(0, 4).map(({ calls }) => calls)).toEqual([50, 50, 0, 0]);
  });

  it('can put a limit in front of the service', async () => {
    const seen = new Set<string>();
    const client: ClientMaker = (fetch) => async (url) => {
      const response = await fetch(url);
      seen.add(`${response.status} ${response.headers.get('retry-after')}`);
      return response;
    };
    const service = { capacity: 1_000, limit: { rate: 10, burst: 1 } };

    const report = await simulate({ client, arrivals: 20, service, seconds: 10 });

    expect(report.ok).toBe(100);
    expect([...seen]).toEqual(['200 null', '429 1']);
    const busy = {
      capacity: 1_000,
      latency: 100,
      limit: { requests: 1, algorithm: 'concurrency', status: 503 } as const,
    };
    expect((await simulate({ client: bare, arrivals: 20, service: busy, seconds: 10 })).ok).toBe(100);
  });
});

describe('the clients of a simulation', () => {
  it('share the calls in turns, each with its own chance', async () => {
    const calls = [0, 0, 0];
    const draws = new Set<number>();
    const client: ClientMaker = (fetch, { index, random }) => {
      draws.add(random());
      return (url) => {
        calls[index]!++;
        return fetch(url);
      };
    };

    await simulate({ client, clients: 3, arrivals: 30, service: { capacity: 100 }, seconds: 2 });

    expect(calls).toEqual([20, 20, 20]);
    expect(draws.size).toBe(3);
  });

  it('can be of different kinds, made asynchronously, and ask for what they are told', async () => {
    const asked: unknown[] = [];
    const client: ClientMaker = async (fetch) => (input, init) => {
      asked.push([input, init]);
      return fetch(input, init);
    };
    const request = { url: 'http://other.test/', init: { method: 'POST' } };

    await simulate({ client: [bare, client], arrivals: 2, service: { capacity: 9 }, seconds: 1, request });

    expect(asked).toEqual([[request.url, request.init]]);
  });

  it('count a call as bad when it rejects, and as unfinished when it never ends', async () => {
    const failing: Fetch = () => {
      throw new Error('at once');
    };
    const hanging: Fetch = () => new Promise(() => {});

    const report = await simulate({
      client: [() => failing, () => hanging],
      arrivals: 4,
      service: { capacity: 9 },
      seconds: 1,
    });

    expect(report).toMatchObject({ calls: 4, sent: 0, ok: 0, bad: 2, unfinished: 2 });
  });

  it('can abort a request and a sleep', async () => {
    const reasons: unknown[] = [];
    const client: ClientMaker =
      (fetch, { clock }) =>
      async (url) => {
        const controller = new AbortController();
        const { signal } = controller;
        const wait = clock.sleep(50, signal).catch((reason) => reasons.push(reason));
        const answer = fetch(new Request(url, { signal })).catch((reason) => reasons.push(reason));
        const gone = fetch(url, { signal: AbortSignal.abort('before') }).catch((reason) => reasons.push(reason));
        await clock.sleep(10, new AbortController().signal);
        controller.abort('after');
        await abortable(Promise.all([wait, answer, gone]), undefined);
        return new Response(String(clock.now()));
      };

    const report = await simulate({ client, arrivals: 1, service: { capacity: 9 }, seconds: 1 });

    expect(report.ok).toBe(1);
    expect(reasons).toEqual(['before', 'after', 'after']);
  });

  it('may be driven by the global timers, Date and chance', async () => {
    const real = [setTimeout, clearTimeout, setInterval, clearInterval, Date, Math.random, performance.now];
    const seen: unknown[] = [];
    const keep = setTimeout(() => seen.push('a real one'), 60_000);
    const client: ClientMaker = (fetch) => async (url) => {
      clearTimeout(keep);
      const [date, now] = [Date.now(), performance.now()];
      let ticks = 0;
      const interval = setInterval(() => ticks++, 100);
      const never = setTimeout(() => seen.push('cleared'), 5_000);
      await new Promise((resolve) => setTimeout(resolve, 1_000, 'x').unref().ref());
      await new Promise((resolve) => setTimeout(resolve, Number.NaN));
      await new Promise((resolve) => setTimeout(resolve));
      clearTimeout(never);
      clearInterval(interval);
      clearTimeout(undefined);
      seen.push(Date.now() - date, performance.now() - now, ticks, new Date().getFullYear(), new Date(0).getTime());
      seen.push(new Date() instanceof Date, Math.random());
      return fetch(url);
    };

    const options = { client, arrivals: 1, service: { capacity: 9 }, seconds: 1, globals: true };
    await simulate(options);
    await simulate({ ...options, client: () => Promise.reject(new Error('cannot be made')) }).catch(() => {});

    expect(seen).toEqual([1_002, 1_002, 10, 2025, 0, true, expect.any(Number)]);
    expect([setTimeout, clearTimeout, setInterval, clearInterval, Date, Math.random, performance.now]).toEqual(real);
  });
});

describe('the globals of a simulation', () => {
  const options: SimulateOptions = {
    client: bare,
    arrivals: 1,
    service: { capacity: 9 },
    seconds: 1,
    globals: true,
  };
  const globals = () => [
    ...[setTimeout, clearTimeout, setInterval, clearInterval, Date, Math.random, AbortSignal.timeout],
    ...[performance.now, Object.hasOwn(performance, 'now')],
  ];

  it('keep nothing of a client whose timers go on', async () => {
    const client: ClientMaker = (fetch) => {
      const state = new Array(200_000).fill(0);
      setInterval(() => state.length, 5_000);
      return fetch;
    };
    const used = async () => {
      for (let runs = 5; runs > 0; runs--) await simulate({ ...options, client });
      gc();
      return process.memoryUsage().heapUsed;
    };

    const before = await used();

    expect((await used()) - before).toBeLessThan(2_000_000);
  });

  it('belong to one at a time', async () => {
    const before = globals();

    const [first, second] = await Promise.allSettled([simulate(options), simulate({ ...options, seconds: 2 })]);

    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      reason: new Error(
        'simulate: globals: another simulation has the globals now: await it before the next one begins',
      ),
    });
    expect(globals()).toEqual(before);
    expect((await simulate(options)).ok).toBe(1);
  });

  it('are put back as they were, own members of others included', async () => {
    const fake = () => 7;
    Object.defineProperty(performance, 'now', { value: fake, configurable: true });
    const before = Object.getOwnPropertyDescriptor(performance, 'now');

    await simulate(options);

    expect(Object.getOwnPropertyDescriptor(performance, 'now')).toEqual(before);
    Reflect.deleteProperty(performance, 'now');
  });

  it('do what the real ones do', async () => {
    const old = new Date(5);
    const client: ClientMaker = (fetch) => async (url) => {
      const startedAt = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 2 ** 31));
      expect(performance.now() - startedAt).toBe(1);

      const timer = setTimeout(() => expect.fail('closed'), 5);
      clearTimeout(Number(timer));
      {
        using _ = setTimeout(() => expect.fail('closed'), 5);
      }
      const another = setTimeout(() => expect.fail('not cleared by the number of a real one'), 5);
      expect(Number(another)).toBeLessThan(0);
      clearTimeout(another);
      const kept = setTimeout(() => {}, 5).unref();
      expect([kept.hasRef(), kept.ref().hasRef(), kept.close() === kept]).toEqual([false, true, true]);
      await new Promise<void>((resolve) => {
        const again = setTimeout(resolve, 10);
        setTimeout(() => again.refresh(), 8);
      });
      expect(performance.now() - startedAt).toBe(19);

      const signal = AbortSignal.timeout(1_000);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
      expect(performance.now() - startedAt).toBe(1_019);
      for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        expect(() => AbortSignal.timeout(ms)).toThrow(RangeError); // as the real one
      }

      expect(Date()).toBe(new Date().toString());
      expect(old).toBeInstanceOf(Date);
      expect([new Date(0).getTime(), Date.UTC(2025, 0, 1)]).toEqual([0, 1_735_689_600_000]);
      return fetch(url);
    };
    let failure: unknown;
    const noted: ClientMaker = async (...parts) => {
      const steady = await client(...parts);
      return (...call) =>
        steady(...call).catch((error: unknown) => {
          failure = error;
          throw error;
        });
    };

    const report = await simulate({ ...options, client: noted });

    expect(failure).toBeUndefined();
    expect(report.ok).toBe(1);
  });
});

describe('the options of a simulation', () => {
  it.each<[object, ErrorConstructor, string]>([
    [{ client: 'x' }, TypeError, 'simulate: client'],
    [{ client: undefined }, TypeError, 'simulate: client: expected a function or an array of functions, got undefined'],
    [{ client: 5 }, TypeError, 'simulate: client: expected a function or an array of functions, got 5'],
    [{ request: null }, TypeError, 'simulate: request: expected an options object, got null'],
    [{ request: 'http://x' }, TypeError, 'simulate: request: expected an options object, got "http://x"'],
    [{ request: { uri: 1 } }, TypeError, "simulate: request: unknown option 'uri', expected one of url, init"],
    [{ request: { url: 1 } }, TypeError, 'simulate: request.url: expected a string, got 1'],
    [{ request: { init: 'GET' } }, TypeError, 'simulate: request.init: expected an object, got "GET"'],
    [{ globals: 'yes' }, TypeError, 'simulate: globals: expected true or false, got "yes"'],
    [{ client: [] }, RangeError, 'simulate: client: expected at least one, got an empty list'],
    [{ client: [1] }, TypeError, 'simulate: client: expected a function'],
    [{ client: () => 5 }, TypeError, 'simulate: client: what it gives: expected a function, got 5'],
    [{ clients: 0 }, RangeError, 'simulate: clients'],
    [{ arrivals: -1 }, RangeError, 'simulate: arrivals'],
    [{ arrivals: () => Number.NaN }, RangeError, 'simulate: arrivals'],
    [{ seconds: 1.5 }, RangeError, 'simulate: seconds'],
    [{ seed: Number.NaN }, RangeError, 'simulate: seed'],
    [{ seed: 2 ** 53 }, RangeError, 'simulate: seed'],
    [{ speed: 1 }, TypeError, "simulate: unknown option 'speed'"],
    [{ service: {} }, TypeError, 'simulate: service.capacity'],
    [{ service: { capacity: 0 } }, RangeError, 'simulate: service.capacity'],
    [{ service: { capacity: 1, failRate: 2 } }, RangeError, 'simulate: service.failRate'],
    [{ service: { capacity: 1, latency: -1 } }, RangeError, 'simulate: service.latency'],
    [{ service: { capacity: 1, shedCost: Number.NaN } }, RangeError, 'simulate: service.shedCost'],
    [{ service: { capacity: 1, backlog: -1 } }, RangeError, 'simulate: service.backlog'],
    [{ service: { capacity: 1, outage: { from: 2, to: 1 } } }, RangeError, 'simulate: service.outage.to'],
    [{ service: { capacity: 1, latency: null } }, TypeError, 'simulate: service.latency'],
    [{ service: { capacity: 1, outage: null } }, TypeError, 'simulate: service.outage: expected an options object'],
    [{ service: { capacity: 1, limit: null } }, TypeError, 'rateLimited: expected an options object'],
    [{ service: { capacity: 1, limit: {} } }, TypeError, 'rateLimited: expected either rate or requests'],
    [{ service: { capacity: 1, mood: 1 } }, TypeError, "simulate: service: unknown option 'mood'"],
  ])('are refused where they mean nothing: %j', async (options, type, message) => {
    const run = simulate({ ...STORM, seconds: 1, ...options } as SimulateOptions);

    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(type);
  });
});
