import { createHash } from 'node:crypto';
import { decide, type LimitState, NOTHING, type Question, type Reply } from '@steadfetch/shared-limit';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORM } from '../src/script/state.ts';
import { SCRIPT, SHA } from '../src/script.ts';
import { replyOf } from '../src/wire.ts';
import { describeServers, type StoreServer } from './support/servers.ts';
import { questionsOf, type World } from './support/world.ts';

/** The script with the time as its last argument. */
const TIMELESS_SCRIPT = SCRIPT.replace(/^.*\n.*\n/, 'local now = tonumber(ARGV[2])\n');

/** Lua 5.4, as in Dragonfly, has a `log` with a base instead of `log10`. */
const LUA_54 = `local real, math = math, { log = function(n, base) return base == 10 and math.log10(n) or math.log(n) end }
for name, member in pairs(real) do if name ~= 'log10' and name ~= 'log' then math[name] = member end end
`;

const BEGUN = 1_700_000_000_000;

const worlds = fc.record<World>({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  rate: fc.constantFrom(0.5, 5, 50, 500),
  burst: fc.constantFrom(1, 5, 20, 100),
  asks: fc.boolean(),
  tells: fc.constantFrom(false, false, true),
  known: fc.constantFrom(0, 0, 0, 0.05),
  cost: fc.constantFrom(1, 1, 8),
  lastRate: fc.constantFrom(0, 0, 0.1),
});

/** Calls with a cost, and a quota of requests. */
const COSTLY_REQUESTS: World = {
  seed: 12,
  rate: 50,
  burst: 20,
  asks: false,
  tells: true,
  known: 0,
  cost: 8,
  lastRate: 0,
};

