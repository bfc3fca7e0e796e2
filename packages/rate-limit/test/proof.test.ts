import { compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { fakeFetch, type ManualClock, manualClock } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { type RateLimiter, rateLimit } from '../src/index.ts';

const ORIGIN = 'https://api.example.com';

interface Rig {
  limiter: RateLimiter;
  clock: ManualClock;
  /** Calls a path and gives what became of it within some milliseconds. */
  call: (path: string, method?: string) => Promise<number | string>;
  /** Calls a path, whose answer may come later. */
  start: (path: string) => Promise<void>;
}

/** Calls, and how long the longest of those took that began so long after now. */
function timed(limited: Fetch, clock: ManualClock, after = 0): { call: () => Promise<void>; longest: () => number } {
  const begun = clock.now();
  let longest = 0;
  const call = async () => {
    const start = clock.now();
    await limited(`${ORIGIN}/a`);
    if (start - begun >= after) longest = Math.max(longest, clock.now() - start);
  };
  return { call, longest: () => longest };
}

function rig(answer: (path: string, now: number, method: string) => number | { status: number; headers: object }): Rig {
  const clock = manualClock();
  const begun = clock.now();
  const reply = ({ url, method }: { url: string; method: string }) =>
    answer(url.slice(ORIGIN.length).split('?')[0]!, clock.now() - begun, method) as number;
  const limiter = rateLimit({ clock, random: () => 0, proof: 'first', maxWait: 10_000, maxResends: 0 });
  const limited = limiter(fakeFetch(reply, { clock }));
  const call = async (path: string, method = 'GET') => {
    const end = limited(ORIGIN + path, { method }).then(
      ({ status }) => status,
      ({ name }: Error) => name,
    );
    await clock.advance(1);
    return end;
  };
  const start = async (path: string) => {
    limited(ORIGIN + path).catch(() => {});
    await clock.advance(1);
  };
  return { limiter, clock, call, start };
}

const refusedFor = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const states = ({ limiter }: Rig) => limiter.snapshot().map(({ state }) => state);

describe('with proof first, a request that is always refused', () => {
  it('holds back nobody who asks for something else, also where ids are folded', async () => {
    const one = rig((path) => (path === '/0' ? 429 : 200));
    for (let n = 0; n < 200; n++) expect(await one.call(`/${n % 4}?n=${n}`)).toBe(n % 4 === 0 ? 429 : 200);
    expect(states(one)).toEqual(['open']);
  });

  it('is told by its method too', async () => {
    const one = rig((_, __, method) => (method === 'PUT' ? 429 : 200));
    for (let n = 0; n < 100; n++) expect(await one.call('/a', n % 2 ? 'PUT' : 'GET')).toBe(n % 2 ? 429 : 200);
  });

  it('is not repeated so often that the others are forgotten', async () => {
    const one = rig((path) => (path === '/0' ? 429 : 200));
    for (const path of ['/1', '/0', '/2', '/0']) await one.call(path);
    for (let n = 0; n < 100; n++) expect(await one.call('/0')).toBe(429);
    expect(await one.call('/1')).toBe(200);
  });

  it('closes the gate when the others are refused as well', async () => {
    const one = rig(() => ({ status: 429, headers: { 'retry-after': '5' } }));
    for (let n = 0; n < 8; n++) await one.start(`/${n % 4}`);
    expect(states(one)).toEqual(['closed']);
  });

  it('closes the gate when it is one of many that are asked for once', async () => {
    const one = rig((path) => (Number(path.slice(1)) < 100 ? 200 : { status: 429, headers: { 'retry-after': '5' } }));
    for (let n = 80; n < 110; n++) await one.start(`/${n}`);
    expect(states(one)).toEqual(['closed']);
  });

  it('is not remembered for long, whatever many others are', async () => {
    const one = rig((path) => (path.startsWith('/x') ? 429 : 200));
    for (let n = 0; n < 2_000; n++) await one.start(n % 20 === 0 ? `/x${n}` : '/ok');
    expect(await one.call('/ok')).toBe(200);
    expect(states(one)).toEqual(expect.not.arrayContaining(['closed']));
  });

  it('is forgotten by reset()', async () => {
    let isDown = true;
    const one = rig((path) => (isDown && path !== '/ok' ? 429 : 200));
    for (let n = 0; n < 60; n++) await one.call(n % 3 === 0 ? '/bad' : '/ok');
    one.limiter.reset();
    isDown = false;
    expect(await one.call('/bad')).toBe(200);
  });
});

describe('with proof first, a long closing', () => {
  const proxy = (from: number, to: number, seconds: number) => (_: string, now: number) =>
    now >= from && now < to ? { status: 429, headers: { 'retry-after': String(seconds) } } : 200;

  it('ends soon after the server accepts again, whatever it asked for', async () => {
    const one = rig(proxy(1_000, 1_300, 3_600));
    const lost: number[] = [];
    for (let now = 0; now < 10_000; now += 10) {
      if ((await one.call('/a')) !== 200) lost.push(now);
      await one.clock.advance(9);
    }
    expect(lost.at(-1)).toBeLessThan(1_500);
    expect(states(one)).toEqual(['open']);
  });

  it('is probed each few seconds while the server refuses', async () => {
    let sent = 0;
    const one = rig(() => {
      sent++;
      return { status: 429, headers: { 'retry-after': '3600' } };
    });
    for (let n = 0; n < 600; n++) {
      await one.call('/a');
      await one.clock.advance(99);
    }
    expect(sent).toBeGreaterThan(15);
    expect(sent).toBeLessThan(40);
  });
});

it('with proof first, an outage that tells two seconds is over for all soon after it ends', async () => {
  const clock = manualClock();
  const begun = clock.now();
  const isDown = (at: number) => at >= 20_000 && at < 32_000;
  const server = () => (isDown(clock.now() - begun) ? { ...refusedFor(2), delay: 20 } : { status: 200, delay: 100 });
  const random = seededRandom(1);
  const limited = rateLimit({ clock, random, proof: 'first' })(fakeFetch(server, { clock }));
  const { call, longest } = timed(limited, clock, 38_000);

  // ten calls a second come at random
  for (let now = 0; now < 60_000; now += 10) {
    if (now < 50_000 && random() < 0.1) void call();
    await clock.advance(10);
  }

  expect(longest()).toBeLessThan(1_500);
});

it('with proof first, what is let go after all was refused for a time may be refused for being too much at once', async () => {
  const clock = manualClock();
  const random = seededRandom(5);
  let busy = 0;
  const server = async () => {
    if (busy >= 10) {
      await clock.sleep(40);
      return 429;
    }
    busy++;
    await clock.sleep(1_000);
    busy--;
    return 200;
  };
  const limited = rateLimit({ clock, random, proof: 'first', maxWait: 30_000 })(fakeFetch(server, { clock }));
  let [calls, soon] = [0, 0];
  const call = async () => {
    calls++;
    const start = clock.now();
    await limited(`${ORIGIN}/a`).catch(() => {});
    if (clock.now() - start < 5_000) soon++;
  };

  for (let now = 0; now < 90_000; now += 20) {
    if (random() < 0.18) void call();
    await clock.advance(20);
  }

  expect(soon).toBeGreaterThan(0.6 * calls);
});

describe('with proof first, a limit', () => {
  it('is learned, though a probe is accepted long before the time that the server set', async () => {
    const clock = manualClock();
    let [tokens, last, sent] = [3, clock.now(), 0];
    const server = () => {
      sent++;
      tokens = Math.min(3, tokens + (3 * (clock.now() - last)) / 1_000);
      last = clock.now();
      if (tokens < 1) return { ...refusedFor(2), delay: 20 };
      tokens--;
      return { status: 200, delay: 20 };
    };
    const limited = rateLimit({ clock, random: () => 0.5, proof: 'first' })(fakeFetch(server, { clock }));
    for (let n = 0; n < 360; n++) {
      limited(`${ORIGIN}/a`).catch(() => {});
      await clock.advance(1_000 / 6);
    }

    // three a second are accepted
    expect(sent).toBeLessThan(2 * 180);
  });
});

it.each([
  ['direct', 'closed'],
  ['first', 'paced'],
] as const)('with proof %s a gate that has learned a limit is %s after one refusal', async (proof, state) => {
  const clock = manualClock();
  const answers = [...Array.from({ length: 3 }, () => refusedFor(1)), ...Array.from({ length: 10 }, () => 200)];
  const limiter = rateLimit({ clock, random: () => 0, proof, maxResends: 0 });
  const limited = limiter(fakeFetch(() => answers.shift() ?? refusedFor(1), { clock }));
  for (let n = 0; n < 3; n++) void limited(`${ORIGIN}/`);
  await clock.advance(3_000);
  for (let n = 0; n < 11; n++) {
    void limited(`${ORIGIN}/`);
    await clock.advance(999);
  }

  expect(limiter.snapshot()[0]!.state).toBe(state);
});

describe('with proof first, a limit with slow answers', () => {
  it('is learned, though a probe is on its way whenever the gate opens', async () => {
    const clock = manualClock();
    const chance = seededRandom(1);
    let [tokens, last, sent] = [5, clock.now(), 0];
    const server = () => {
      sent++;
      tokens = Math.min(5, tokens + (5.5 * (clock.now() - last)) / 1_000);
      last = clock.now();
      if (tokens < 1) return { ...refusedFor(3), delay: 20 };
      tokens--;
      return { status: 200, delay: 1_600 };
    };
    const limited = rateLimit({ clock, random: seededRandom(2), proof: 'first' })(fakeFetch(server, { clock }));
    const CALLS = 850;

    for (let n = 0; n < CALLS; n++) {
      void limited(`${ORIGIN}/x`).catch(() => {});
      await clock.advance(280 * chance());
    }

    expect(sent / CALLS).toBeLessThan(2);
  });
});

describe('with proof first, a fast limit that asks for seconds, though it accepts again after a moment', () => {
  it('is no mistake, since probes are refused less often than the rest', async () => {
    const clock = manualClock();
    const chance = seededRandom(1);
    let [tokens, last, sent] = [20, clock.now(), 0];
    const server = () => {
      sent++;
      tokens = Math.min(20, tokens + (clock.now() - last) / 50);
      last = clock.now();
      if (tokens < 1) return { ...refusedFor(2), delay: 20 };
      tokens--;
      return { status: 200, delay: 100 };
    };
    const limited = rateLimit({ clock, random: seededRandom(2), proof: 'first' })(fakeFetch(server, { clock }));
    const CALLS = 1_500;

    for (let n = 0; n < CALLS; n++) {
      void limited(`${ORIGIN}/x`).catch(() => {});
      await clock.advance(80 * chance());
    }

    expect(sent / CALLS).toBeLessThan(1.6);
  });
});

describe('with proof first, one call of twenty that is always refused', () => {
  it('holds back none of the others with the same method and path, though it is sent again and again', async () => {
    const clock = manualClock();
    const chance = seededRandom(1);
    const server = ({ url }: { url: string }) =>
      url.endsWith('full') ? { ...refusedFor(1), delay: 40 } : { status: 200, delay: 100 };
    const limited = rateLimit({ clock, random: seededRandom(2), proof: 'first' })(fakeFetch(server, { clock }));
    let others = 0;
    let atOnce = 0;
    const call = async (box: string) => {
      const start = clock.now();
      await limited(`${ORIGIN}/send?to=${box}`);
      if (box === 'empty' && clock.now() - start < 1_000) atOnce++;
    };

    for (let n = 0; n < 1_200; n++) {
      const isFull = chance() < 0.05;
      if (!isFull) others++;
      void call(isFull ? 'full' : 'empty');
      await clock.advance(33);
    }

    expect(atOnce).toBeGreaterThan(0.98 * others);
  });
});

describe('with proof first, an instance of four that refuses and asks for seconds', () => {
  it('is not taken for a limit, though refusals are faster than what is accepted', async () => {
    const clock = manualClock();
    const chance = seededRandom(1);
    const server = () => (chance() < 0.25 ? { ...refusedFor(5), delay: 50 } : { status: 200, delay: 200 });
    const limited = rateLimit({ clock, random: seededRandom(2), proof: 'first' })(fakeFetch(server, { clock }));
    let atOnce = 0;
    const call = async () => {
      const start = clock.now();
      await limited(`${ORIGIN}/a`);
      if (clock.now() - start < 1_000) atOnce++;
    };

    for (let n = 0; n < 1_800; n++) {
      void call();
      await clock.advance(33);
    }

    expect(atOnce).toBeGreaterThan(0.6 * 1_800);
  });
});

describe('with proof first, a pace that is a guess', () => {
  it('holds no call back for long where all are accepted nearly always', async () => {
    const clock = manualClock();
    const begun = clock.now();
    const server = () => ({ status: (clock.now() - begun) % 10_000 < 1_000 ? 429 : 200, delay: 20 });
    const limited = rateLimit({ clock, random: () => 0.5, proof: 'first' })(fakeFetch(server, { clock }));
    const { call, longest } = timed(limited, clock);

    for (let n = 0; n < 1_200; n++) {
      void call();
      await clock.advance(50);
    }

    expect(longest()).toBeLessThan(2_500);
  });

  it('and a number of requests in flight hold no call back for long while some of these hang', async () => {
    const clock = manualClock();
    const begun = clock.now();
    const server = () => {
      const now = clock.now() - begun;
      if (now >= 10_000 && now < 11_000) return { status: 200, delay: 60_000 };
      if (now >= 13_000 && now < 14_000) return { ...refusedFor(1), delay: 15 };
      return { status: 200, delay: 100 };
    };
    const random = seededRandom(1);
    const limited = rateLimit({ clock, random, proof: 'first' })(fakeFetch(server, { clock }));
    const { call, longest } = timed(limited, clock, 20_000);

    for (let n = 0; n < 600; n++) {
      void call();
      await clock.advance(Math.ceil(-50 * Math.log(1 - random())));
    }
    await clock.advance(60_000);

    expect(longest()).toBeLessThan(1_000);
  });
});

it('with proof first, calls that cannot wait for the time told go on where the answer of a probe opens the gate', async () => {
  const clock = manualClock();
  const answers = [
    ...Array(10).fill({ status: 200 }),
    ...Array(5).fill(refusedFor(60)),
    ...Array(15).fill({ status: 200, delay: 50 }),
  ];
  const fetch = fakeFetch((_, index) => ({ delay: 100, ...(answers[index] as object) }), { clock });
  const withTime = defineMiddleware((call, next) => next(call.with({ remaining: () => 30_000 })));
  const limited = compose(withTime, rateLimit({ clock, random: () => 0, proof: 'first' }))(fetch);
  const page = async () => {
    const calls = Promise.allSettled(Array.from({ length: 15 }, () => limited(ORIGIN)));
    await clock.advance(5_000);
    return (await calls).map((end) => end.status === 'fulfilled' && end.value.status);
  };

  expect(await page()).toContain(429);
  expect(await page()).toEqual(Array(15).fill(200));
});
