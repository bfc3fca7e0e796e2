import { compose, defineMiddleware, localRefusal } from '@steadfetch/core';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { type LimitEvent, RateLimitError, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const busy = (seconds: number) => ({ status: 503, headers: { 'retry-after': String(seconds) } });
const refused = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });

describe('a 503 with a wait', () => {
  it('delays the call that it answers, and no other', async () => {
    const clock = manualClock();
    const fetch = fakeFetch((_, index) => (index === 4 ? busy(30) : 200), { clock });
    const limited = rateLimit({ clock })(fetch);
    for (let n = 0; n < 4; n++) await limited(URL);
    const first = limited(URL);
    await clock.advance(1);

    for (let n = 0; n < 20; n++) expect((await limited(URL)).status).toBe(200);
    await clock.advance(29_990);
    expect(fetch.calls).toHaveLength(25);
    await clock.runAll();

    expect((await first).status).toBe(200);
  });

  it('counts as a limit at thirteen, of which an accepted request outweighs four', async () => {
    const clock = manualClock();
    const limiter = rateLimit({ clock, maxResends: 0 });
    const limited = limiter(fakeFetch((_, index) => (index === 10 ? 200 : busy(30)), { clock }));

    for (let n = 0; n < 17; n++) await limited(URL);
    expect(limiter.snapshot()[0]).toMatchObject({ state: 'open' });
    await limited(URL);

    expect(limiter.snapshot()[0]).toMatchObject({ state: 'closed' });
  });

  it('counts as a limit after thirteen, however many were accepted before', async () => {
    const clock = manualClock();
    const limiter = rateLimit({ clock, maxResends: 0 });
    const limited = limiter(fakeFetch((_, index) => (index < 100 ? 200 : busy(30)), { clock }));

    for (let n = 0; n < 112; n++) await limited(URL);
    expect(limiter.snapshot()[0]).toMatchObject({ state: 'open' });
    await limited(URL);

    expect(limiter.snapshot()[0]).toMatchObject({ state: 'closed' });
  });

  it('is no limit where half of the requests are refused by chance, also if twelve are refused in a row', async () => {
    const clock = manualClock();
    const limiter = rateLimit({ clock, maxResends: 0 });
    const limited = limiter(fakeFetch((_, index) => (index % 24 < 12 ? busy(1) : 200), { clock }));

    for (let n = 0; n < 300; n++) {
      await limited(URL);
      expect(limiter.snapshot()[0]).toMatchObject({ state: 'open' });
    }
  });

  it('counts at once with a quota of which nothing is left', async () => {
    const events: LimitEvent[] = [];
    const answer = { status: 503, headers: { ratelimit: '"jobs";r=0;t=9', 'retry-after': '9' } };
    const limited = rateLimit({ clock: instantClock(), hooks: { onLimit: (event) => events.push(event) } });

    await limited(fakeFetch([answer, 200]))(URL);

    expect(events).toMatchObject([{ status: 503, asked: 9_000 }]);
  });
});

