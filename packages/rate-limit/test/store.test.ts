import { fakeFetch, type ManualClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type LimitSlots, type LimitStore, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';

interface MemoryStore extends LimitStore {
  closings: number;
  settled: number;
}

/** Keeps one number, as GCRA does: when the next slot is. */
function memoryStore(clock: ManualClock, every: number): MemoryStore {
  let next = clock.now();
  let closedUntil = 0;
  const store: MemoryStore = {
    closings: 0,
    settled: 0,
    reserve(_, want) {
      const first = Math.max(next, closedUntil, clock.now());
      next = first + want * every;
      return { first, every, count: want, closedUntil };
    },
    refuse(_, { closedUntil: seen, wait = 1_000 }) {
      if (seen !== closedUntil) return;
      closedUntil = clock.now() + wait + 1;
      store.closings++;
    },
    settle(_, cost) {
      store.settled += cost;
    },
  };
  return store;
}

const later = (store: LimitStore): LimitStore => ({ ...store, reserve: async (...args) => store.reserve(...args) });

describe('two limiters with one store', () => {
  it.each([
    ['at once', (store: LimitStore) => store],
    ['by a promise', later],
  ])('keep one limit together, where it answers %s', async (_, wrapped) => {
    const clock = manualClock();
    const begun = clock.now();
    const memory = memoryStore(clock, 100);
    const times: number[][] = [[], []];
    const ends = times.map((sent) => {
      const fetch = fakeFetch(
        () => {
          sent.push(clock.now() - begun);
          return 200;
        },
        { clock },
      );
      const limited = rateLimit({ clock, store: wrapped(memory) })(fetch);
      return Promise.all(Array.from({ length: 30 }, () => limited(URL)));
    });
    await clock.advance(30_000);
    await Promise.all(ends);

    const all = times.flat().sort((a, b) => a - b);
    expect(all).toHaveLength(60);
    all.forEach((at, n) => expect(at).toBeGreaterThanOrEqual(n * 100));
    expect(all.at(-1)).toBeLessThan(8_000);
    expect(memory.settled).toBe(60);
  });

  it('are both held back by a refusal of one, which counts once', async () => {
    const clock = manualClock();
    const begun = clock.now();
    const memory = memoryStore(clock, 10);
    const times: number[] = [];
    const answer = () => {
      const at = clock.now() - begun;
      times.push(at);
      return at >= 200 && at < 1_000 ? ({ status: 429, headers: { 'retry-after': '2' } } as const) : 200;
    };
    const ends = [1, 2].map(() => {
      const limited = rateLimit({ clock, store: memory })(fakeFetch(answer, { clock }));
      return Promise.all(Array.from({ length: 60 }, () => limited(URL)));
    });
    await clock.advance(20_000);
    await Promise.all(ends);

    expect(memory.closings).toBe(1);
    expect(times.filter((at) => at > 400 && at < 2_200)).toEqual([]);
  });
});

describe('a store that', () => {
  const sendWith = async (store: LimitStore) => {
    const clock = manualClock();
    const limiter = rateLimit({ clock, store });
    const limited = limiter(fakeFetch(200, { clock }));
    const ends = Promise.all(Array.from({ length: 4 }, () => limited(URL)));
    await clock.advance(60);
    return { ends: await ends, why: limiter.snapshot()[0]!.why };
  };
  const broken = (reserve: LimitStore['reserve']): LimitStore => ({ reserve, refuse: () => {}, settle: () => {} });
  const lease = { first: 0, every: 1, count: 1, closedUntil: 0 };

  it.each<[string, LimitStore['reserve']]>([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('down');
      },
    ],
    ['does not answer', () => new Promise<LimitSlots>(() => {})],
    ['answers nothing', () => undefined as unknown as LimitSlots],
    ['answers NaN', () => ({ ...lease, first: Number.NaN })],
    ['answers too many', () => ({ ...lease, count: 1e9 })],
    ['goes back in time', () => ({ ...lease, every: -1 })],
  ])('%s holds no call back for longer than 50 ms', async (_, reserve) => {
    const { ends, why } = await sendWith(broken(reserve));
    expect(ends).toHaveLength(4);
    expect(why).toBe('nothing was refused yet');
  });

  it('works again is asked again', async () => {
    const clock = manualClock();
    let isDown = true;
    const memory = memoryStore(clock, 10);
    const store = broken((...args) => {
      if (isDown) throw new Error('down');
      return memory.reserve(...args);
    });
    const limiter = rateLimit({ clock, store });
    const limited = limiter(fakeFetch(200, { clock }));
    await limited(URL);
    isDown = false;
    await clock.advance(1_000);
    await limited(URL);
    expect(limiter.snapshot()[0]!.why).toBe('a store reserves the slots');
  });

  it('fails at a refusal or a settlement costs the caller nothing', async () => {
    const clock = manualClock();
    const memory = memoryStore(clock, 10);
    const store: LimitStore = {
      ...memory,
      refuse: async () => {
        throw new Error('down');
      },
      settle: () => {
        throw new Error('down');
      },
    };
    const limited = rateLimit({ clock, store, maxResends: 0 })(fakeFetch([429, 200], { clock }));
    expect((await limited(URL)).status).toBe(429);
    const end = limited(URL);
    await clock.advance(1_000);
    expect((await end).status).toBe(200);
  });

  it('has no methods is refused when the limiter is made', () => {
    expect(() => rateLimit({ store: {} as LimitStore })).toThrow('rateLimit: store.reserve');
  });
});

it('slots that nobody uses lapse', async () => {
  const clock = manualClock();
  const memory = memoryStore(clock, 10);
  const limited = rateLimit({ clock, store: memory })(fakeFetch(200, { clock }));
  const many = Promise.all(Array.from({ length: 12 }, () => limited(URL)));
  await clock.advance(1_000);
  await many;
  const times: number[] = [];
  const begun = clock.now();
  const more = Array.from({ length: 10 }, () => limited(URL).then(() => times.push(clock.now() - begun)));
  await clock.advance(1_000);
  await Promise.all(more);
  expect(times.filter((at) => at < 50).length).toBeLessThanOrEqual(6);
});