describeServers('the script', (start) => {
  let server: StoreServer;
  let client: Redis;
  beforeAll(async () => {
    server = await start();
    client = server.connect();
  });
  afterAll(() => server.kill());

  /** What the model and the script answer to the same questions, one after the other. */
  async function* bothAsked(key: string, questions: readonly [at: number, Partial<Question>][]) {
    let state: LimitState | undefined;
    for (const [at, question] of questions) {
      const asked = { ...NOTHING, ...question };
      const [after, reply] = decide(state, BEGUN + at, structuredClone(asked));
      state = after;
      const told = replyOf(await client.eval(TIMELESS_SCRIPT, 1, key, JSON.stringify(asked), String(BEGUN + at)));
      yield [reply, told] as const;
    }
  }

  it.each([
    ['5.1', ''],
    ['5.4', LUA_54],
  ])('decides in Lua %s as the model in TypeScript does', async (version, before) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const key = `steadfetch:{${version} ${count++}}`;
        let state: LimitState | undefined;
        const questions = questionsOf(world, 200);
        const replies: Reply[] = [];
        const answers: Promise<unknown>[] = [];
        for (let next = questions.next(); !next.done; next = questions.next(replies.at(-1)!)) {
          const [now, question] = next.value;
          answers.push(client.eval(before + TIMELESS_SCRIPT, 1, key, JSON.stringify(question), String(now)));
          const [after, reply] = decide(state, now, structuredClone(question));
          state = after;
          replies.push(reply);
        }
        (await Promise.all(answers)).forEach((answer, n) => {
          const [reply, told] = [replies[n]!, replyOf(answer)];
          const isNear = (name: keyof Reply) =>
            Math.abs(reply[name] - told[name]) <= 1e-3 + 1e-6 * Math.abs(reply[name] - reply.now);
          if (!(Object.keys(reply) as (keyof Reply)[]).every(isNear)) expect(told).toEqual(reply);
        });
      }),
      {
        numRuns: 5,
        seed: 1,
        endOnFailure: true,
        examples: [[COSTLY_REQUESTS], [{ ...COSTLY_REQUESTS, seed: 13, burst: 5 }]],
      },
    );
  });

  it.each([4, 5])('treats refusals as noise when the model does (%i accepted after each)', async (cost) => {
    const questions = [0, 2_000, 4_000].flatMap((at): [number, Partial<Question>][] => {
      const now = BEGUN + at;
      const refusal = { at: now, closedUntil: now, every: 10, wait: 1_000, isDoubted: false };
      const accepted = [{ from: now + 5, to: now + 15, cost }];
      return [
        [at, { refusal }],
        [at + 20, { accepted, requests: cost }],
        [at + 1_100, { want: 1 }],
      ];
    });
    for await (const [reply, told] of bothAsked(`noise ${cost}`, questions)) {
      expect(told.closedUntil).toBe(reply.closedUntil);
    }
  });

  it('halves a pace after a pause when the model does', async () => {
    const accepted = (...times: number[]) => ({
      requests: times.length,
      accepted: times.map((at) => ({ from: BEGUN + at, to: BEGUN + at, cost: 1 })),
    });
    const refusal = { at: BEGUN + 37_700, closedUntil: 0, every: 200, wait: 1_000, isDoubted: false };
    const questions: [number, Partial<Question>][] = [
      [0, { want: 1, lastRate: 0.005, lastBurst: 7 }],
      [200, accepted(40, 190)],
      [37_710, { refusal }],
      [37_760, accepted(37_725)],
      [38_800, { want: 1 }],
    ];
    for await (const [reply, told] of bothAsked('pause', questions)) expect(told.rate).toBeCloseTo(reply.rate, 9);
  });

  it.each<[string, (at: number) => number]>([
    ['as an instant', (at) => Math.ceil((Math.ceil((at + 1) / 2_000) * 2_000 + 100) / 1_000) * 1_000 - at],
    ['as seconds', () => 3_000],
  ])('takes a window that tells its end %s for as long as the model does', async (name, resetOf) => {
    const questions = Array.from({ length: 120 }, (_, n): [number, Partial<Question>] => {
      const at = BEGUN + 100 * n;
      const quotas = [{ name: 'q', at, remaining: 19 - (n % 20), limit: 20, reset: resetOf(at), window: 0 }];
      return [100 * n, { want: 1, requests: 1, accepted: [{ from: at, to: at, cost: 1 }], quotas }];
    });
    for await (const [reply, heard] of bothAsked(name, questions)) expect(heard.every).toBeCloseTo(reply.every, 3);
  });

  it('treats a quota as a sliding window when the model does: the reported end moves on while little is left', async () => {
    const questions = Array.from({ length: 60 }, (_, n): [number, Partial<Question>] => {
      const at = BEGUN + 500 * n;
      const reset = 10_000 - ((500 * n) % 10_000);
      const quotas = [{ name: 'q', at, remaining: Math.max(4, 19 - n), limit: 20, reset, window: 0 }];
      return [500 * n, { want: 1, requests: 1, accepted: [{ from: at, to: at, cost: 1 }], quotas }];
    });
    for await (const [reply, heard] of bothAsked('slides', questions)) expect(heard.every).toBeCloseTo(reply.every, 3);
  });

  it('ends a reported window when the model does, even if a slot after its end was reserved', async () => {
    const told = (at: number, remaining: number, reset: number): [number, Partial<Question>] => [
      at,
      {
        requests: 20,
        accepted: [{ from: BEGUN + at, to: BEGUN + at, cost: 20 }],
        quotas: [{ name: 'q', at: BEGUN + at, remaining, limit: 60, reset, window: 60_000 }],
      },
    ];
    const slots = [3_001, 3_002, 3_003].map((at): [number, Partial<Question>] => [at, { want: 1 }]);
    const until = [told(0, 60, 3_900), told(1_500, 40, 2_400), told(3_000, 20, 900)];
    const questions = [...until, ...slots, told(3_300, 17, 1_000), [3_301, { want: 1 }] as [number, Partial<Question>]];
    for await (const [reply, heard] of bothAsked('ends', questions)) expect(heard.every).toBeCloseTo(reply.every, 3);
  });

  it('lets calls that cannot wait go at once when the model does, while a reported window has enough left', async () => {
    const told = [60, 55, 50].map((remaining, n): [number, Partial<Question>] => {
      const at = BEGUN + 1_500 * n;
      return [
        1_500 * n,
        {
          requests: 5,
          accepted: [{ from: at, to: at, cost: 5 }],
          quotas: [{ name: 'q', at, remaining, limit: 60, reset: 50_000 - 1_500 * n, window: 60_000 }],
        },
      ];
    });
    const asking = Array.from({ length: 60 }, (_, n): [number, Partial<Question>] => [
      3_001 + n,
      { want: 1, within: 100 },
    ]);
    const firsts: number[] = [];
    for await (const [reply, heard] of bothAsked('window', [...told, ...asking])) {
      expect(heard.first).toBeCloseTo(reply.first, 3);
      expect(heard.count).toBe(reply.count);
      if (reply.count > 0) firsts.push(reply.first - reply.now);
    }
    expect(firsts.filter((wait) => wait <= 0).length).toBe(50);
  });

  it('starts a search at the rate of the model, whatever a call costs', async () => {
    const cost = 1_000;
    const accepted = [{ from: BEGUN + 50, to: BEGUN + 50, cost: 10 * cost }];
    const refusal = (at: number) => ({
      at: BEGUN + at,
      closedUntil: BEGUN + at,
      every: 0,
      wait: 1_000,
      isDoubted: false,
    });
    const questions: [number, Partial<Question>][] = [
      [0, { cost, refusal: refusal(0) }],
      [300, { cost, want: 1 }],
      [1_050, { cost, want: 1, accepted, requests: 10 }],
      [1_100, { cost, refusal: refusal(1_100) }],
      [1_400, { cost, want: 1 }],
      [2_200, { cost, refusal: refusal(2_200) }],
      [2_500, { cost: 1, want: 1 }],
      [2_600, { cost, want: 1 }],
    ];
    for await (const [reply, told] of bothAsked('dear', questions)) {
      expect(told.every).toBeCloseTo(reply.every);
    }
  });

  it.each([0, 10])('starts a search at the rate of the model after a long wait (%i accepted before)', async (cost) => {
    const refusal = { at: BEGUN + 10, closedUntil: BEGUN, every: 0, wait: 60_000, isDoubted: false };
    const accepted = cost > 0 ? [{ from: BEGUN + 5, to: BEGUN + 5, cost }] : [];
    const questions: [number, Partial<Question>][] = [
      [0, { want: 1 }],
      [10, { want: 1, accepted, requests: cost, refusal }],
      [260, { want: 1 }],
      [60_020, { want: 1 }],
    ];
    for await (const [reply, told] of bothAsked(`used up ${cost}`, questions)) {
      expect(told.every).toBeCloseTo(reply.every);
    }
  });

  it('slows a search down when the model does after two long waits', async () => {
    const questions = [0, 30_500].flatMap((at): [number, Partial<Question>][] => {
      const refusal = { at: BEGUN + at + 10, closedUntil: BEGUN + at + 10, every: 0, wait: 30_000, isDoubted: false };
      return [
        [at, { want: 1 }],
        [at + 10, { refusal }],
        [at + 260, {}],
      ];
    });
    for await (const [reply, told] of bothAsked('refused twice', [...questions, [60_600, { want: 1 }]])) {
      expect(told.every).toBeCloseTo(reply.every);
    }
  });

  it('searches again when the model does, after everything was refused for a while', async () => {
    const refused = [1_000, 2_000, 3_000, 5_000, 8_000, 12_000].flatMap((at): [number, Partial<Question>][] => {
      const refusal = { at: BEGUN + at, closedUntil: BEGUN + at, every: 50, wait: undefined, isDoubted: false };
      return [
        [at, { refusal }],
        [at + 300, {}],
      ];
    });
    const slots = Array.from({ length: 40 }, (_, n): [number, Partial<Question>] => [16_000 + 250 * n, { want: 4 }]);
    const questions: [number, Partial<Question>][] = [[0, { lastRate: 0.02, lastBurst: 1 }], ...refused, ...slots];
    for await (const [reply, told] of bothAsked('blackout', questions)) expect(told.every).toBeCloseTo(reply.every);
  });

  it('lets a search grow when the model does, even if calls cost less than estimated', async () => {
    const cost = 1_000;
    const refusal = { at: BEGUN, closedUntil: BEGUN, every: 0, wait: 1_000, isDoubted: false };
    const calls = Array.from({ length: 10 }, (_, n): [number, Partial<Question>] => {
      const at = 2_000 + 1_000 * n;
      const accepted = [{ from: BEGUN + at - 10, to: BEGUN + at - 10, cost: 200 }];
      return [at, { want: 1, cost, extra: -800, requests: 1, accepted }];
    });
    const questions: [number, Partial<Question>][] = [
      [0, { cost, refusal }],
      [300, { cost }],
      [1_010, { cost, want: 1 }],
    ];
    for await (const [reply, told] of bothAsked('less', [...questions, ...calls])) {
      expect(told.every).toBeCloseTo(reply.every);
    }
  });

  it('ignores what was accepted before outvoted refusals when the model does', async () => {
    const refusal = (at: number, isDoubted: boolean) => ({
      want: 1,
      refusal: { at: BEGUN + at, closedUntil: 0, every: 10, wait: 1_000, isDoubted },
    });
    const ten = (at: number) => ({
      want: 1,
      accepted: [{ from: BEGUN + at - 90, to: BEGUN + at, cost: 10 }],
      requests: 10,
    });
    const questions: [number, Partial<Question>][] = [
      [0, { want: 1 }],
      [100, ten(100)],
      [101, refusal(101, true)],
      [200, ten(200)],
      [300, ten(300)],
      [310, refusal(310, false)],
      [2_000, { want: 1 }],
    ];
    let burst = 0;
    for await (const [reply, told] of bothAsked('outvoted', questions)) {
      expect(told.burst).toBe(reply.burst);
      burst = reply.burst;
    }
    expect(burst).toBe(10);
  });

  it.each([
    ['requests', 960],
    ['costs', 800],
    ['costs, where a refill may explain what is left', 990, 20_000],
  ])('treats a quota as one of %s when the model does', async (name, remaining, later = 500) => {
    const told = (at: number, left: number) => [
      { name: 'q', at: BEGUN + at, remaining: left, limit: 1_000, reset: 60_000, window: 60_000 },
    ];
    const accepted = [{ from: BEGUN + 100, to: BEGUN + 100, cost: 200 }];
    const questions: [number, Partial<Question>][] = [
      [0, { quotas: told(0, 1_000) }],
      [later, { want: 40, cost: 5, accepted, requests: 40, quotas: told(later, remaining) }],
      [later + 500, { want: 40, cost: 5 }],
    ];
    for await (const [reply, told] of bothAsked(name, questions)) expect(told.every).toBeCloseTo(reply.every, 3);
  });

  it('treats a quota with another limit as another quota when the model does', async () => {
    const told = (at: number, limit: number, remaining: number, reset: number) => ({
      want: 1,
      quotas: [{ name: 'q', at: BEGUN + at, limit, remaining, reset, window: 0 }],
    });
    const questions: [number, Partial<Question>][] = [
      [0, told(0, 100, 90, 55_000)],
      [1_000, told(1_000, 2_000, 1_900, 3_500_000)],
      [2_000, told(2_000, 100, 90, 55_000)],
      [3_000, told(3_000, 100, 80, 54_000)],
      [4_000, told(4_000, 0, 70, 53_000)],
      [5_000, told(5_000, 100, 60, 52_000)],
    ];
    for await (const [reply, told] of bothAsked('sizes', questions)) {
      expect(told.every).toBeCloseTo(reply.every);
      expect(told.every).toBeLessThan(1_000);
    }
  });

  it('is known to the server by its hash', async () => {
    expect(await client.script('LOAD', SCRIPT)).toBe(SHA);
  });

  it('keeps a small state of a limit that is in use and refuses', async () => {
    const calls = Array.from({ length: 60 }, (_, n): [number, Partial<Question>] => {
      const at = BEGUN + 100 * n + 0.1;
      return [100 * n + 1, { want: 1, lastRate: 0.01, accepted: [{ from: at - 20, to: at + 0.3, cost: 1 }] }];
    });
    let bytes = 0;
    for await (const _ of bothAsked('size', calls)) bytes = Math.max(bytes, await client.strlen('size'));
    expect(bytes).toBeLessThan(2_500);
  });

  it('keeps a limit for an hour after its last use, or as long as it is closed', async () => {
    await client.eval(SCRIPT, 1, 'a', JSON.stringify({ ...NOTHING, want: 1 }));
    expect(await client.pttl('a')).toBeGreaterThan(3_600_000);
    const refusal = { at: 0, closedUntil: 0, every: 0, wait: 80_000_000, isDoubted: false };
    await client.eval(SCRIPT, 1, 'a', JSON.stringify({ ...NOTHING, refusal }));
    expect(await client.pttl('a')).toBeGreaterThan(80_000_000);
  });
});

describe('the format of a limit', () => {
  // if this fails, raise FORM: processes of both versions run side by side during a deployment
  it('has a number for these members', () => {
    const quotas = [{ name: 'q', at: 0, remaining: 1, limit: 1, reset: 1, window: 1 }];
    const [state] = decide(undefined, 0, { ...NOTHING, quotas });
    const members = [state, state.told.get('q')!].flatMap(Object.keys);
    expect([FORM, createHash('sha1').update(members.join()).digest('hex')]).toEqual([
      9,
      'fa14a9e2e211fc20a8552767936cbd5468cf706a',
    ]);
  });
});
