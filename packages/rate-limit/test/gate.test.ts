import { compose, defineMiddleware } from '@steadfetch/core';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Gate } from '../src/gate.ts';
import { type LimitEvent, type ReleaseEvent, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const refused = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const nameOf = (call: Promise<Response>) =>
  call.then(
    ({ status }) => status,
    ({ name }) => name,
  );

describe('a limit that is known in advance', () => {
  const limit = { requests: 2, per: 1_000 };

  it('is that of each name of a scope, also after all of them were refused for a while', async () => {
    const clock = manualClock();
    const began = clock.now();
    const fetch = fakeFetch(() => (clock.now() < began + 2_000 ? refused(1) : 200), { clock });
    const scope = ({ url }: { url: string }) => url;
    const limited = rateLimit({ limit, scope, clock, random: () => 0 })(fetch);
    const done: (number | string)[] = [];

    for (let second = 0; second < 60; second++) {
      for (let name = 0; name < 10; name++) void nameOf(limited(`${URL}/${name}`)).then((end) => done.push(end));
      await clock.advance(1_000);
    }
    await clock.advance(5_000);

    expect(done).toEqual(Array(600).fill(200));
  });

  it('of the calls that a scope gives no name counts none of those that have one', async () => {
    const clock = manualClock();
    const began = clock.now();
    const scope = ({ url }: { url: string }) => (url === URL ? [] : url);
    const limited = rateLimit({ limit, scope, clock, random: () => 0 })(fakeFetch(200, { clock }));
    const ends: number[] = [];
    for (const url of [`${URL}/1`, `${URL}/2`, `${URL}/2`, URL, URL])
      void limited(url).then(() => ends.push(clock.now() - began));
    await clock.advance(2_000);

    expect(ends).toEqual([0, 0, 0, 0, 0]);
  });

  it('is not felt below it, also by a crowd at an origin that was never called', async () => {
    const clock = manualClock();
    const fetch = fakeFetch({ status: 200, delay: 50 }, { clock });
    const limited = rateLimit({ limit: { requests: 100, per: 1_000 }, clock })(fetch);

    const calls = Array.from({ length: 100 }, () => limited(URL));
    await clock.advance(0);

    expect(fetch.calls).toHaveLength(100);
    await clock.runAll();
    await Promise.all(calls);
  });

  it('sends the rest in order, each as soon as the window has room', async () => {
    const clock = manualClock();
    const start = clock.now();
    const fetch = fakeFetch([200], { clock });
    const limited = rateLimit({ limit, clock })(fetch);

    const calls = [1, 2, 3, 4, 5].map((n) => limited(`${URL}/${n}`));
    await clock.runAll();
    await Promise.all(calls);

    expect(fetch.calls.map(({ url }) => url.at(-1))).toEqual(['1', '2', '3', '4', '5']);
    expect(fetch.calls.map(({ at }) => at - start)).toEqual([0, 0, 1_000, 1_000, 2_000]);
  });

  it('counts failures like successes', async () => {
    const clock = manualClock();
    const fetch = fakeFetch([{ error: 'ECONNRESET' }, { error: 'ECONNRESET' }, 200], { clock });
    const limited = rateLimit({ limit, clock })(fetch);

    const calls = [nameOf(limited(URL)), nameOf(limited(URL)), nameOf(limited(URL))];
    await clock.advance(999);
    expect(fetch.calls).toHaveLength(2);
    await clock.advance(1);

    expect(await Promise.all(calls)).toEqual(['TypeError', 'TypeError', 200]);
  });

  it('fails those whose turn comes after maxWait', async () => {
    const clock = manualClock();
    const limited = rateLimit({ limit, clock, maxWait: 1_000 })(fakeFetch([200], { clock }));

    const calls = Array.from({ length: 5 }, () => limited(URL));
    const error = calls[4]!.catch((reason: unknown) => reason);
    await clock.advance(1_000);

    expect(await error).toMatchObject({ name: 'RateLimitError', reason: 'rate-limited', retryAfter: 1_000 });
    await expect(Promise.all(calls.slice(0, 4))).resolves.toHaveLength(4);
  });
});

it('keeps a known limit that is used up when a thousand others are called', async () => {
  const clock = manualClock();
  const fetch = fakeFetch([200], { clock });
  const limited = rateLimit({ limit: { requests: 2, per: 60_000 }, maxWait: 10, clock })(fetch);
  const twice = async () => [await nameOf(limited(URL)), await nameOf(limited(URL))];

  const before = await twice();
  for (let n = 0; n < 1_001; n++) await limited(`https://host-${n}.example.com/`);
  const after = await twice();

  expect([...before, ...after]).toEqual([200, 200, 'RateLimitError', 'RateLimitError']);
});

describe('the line at a gate', () => {
  it('refuses a call when maxQueue calls wait, and answers those', async () => {
    const clock = manualClock();
    const limited = rateLimit({ limit: { requests: 1, per: 1_000 }, maxQueue: 1, clock })(fakeFetch([200], { clock }));

    const calls = [nameOf(limited(URL)), nameOf(limited(URL))];
    const error = await limited(URL).catch((reason: unknown) => reason);
    await clock.advance(1_000);

    expect(error).toMatchObject({ name: 'RateLimitError', reason: 'queue-full', local: true });
    expect(await Promise.all(calls)).toEqual([200, 200]);
  });

  it('has room for a refused call that comes back', async () => {
    const clock = instantClock();

    const response = await rateLimit({ maxQueue: 0, clock })(fakeFetch([429, 200]))(URL);

    expect(response.status).toBe(200);
  });

  it('is left at once by a call that is aborted, with the reason of the caller', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock })(fakeFetch([refused(5), 200], { clock }));
    const first = limited(URL);
    await clock.advance(0);
    const caller = new AbortController();
    const reason = { why: 'not needed' };
    const call = limited(URL, { signal: caller.signal });
    await clock.advance(1);

    caller.abort(reason);

    await expect(call).rejects.toBe(reason);
    await clock.runAll();
    expect((await first).status).toBe(200);
  });

  describe('that is too long for a call', () => {
    const tooLong = async () => {
      const clock = manualClock();
      const fetch = fakeFetch({ ...refused(30), delay: 40 }, { clock });
      const limited = rateLimit({ clock, maxWait: 1_000 })(fetch);
      const first = limited(URL);
      await clock.advance(40);
      await first;
      return { clock, fetch, limited };
    };

    it('refuses it, unsent, after the time that an answer takes', async () => {
      const { clock, fetch, limited } = await tooLong();
      const ends: unknown[] = [];
      limited(URL).catch((reason: unknown) => ends.push(reason));

      await clock.advance(39);
      expect(ends).toEqual([]);
      await clock.advance(1);

      expect(ends).toMatchObject([{ name: 'RateLimitError', reason: 'rate-limited', retryAfter: 29_960 }]);
      expect(fetch.calls).toHaveLength(1);
    });

    it('refuses it after that time also where one gate has just come to stand for several paths', async () => {
      const { clock, limited } = await tooLong();
      void limited(`${URL}/other`);
      await clock.advance(40);
      const ends: unknown[] = [];
      limited(`${URL}/third`).catch((reason: unknown) => ends.push(reason));

      await clock.advance(39);
      expect(ends).toEqual([]);
      await clock.advance(1);

      expect(ends).toMatchObject([{ name: 'RateLimitError', reason: 'rate-limited' }]);
    });

    it.each([
      ['after a second', Infinity, 1_000],
      ['after half of its time, where it has no more than a second', 400, 200],
    ])('refuses it %s, where no answer has come yet', async (_, time, after) => {
      const clock = manualClock();
      const fetch = fakeFetch({ status: 200, delay: 5_000 }, { clock });
      const withTime = defineMiddleware((call, next) => next(call.with({ remaining: () => time })));
      const limited = compose(
        withTime,
        rateLimit({ clock, limit: { requests: 1, per: 60_000 }, maxWait: 1_000 }),
      )(fetch);
      void limited(URL);
      const ends: unknown[] = [];
      limited(URL).catch((reason: unknown) => ends.push(reason));

      await clock.advance(after - 1);
      expect(ends).toEqual([]);
      await clock.advance(1);

      expect(ends).toMatchObject([{ name: 'RateLimitError', reason: 'rate-limited' }]);
    });

    it('ends it at once when it is aborted', async () => {
      const { limited } = await tooLong();
      const caller = new AbortController();
      const call = limited(URL, { signal: caller.signal });

      caller.abort('not needed');

      await expect(call).rejects.toBe('not needed');
    });
  });

  it('keeps a known limit for as many servers as maxKeys says', async () => {
    const clock = manualClock();
    const fetch = fakeFetch([200], { clock });
    const limited = rateLimit({ limit: { requests: 1, per: 1_000 }, maxKeys: 1_200, clock })(fetch);
    for (let n = 0; n < 1_200; n++) await limited(`https://host${n}.example.com`);

    const second = limited('https://host0.example.com');
    await clock.advance(999);
    expect(fetch.calls).toHaveLength(1_200);
    await clock.advance(1);

    expect((await second).status).toBe(200);
  });

  it('keeps the pace of a quota that was told, rather than servers without one', async () => {
    const clock = manualClock();
    const told = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '60' };
    const fetch = fakeFetch((request) => ({ status: 200, headers: request.url.includes('told') ? told : {} }), {
      clock,
    });
    const limiter = rateLimit({ maxKeys: 2, scope: 'origin', clock });

    for (const name of ['told', 'b', 'c', 'd']) await limiter(fetch)(`https://${name}.example.com`);

    expect(limiter.snapshot().map(({ key }) => key)).toEqual(['https://told.example.com', 'https://d.example.com']);
  });

  it('looks through no other gates to forget one whose limit still counts', async () => {
    const clock = manualClock();
    const limited = rateLimit({ limit: { requests: 10, per: 60_000 }, maxKeys: 100, clock })(
      fakeFetch([200], { clock }),
    );
    const looks = vi.spyOn(Gate.prototype, 'advance');
    onTestFinished(() => looks.mockRestore());

    for (let n = 0; n < 300; n++) await limited(`https://host${n}.example.com`);

    expect(looks.mock.calls.length).toBeLessThan(10 * 300);
  });

  it('goes on when the first in it is aborted, and leaves no timer when the last one is', async () => {
    const clock = manualClock();
    const fetch = fakeFetch([200], { clock });
    const limited = rateLimit({ limit: { requests: 1, per: 1_000 }, clock })(fetch);
    await limited(URL);
    const callers = [new AbortController(), new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => nameOf(limited(URL, { signal })));

    callers[0]!.abort();
    await clock.advance(1_000);
    callers[2]!.abort();
    await clock.advance(0);

    expect(await Promise.all(calls)).toEqual(['AbortError', 200, 'AbortError']);
    expect(clock.pending).toBe(0);
  });

  it('needs one timer, however many wait', async () => {
    const clock = manualClock();
    const limited = rateLimit({ limit: { requests: 1, per: 10 }, clock })(fakeFetch([200], { clock }));

    const calls = Array.from({ length: 500 }, () => limited(URL));
    await clock.advance(1);

    expect(clock.pending).toBe(1);
    await clock.runAll();
    await expect(Promise.all(calls)).resolves.toHaveLength(500);
  });

  it('is left after maxWait, to the server, where a guess alone holds calls back', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, maxWait: 100 })(fakeFetch({ status: 200, delay: 500 }, { clock }));

    const calls = Array.from({ length: 20 }, () => nameOf(limited(URL)));
    await clock.advance(2_000);

    expect(await Promise.all(calls)).toEqual(Array(20).fill(200));
  });

  it('is left after maxWait by one call at a time, where something was refused before', async () => {
    const clock = manualClock();
    const end = clock.now() + 1_000;
    const fetch = fakeFetch(() => (clock.now() < end ? 429 : { status: 200, delay: 500 }), { clock });
    const limited = rateLimit({ clock, random: () => 0.5, maxWait: 100, maxResends: 0 })(fetch);
    const refused = Array.from({ length: 8 }, () => nameOf(limited(URL)));
    await clock.advance(12_000);

    const calls = Array.from({ length: 4 }, () => nameOf(limited(URL)));
    await clock.advance(2_000);

    expect(await Promise.all(calls)).toEqual([200, 'RateLimitError', 'RateLimitError', 'RateLimitError']);
    expect(await Promise.all(refused)).toContain(429);
  });

  it('is left after maxWait in any case, once ten seconds passed without a refusal', async () => {
    const clock = manualClock();
    const start = clock.now();
    const fetch = fakeFetch(() => (clock.now() - start < 20_000 ? 429 : 200), { clock });
    const limited = rateLimit({ clock, random: () => 0.5, maxWait: 200, maxResends: 0 })(fetch);
    const ends: unknown[] = [];
    for (let n = 0; n < 100; n++) {
      const call = nameOf(limited(URL));
      await clock.advance(500);
      ends.push(await call);
    }

    expect(ends.slice(0, 60)).toContain('RateLimitError');
    expect(ends.slice(60)).toEqual(Array(40).fill(200));
  });

  it('is left after maxWait to nobody, where the server said that nothing is left', async () => {
    const clock = manualClock();
    const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '15' };
    const limited = rateLimit({ clock, maxWait: 20_000 })(fakeFetch({ status: 200, headers }, { clock }));
    await limited(URL);

    const calls = Array.from({ length: 3 }, () => nameOf(limited(URL)));
    await clock.advance(25_000);

    expect(await Promise.all(calls)).toEqual([200, 'RateLimitError', 'RateLimitError']);
  });

  it('loses nobody, whatever is refused or aborted', async () => {
    const script = fc.array(fc.constantFrom(200, 200, 200, 429, 503), { minLength: 1, maxLength: 30 });
    const aborts = fc.array(fc.boolean(), { minLength: 10, maxLength: 10 });

    await fc.assert(
      fc.asyncProperty(script, aborts, async (statuses, aborted) => {
        const clock = manualClock();
        const fetch = fakeFetch([...statuses, 200], { clock });
        const limited = rateLimit({ clock, maxWait: 3_600_000, maxResends: 100 })(fetch);
        const calls = aborted.map((abort) => {
          const caller = new AbortController();
          const call = nameOf(limited(URL, { signal: caller.signal }));
          if (abort) caller.abort();
          return call;
        });

        await clock.runAll();
        for (const end of await Promise.all(calls)) expect([200, 503, 'AbortError']).toContain(end);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the events of rateLimit', () => {
  it('tell when a gate closes and when it opens', async () => {
    const events: (LimitEvent | ReleaseEvent)[] = [];
    const record = (event: LimitEvent | ReleaseEvent) => events.push(event);
    const clock = instantClock();
    const limited = rateLimit({ clock, random: () => 0, hooks: { onLimit: record, onRelease: record } });

    await limited(fakeFetch([refused(2), 200]))(`${URL}?key=secret`);

    const key = 'https://api.example.com /jobs';
    expect(events).toEqual([
      { key, url: URL, status: 429, wait: 2_001, asked: 2_000, source: 'retry-after', waiting: 0 },
      { key, waiting: 0, rate: expect.any(Number) },
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('observer');
      },
    ],
    ['rejects', () => Promise.reject(new Error('observer'))],
    ['never ends', () => new Promise(() => {})],
  ])('cannot break a call: an observer that %s', async (_, observer) => {
    const options = { clock: instantClock(), hooks: { onLimit: observer, onRelease: observer, onGiveUp: observer } };

    const response = await rateLimit({ ...options, maxResends: 1 })(fakeFetch([429]))(URL);

    expect(response.status).toBe(429);
  });
});