describe('a quota of which an accepted answer says that nothing is left', () => {
  it.each([
    ['of nothing', { 'x-ratelimit-limit': '0', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0' }],
    ['that came back long ago', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1000000000' }],
  ])('%s slows nobody', async (_, headers) => {
    const clock = manualClock();
    const limited = rateLimit({ clock })(fakeFetch([{ status: 200, headers }], { clock }));
    const start = clock.now();

    for (let n = 0; n < 100; n++) await limited(URL);

    expect(clock.now() - start).toBe(0);
  });

  it('for longer than a call may wait is not believed before it is refused', async () => {
    const clock = manualClock();
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '80000' };
    const limited = rateLimit({ clock, maxWait: 1_000 })(fakeFetch([{ status: 200, headers }, 200], { clock }));
    await limited(URL);

    expect((await limited(URL)).status).toBe(200);
  });

  it.each([
    ['of a thousand policies', Array.from({ length: 1_000 }, (_, n) => `"p${n}";r=5;t=60`).join(', ')],
    ['beyond all measure', `"a";r=${'9'.repeat(15)};t=60`],
    ['that is negative', '"a";r=-5;t=60'],
    ['that is given twice', '"a";r=5;t=60, "a";r=7;t=60'],
  ])('a field %s breaks nothing', async (_, ratelimit) => {
    const clock = manualClock();
    const limited = rateLimit({ clock })(fakeFetch([{ status: 200, headers: { ratelimit } }], { clock }));

    for (let n = 0; n < 3; n++) expect((await limited(URL)).status).toBe(200);
  });
});

describe('a call that is not sent', () => {
  it('fails with a refusal of ours, which has what the server said last', async () => {
    const clock = manualClock();
    const answer = { ...refused(120), headers: { 'retry-after': '120', 'set-cookie': 'secret' } };
    const limited = rateLimit({ clock })(fakeFetch([answer], { clock }));
    await limited(URL);

    const error = localRefusal(await limited(URL).catch((reason) => reason));

    expect(error).toMatchObject({
      local: true,
      reason: 'rate-limited',
      lastAnswer: { status: 429, retryAfter: 120_000 },
    });
    expect([...error!.lastAnswer!.headers]).toEqual([['retry-after', '120']]);
    expect(Object.keys(error!)).not.toContain('lastAnswer');
  });

  it('costs nothing of a known limit when a layer inside refuses it', async () => {
    const clock = manualClock();
    let open = false;
    const circuit = defineMiddleware(async (call, next) => {
      if (open) return next(call);
      throw Object.assign(new Error('open'), { local: true, reason: 'circuit-open' });
    });
    const limited = compose(
      rateLimit({ clock, limit: { requests: 2, per: 60_000 } }),
      circuit,
    )(fakeFetch([200], { clock }));
    for (let n = 0; n < 5; n++) await expect(limited(URL)).rejects.toThrow('open');
    open = true;

    for (let n = 0; n < 2; n++) expect((await limited(URL)).status).toBe(200);
  });

  it.each([
    [10_000, [3_000, 3_000, 3_100, 3_100, 3_200, 3_200, 3_300, 3_300]],
    [500, [3_000, 3_000]],
  ])(
    'is counted where it is sent: a queue inside gathers no calls of many windows, maxWait %i',
    async (maxWait, sent) => {
      const clock = manualClock();
      const start = clock.now();
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const slow = defineMiddleware(async (call, next) => gate.then(() => next(call)));
      const fetch = fakeFetch([200], { clock });
      const limiter = rateLimit({ clock, limit: { requests: 2, per: 100 }, proof: 'first', maxWait });
      const calls = Array.from({ length: 8 }, () => compose(limiter, slow)(fetch)(URL));
      void Promise.allSettled(calls);
      await clock.advance(3_000);
      release();
      await clock.runAll();

      expect(fetch.calls.map(({ at }) => at - start)).toEqual(sent);
    },
  );

  it('is counted once, when it is first sent, where a layer inside sends it again', async () => {
    const clock = manualClock();
    const start = clock.now();
    const twice = defineMiddleware(async (call, next) => {
      await next(call);
      await clock.sleep(50);
      return next(call);
    });
    const fetch = fakeFetch([200], { clock });
    const limited = compose(rateLimit({ clock, limit: { requests: 1, per: 100 } }), twice)(fetch);
    const calls = Array.from({ length: 3 }, () => limited(URL));
    await clock.runAll();
    await Promise.all(calls);

    expect(fetch.calls.map(({ at }) => at - start)).toEqual([0, 50, 100, 150, 200, 250]);
  });

  it('does not begin when it is aborted already', async () => {
    const limiter = rateLimit();
    const reason = new Error('left');

    await expect(limiter(fakeFetch(200))(URL, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(limiter.snapshot()).toEqual([]);
  });

  it('quotes no line breaks of its key', () => {
    const error = new RateLimitError('queue-full', {
      key: 'a\n\u001b[31mb\u2028',
      retryAfter: 1,
      lastAnswer: undefined,
    });

    expect(error.message).not.toMatch(/[\p{Cc}\u2028]/u);
  });
});

it('says for what a call waits, while it waits', async () => {
  const clock = manualClock();
  const seen: (string | undefined)[] = [];
  const record = { waitingFor: undefined as string | undefined, lastAnswer: undefined as unknown };
  const look = defineMiddleware((call, next) => {
    Object.assign(record, { get: () => call.record });
    seen.push(call.record.waitingFor);
    return next(call);
  });
  const limited = compose(look, rateLimit({ clock }), look)(fakeFetch([refused(2), 200], { clock }));
  const call = limited(URL);
  await clock.advance(1);
  const { waitingFor, lastAnswer } = (record as unknown as { get: () => typeof record }).get();
  await clock.runAll();
  await call;

  expect(waitingFor).toBe('its turn in rateLimit()');
  expect(lastAnswer).toMatchObject({ status: 429, retryAfter: 2_000 });
  expect(seen).toEqual([undefined, undefined, undefined]);
});

it.each([() => Number.NaN, () => undefined as never, () => 5])(
  'waits in full whatever `random` returns: %o',
  async (random) => {
    const clock = manualClock();
    const fetch = fakeFetch([refused(30), 200], { clock });
    void rateLimit({ clock, random })(fetch)(URL);

    await clock.advance(29_999);

    expect(fetch.calls).toHaveLength(1);
  },
);

it('measures time by a clock that is not set', async () => {
  vi.useFakeTimers();
  const fetch = fakeFetch([refused(3), 200]);
  const call = rateLimit()(fetch)(URL);
  await vi.advanceTimersByTimeAsync(100);
  vi.setSystemTime(Date.now() + 60_000);
  await vi.advanceTimersByTimeAsync(2_800);
  expect(fetch.calls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(300);
  expect((await call).status).toBe(200);
  vi.useRealTimers();
});

describe('reset', () => {
  it('forgets one gate and those below it, or all', async () => {
    const clock = manualClock();
    const fetch = fakeFetch(({ url }) => (url.endsWith('/free') ? 200 : refused(120)), { clock });
    const limiter = rateLimit({ clock, scope: 'path' });
    const limited = limiter(fetch);
    for (const path of ['/a', '/b', '/free']) await limited(`https://api.example.com${path}`);
    const states = () => limiter.snapshot().map(({ state }) => state);
    expect(states()).toEqual(['closed', 'closed', 'open']);

    limiter.reset('https://api.example.com /a');
    expect(states()).toEqual(['open', 'closed', 'open']);
    limiter.reset();

    expect(states()).toEqual(['open', 'open', 'open']);
  });
});

it('keeps a closed gate when a thousand others are called', async () => {
  const clock = manualClock();
  const fetch = fakeFetch(({ url }) => (url.startsWith('https://a.') ? refused(3_600) : 200), { clock });
  const limiter = rateLimit({ clock });
  const limited = limiter(fetch);
  await limited('https://a.example.com/');

  for (let n = 0; n < 1_001; n++) await limited(`https://h${n}.example.com/`);

  expect(limiter.snapshot()).toHaveLength(1_000);
  await expect(limited('https://a.example.com/')).rejects.toThrow(RateLimitError);
});

it('keeps a gate that is in use again when others are let go', async () => {
  let answer: () => void = () => {};
  const limiter = rateLimit();
  const limited = limiter((input) =>
    String(input).includes('hang')
      ? new Promise((resolve) => (answer = () => resolve(new Response())))
      : Promise.resolve(new Response()),
  );
  const first = limited('https://used.example.com/');
  await first;
  const hanging = limited('https://used.example.com/?hang');
  for (let n = 0; n < 1_100; n++) await limited(`https://h${n}.example.com/`);

  expect(limiter.snapshot().filter(({ inFlight }) => inFlight === 1)).toHaveLength(1);
  expect(limiter.snapshot()).toHaveLength(1_000);
  answer();
  await hanging;
  expect(limiter.snapshot()).toHaveLength(1_000);
});

it('lets go of gates that were used all at once', async () => {
  let open = () => {};
  const held = new Promise<void>((resolve) => {
    open = resolve;
  });
  const limiter = rateLimit();
  const limited = limiter(() => held.then(() => new Response()));
  const calls = Array.from({ length: 3_000 }, (_, n) => limited(`https://h${n}.example.com/`));
  open();
  await Promise.all(calls);

  expect(limiter.snapshot()).toHaveLength(1_000);
});

it('takes what cannot be read for an answer that says nothing', async () => {
  const limiter = rateLimit();
  const limited = limiter(async () => undefined as never);

  expect(await limited(URL)).toBeUndefined();
  expect(limiter.snapshot()[0]).toMatchObject({ inFlight: 0 });
});
