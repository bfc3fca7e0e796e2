import { getEventListeners } from 'node:events';
import { compose, type Fetch, observe } from '@steadfetch/core';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { RateLimitError, type RateLimitGiveUpEvent, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const refused = (seconds: number | string) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const random = () => 0;

describe('rateLimit', () => {
  it('sends a refused call again, not before the server said', async () => {
    const clock = manualClock();
    const fetch = fakeFetch([refused(2), 200], { clock });
    const call = rateLimit({ clock, random })(fetch)(URL);

    await clock.advance(1_999);
    expect(fetch.calls).toHaveLength(1);
    await clock.advance(10);

    expect((await call).status).toBe(200);
    expect(fetch.calls).toHaveLength(2);
  });

  it('holds no call of a loop for a share of an hourly quota that comes later than it may wait', async () => {
    const clock = instantClock();
    const began = clock.now();
    const headers = (left: number) => ({
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': String(left),
      'x-ratelimit-reset': '3600',
    });
    const fetch = fakeFetch((_, index) => ({ status: 200, headers: headers(59 - index) }), { clock });
    const limited = rateLimit({ clock, random, maxWait: 30_000 })(fetch);
    for (let item = 0; item < 50; item++) expect((await limited(URL)).status).toBe(200);
    expect(clock.now() - began).toBeLessThan(10_000);
  });

  it('holds the calls back that are like the refused one, and no others', async () => {
    const clock = manualClock();
    const fetch = fakeFetch(({ url }, index) => (url.startsWith(URL) && index === 0 ? refused(5) : 200), { clock });
    const limited = rateLimit({ clock })(fetch);
    void limited(`${URL}/1`);
    await clock.advance(0);

    void limited(`${URL}/2?page=3`);
    await limited('https://api.example.com/other');
    await limited('https://elsewhere.example.com/');
    await clock.advance(4_999);

    const paths = fetch.calls.map(({ url }) => url);
    expect(paths).toEqual([`${URL}/1`, 'https://api.example.com/other', 'https://elsewhere.example.com/']);
  });

  it('releases in the order the calls came, the refused one first', async () => {
    const clock = manualClock();
    const fetch = fakeFetch([refused(1), 200], { clock });
    const limited = rateLimit({ clock })(fetch);
    const calls = [limited(`${URL}/1`)];
    await clock.advance(0);
    calls.push(limited(`${URL}/2`), limited(`${URL}/3`));

    await clock.runAll(60_000);
    await Promise.all(calls);

    expect(fetch.calls.map(({ url }) => url.at(-1))).toEqual(['1', '1', '2', '3']);
  });

  it('does not let a whole crowd out at once', async () => {
    const clock = manualClock();
    const fetch = fakeFetch((_, index) => (index === 0 ? refused(1) : { status: 200, delay: 20 }), { clock });
    const limited = rateLimit({ clock })(fetch);
    void limited(URL);
    await clock.advance(0);
    const crowd = Array.from({ length: 50 }, () => limited(URL));

    await clock.advance(1_030);
    expect(fetch.calls.length).toBeLessThanOrEqual(5);
    await clock.runAll(600_000);

    await expect(Promise.all(crowd)).resolves.toHaveLength(50);
  });

  it('sends its calls in time by a clock that begins below zero', async () => {
    const clock = manualClock({ now: -5_000 });
    const fetch = fakeFetch(200, { clock });
    const limited = rateLimit({ clock, limit: { requests: 1, per: 100 } })(fetch);
    const calls = [limited(URL), limited(URL), limited(URL)];
    await clock.advance(500);

    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect(fetch.requests.map(({ elapsed }) => elapsed)).toEqual([0, 100, 200]);
  });

  it('waits no longer after refusals because its clock begins below zero', async () => {
    const clock = manualClock({ now: -5_000_000 });
    const fetch = fakeFetch((_, n) => ({ status: n < 3 ? 429 : 200, delay: 20 }), { clock });
    const limited = rateLimit({ clock, random: () => 0 })(fetch);
    const calls = [limited(URL), limited(URL), limited(URL)];
    await clock.advance(1_000);

    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
  });

  it('delays no call for a share that it cannot wait for, also by a clock that begins below zero', async () => {
    const clock = manualClock({ now: -5_000_000 });
    const quota = { 'x-ratelimit-limit': '10', 'x-ratelimit-reset': '60' };
    const respond = (_: unknown, n: number) => ({ headers: { ...quota, 'x-ratelimit-remaining': String(9 - n) } });
    const fetch = fakeFetch(respond, { clock });
    const limited = rateLimit({ clock, maxWait: 2_000 })(fetch);
    for (let n = 0; n < 8; n++) {
      void limited(URL);
      await clock.advance(100);
    }

    expect(fetch.calls).toHaveLength(8);
  });

  it('asks an unknown origin with a few requests before it sends a burst', async () => {
    const clock = manualClock();
    const fetch = fakeFetch((_, index) => (index < 4 ? { ...refused(1), delay: 50 } : 200), { clock });
    const limited = rateLimit({ clock })(fetch);
    const burst = Array.from({ length: 40 }, () => limited(URL));

    await clock.advance(900);
    expect(fetch.calls).toHaveLength(4);
    await clock.runAll(600_000);

    await expect(Promise.all(burst)).resolves.toHaveLength(40);
  });

  it('gives the refusal back at once, unread, when the server asks for more than maxWait', async () => {
    const events: RateLimitGiveUpEvent[] = [];
    const fetch = fakeFetch([{ ...refused(99_999_999), body: 'slow down' }]);
    const clock = manualClock();

    const response = await rateLimit({ clock, hooks: { onGiveUp: (event) => events.push(event) } })(fetch)(
      `${URL}?token=1`,
    );

    expect(await response.text()).toBe('slow down');
    expect(clock.pending).toBe(0);
    expect(events).toMatchObject([
      { reason: 'max-wait', asked: 99_999_999_000, source: 'retry-after', url: URL, resends: 0 },
    ]);
  });

  it('fails the calls behind it with the time to wait', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, random })(fakeFetch([refused(120), 200]));
    await limited(URL);

    const error = await limited(URL).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ name: 'RateLimitError', reason: 'rate-limited', local: true, retryAfter: 120_000 });
  });

  it('lets those go who already wait when the gate is closed for longer than they may be held', async () => {
    const clock = manualClock();
    const fetch = fakeFetch((_, index) => (index < 4 ? { ...refused(120), delay: 50 } : 200), { clock });
    const limited = rateLimit({ clock })(fetch);

    const calls = Array.from({ length: 6 }, () =>
      limited(URL).then(
        ({ status }) => status,
        ({ name }) => name,
      ),
    );
    await clock.advance(100);

    expect(await Promise.all(calls)).toEqual([429, 429, 429, 429, 'RateLimitError', 'RateLimitError']);
  });

  it('does not believe a wait of years for longer than maxWait', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, maxWait: 1_000 })(fakeFetch([refused(99_999_999), 200]));
    await limited(URL);

    await clock.advance(1_100);

    expect((await limited(URL)).status).toBe(200);
  });

  it('does not believe that a used-up quota comes back in more than a day', async () => {
    const clock = instantClock();
    const limiter = rateLimit({ clock });
    const headers = { ratelimit: '"default";r=0;t=86401' };

    await limiter(fakeFetch([{ status: 200, headers }]))(URL);

    expect(limiter.snapshot()).toMatchObject([{ state: 'open', opensIn: 0, remaining: undefined }]);
  });

  it.each(['-1', 'soon', '', '1e9', '5;3'])('takes Retry-After: %o for no hint', async (value) => {
    const clock = instantClock();
    const fetch = fakeFetch([refused(value), 200]);

    await rateLimit({ clock, random })(fetch)(URL);

    expect(clock.sleeps).toEqual([100]);
  });

  it('waits a little without a hint', async () => {
    const clock = instantClock();

    await rateLimit({ clock, random })(fakeFetch([429, 429, 429, 429, 200]))(URL);

    expect(Math.min(...clock.sleeps)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(3_000);
  });

  it('gives up after maxResends', async () => {
    const clock = instantClock();
    const fetch = fakeFetch([429]);

    const response = await rateLimit({ clock, maxResends: 3 })(fetch)(URL);

    expect(response.status).toBe(429);
    expect(fetch.calls).toHaveLength(4);
  });

  it('takes a quota that only refusals tell for a wait, so that slow answers do not come one by one after it', async () => {
    const clock = manualClock();
    let [from, count, succeeded] = [clock.now(), 0, 0];
    const server = () => {
      const now = clock.now();
      if (now >= from + 1_000) [from, count] = [now - (now % 1_000), 0];
      if (++count <= 10) return { status: 200, delay: 1_500 };
      const reset = String(Math.ceil((from + 1_000 - now) / 1_000));
      return {
        status: 429,
        headers: { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': reset },
      };
    };
    const limited = rateLimit({ clock, random, maxWait: 10_000 })(fakeFetch(server, { clock }));
    const chance = seededRandom(1);

    for (let n = 0; n < 400; n++) {
      limited(URL).then(
        () => succeeded++,
        () => {},
      );
      await clock.advance(250 * chance());
    }
    await clock.advance(10_000);

    expect(succeeded).toBeGreaterThan(390);
  });

  it('learns a limit that only refusals tell, though the answers tell another quota', async () => {
    const clock = manualClock();
    const start = clock.now();
    let [second, count, sent] = [0, 0, 0];
    const server = () => {
      sent++;
      const now = Math.floor((clock.now() - start) / 1_000);
      if (now > second) [second, count] = [now, 0];
      const day = `"day";r=${90_000 - sent};t=${86_400 - now}`;
      if (++count <= 10) return { status: 200, headers: { ratelimit: day }, delay: 1_500 };
      return { status: 429, headers: { ratelimit: '"second";r=0;t=1' }, delay: 20 };
    };
    const limited = rateLimit({ clock, random: seededRandom(2) })(fakeFetch(server, { clock }));
    const chance = seededRandom(1);
    const CALLS = 600;

    for (let n = 0; n < CALLS; n++) {
      void limited(URL).catch(() => {});
      await clock.advance(160 * chance());
    }
    await clock.advance(30_000);

    expect(sent / CALLS).toBeLessThan(1.2);
  });

  it('hands network errors through and counts them for nothing', async () => {
    const clock = instantClock();
    const limited = rateLimit({ clock })(fakeFetch([{ error: 'ECONNRESET' }, 200]));

    await expect(limited(URL)).rejects.toThrow();

    expect((await limited(URL)).status).toBe(200);
    expect(clock.sleeps).toEqual([]);
  });

  it('leaves what a redirect to another origin says to that origin', async () => {
    const elsewhere = Object.defineProperties(new Response(null, refused(5)), {
      redirected: { value: true },
      url: { value: 'https://elsewhere.example.com/' },
    });
    const limited = rateLimit({ clock: instantClock() })(async () => elsewhere);

    expect(await limited(URL)).toBe(elsewhere);
    expect(limited.name).toBeDefined();
  });

  it('sends a call again that was refused after a redirect from http to https of the same host', async () => {
    const clock = instantClock();
    const url = { value: 'https://api.example.com/' };
    const answers = [new Response(null, refused(5)), new Response('ok')].map((answer) =>
      Object.defineProperties(answer, { redirected: { value: true }, url }),
    );

    const response = await rateLimit({ clock, random })(async () => answers.shift()!)('http://api.example.com/');

    expect(response.status).toBe(200);
    expect(clock.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(5_000);
  });

  it('takes a good answer of another origin after a redirect for one of this origin, without its fields', async () => {
    const stateAfter = async (answer: Response) => {
      const replies = [new Response(null, refused(1))];
      const limiter = rateLimit({ clock: instantClock(), random });
      await limiter(async () => replies.pop() ?? answer)(URL);
      return limiter.snapshot();
    };
    const redirected = (status: number) =>
      Object.defineProperties(new Response(null, { status, headers: { 'x-ratelimit-remaining': '0' } }), {
        redirected: { value: true },
        url: { value: 'https://cdn.example.com/file' },
      });

    expect(await stateAfter(redirected(200))).toEqual(await stateAfter(new Response()));
    expect(await stateAfter(redirected(404))).not.toEqual(await stateAfter(new Response()));
  });

  it('keeps a quota that answers of another origin, after a redirect, cannot tell', async () => {
    const told = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '80', 'x-ratelimit-reset': '60' };
    const file = Object.defineProperties(new Response(), {
      redirected: { value: true },
      url: { value: 'https://cdn.example.com/file' },
    });
    const replies = [new Response(null, { headers: told })];
    const limiter = rateLimit({ clock: instantClock(), random });
    const limited = limiter(async () => replies.pop() ?? file);

    for (let calls = 0; calls < 31; calls++) await limited(URL);

    expect(limiter.snapshot()[0]).toMatchObject({ remaining: 50 });
  });
});

