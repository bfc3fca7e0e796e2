import { rateLimit } from '@steadfetch/rate-limit';
import { type Ask, storeOf } from '@steadfetch/shared-limit';
import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { Memory } from './support/memory.ts';

const URL = 'https://api.example.com/jobs';

it('passes questions to the place', () => {
  const ask = new Memory(manualClock(), 10).ask;
  expect(storeOf(ask).ask).toBe(ask);
});

it('an event contains the limit, the error, and how long it lasted', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const events: unknown[] = [];
  const store = storeOf(memory.ask, {
    clock,
    hooks: { onDown: (event) => events.push(event), onUp: (event) => events.push(event) },
  });
  const limited = rateLimit({ clock, store, scope: 'origin' })(fakeFetch(200, { clock }));
  memory.isDown = true;
  await limited(URL);
  await limited('https://other.example.com/');
  memory.isDown = false;
  for (let n = 0; n < 3; n++) {
    const ends = [limited(URL), limited('https://other.example.com/')];
    await clock.advance(1_000);
    await Promise.all(ends);
  }
  expect(events).toEqual([
    { key: 'https://api.example.com', error: new Error('down') },
    { key: 'https://api.example.com', after: 2_000 },
  ]);
});

it('an observer of an outage can look at the limiter, and call through it', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const seen: unknown[] = [];
  const onDown = () => {
    seen.push(limiter.snapshot()[0]!.state);
    return limited(URL).then(({ status }) => seen.push(status));
  };
  const store = storeOf(memory.ask, { clock, hooks: { onDown } });
  const limiter = rateLimit({ clock, store, scope: 'origin' });
  const limited = limiter(fakeFetch(200, { clock }));
  memory.isDown = true;

  await limited(URL);
  await clock.advance(1_000);

  expect(seen).toEqual(['open', 200]);
});

it('each outage has its events even if each call has its own stack', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const events: string[] = [];
  const hooks = { onDown: () => events.push('down'), onUp: () => events.push('up') };
  const store = storeOf(memory.ask, { clock, hooks });
  for (const isDown of [false, true, false, true, false]) {
    memory.isDown = isDown;
    for (let n = 0; n < 20; n++) {
      void rateLimit({ clock, store, scope: 'origin' })(fakeFetch(200, { clock }))(URL);
      await clock.advance(500);
    }
  }
  expect(events).toEqual(['down', 'up', 'down', 'up']);
});

it('a process whose place is away recognizes refusals by chance, as without a store', async () => {
  const clock = manualClock();
  const store = storeOf(() => Promise.reject(new Error('away')), { clock });
  const chance = seededRandom(3);
  const refused = { status: 429, headers: { 'retry-after': '1' }, delay: 20 };
  const server = () => (chance() < 0.05 ? refused : { status: 200, delay: 20 });
  const limited = rateLimit({ clock, store, random: seededRandom(5) })(fakeFetch(server, { clock }));
  let ended = 0;
  for (let n = 0; n < 1_200; n++) {
    limited(URL).then(
      () => ended++,
      () => {},
    );
    await clock.advance(50);
  }
  expect(ended).toBeGreaterThan(1_150);
});

describe('what is reported', () => {
  const reported = async (response: () => Response, options = {}) => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const limited = rateLimit({ clock, store: storeOf(memory.ask, { clock }), ...options })(async () => response());
    for (let n = 0; n < 3; n++) {
      await limited(URL);
      await clock.advance(1_000);
    }
    return memory.asked;
  };

  it('of a call that cost nothing is a request without an accepted entry', async () => {
    const asked = await reported(() => new Response(), { costOf: () => 0 });
    expect(asked.some(({ requests, extra }) => requests > 0 && extra === -requests)).toBe(true);
    expect(asked.flatMap(({ accepted }) => accepted)).toEqual([]);
  });

  it('of a quota is when it came, by the clock of the place', async () => {
    const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '5' };
    const asked = await reported(() => new Response(null, { headers }));
    const [quota] = asked.flatMap(({ quotas }) => quotas);
    expect(quota).toMatchObject({ remaining: 7, limit: 10, reset: expect.any(Number) });
    expect(quota!.at).toBeLessThan(manualClock().now() - 3_590_000);
  });
});

it('a question contains the known limit', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const store = storeOf(memory.ask, { clock, limit: { requests: 10, per: 1_000 } });
  await rateLimit({ clock, store })(fakeFetch(200, { clock }))(URL);
  expect(memory.asked[0]!.known).toBe(0.01);
});

it.each<[unknown, object, string]>([
  [7, {}, 'storeOf: ask'],
  [() => {}, { limit: { requests: 0, per: 1 } }, 'storeOf: limit.requests'],
  [() => {}, { hooks: { onDown: 7 } }, 'storeOf: hooks.onDown'],
  [() => {}, { hoks: {} }, 'hoks'],
])('a wrong argument is named', (ask, options, message) => {
  expect(() => storeOf(ask as Ask, options)).toThrow(message);
});