describe('the snapshot of rateLimit', () => {
  it('says how each gate stands', async () => {
    const clock = manualClock();
    const limiter = rateLimit({ clock, random });
    const limited = limiter(fakeFetch([refused(3), 200], { clock }) as Fetch);
    const call = limited(URL);
    await clock.advance(0);

    const closed = limiter.snapshot();
    await clock.runAll(60_000);
    await call;

    expect(closed).toMatchObject([
      { key: 'https://api.example.com /jobs', state: 'closed', opensIn: 3_001, waiting: 1, inFlight: 0 },
    ]);
    expect(limiter.snapshot()).toMatchObject([{ opensIn: 0, waiting: 0, inFlight: 0, why: expect.any(String) }]);
  });

  it('is shared by the stacks that the middleware is used in', async () => {
    const limiter = rateLimit({ clock: instantClock() });

    await limiter(fakeFetch([200]))(URL);
    await limiter(fakeFetch([200]))('https://elsewhere.example.com/');

    expect(limiter.snapshot().map(({ key, state }) => [key, state])).toEqual([
      ['https://api.example.com /jobs', 'open'],
      ['https://elsewhere.example.com /', 'open'],
    ]);
  });
});

it.each([
  ['nothing', undefined],
  ['an object without fields', { status: 429 }],
  [
    'an object whose status cannot be read',
    {
      get status() {
        throw new Error('no');
      },
    },
  ],
])('hands on what is no response: %s', async (_, answer) => {
  const limiter = rateLimit({ clock: instantClock(), maxResends: 0 });

  expect(await limiter(async () => answer as never)('https://api.example.com/')).toBe(answer);
  expect(limiter.snapshot()).toMatchObject([{ inFlight: 0 }]);
});

it.each([
  ['a response', 200],
  ['a network error', { error: 'ECONNRESET' }],
])('leaves the body of a Request used after %s, as fetch would, and keeps no copy of it', async (_, end) => {
  const request = new Request('https://api.example.com/items', { method: 'POST', body: 'data' });

  await rateLimit()(fakeFetch(end as 200))(request).catch(() => {});

  expect(request.bodyUsed).toBe(true);
});

it('leaves no listener where an observer cancels a wait as soon as it is told of it', async () => {
  const clock = manualClock();
  const caller = new AbortController();
  const cancel = observe((event) => void (event.type === 'gate' && event.cancel?.()));
  const limited = compose(cancel, rateLimit({ clock, limit: { requests: 1, per: 1_000 } }))(fakeFetch(200));
  await limited(URL, { signal: caller.signal });

  await expect(limited(URL, { signal: caller.signal })).rejects.toMatchObject({ name: 'AbortError' });

  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
});

it('says when to call again only where that is known', () => {
  const about = { key: 'https://api.test', lastAnswer: undefined };

  expect(new RateLimitError('queue-full', { ...about, retryAfter: 2.5 }).message).toMatch(/; try again in 3 ms$/);
  expect(new RateLimitError('queue-full', { ...about, retryAfter: 0 }).message).toMatch(/ for https:\/\/api\.test$/);
});
