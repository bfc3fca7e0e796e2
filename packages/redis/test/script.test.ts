import { decide, type LimitState, NOTHING, type Question, type Reply } from '@steadfetch/shared-limit';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORM, SCRIPT } from '../src/script.ts';
import { sha1 } from '../src/sha1.ts';
import { argsOf, replyOf } from '../src/wire.ts';
import { describeServers, type StoreServer } from './support/servers.ts';
import { questionsOf, type World } from './support/world.ts';

/** With the time as its last argument. */
const TIMELESS_SCRIPT = SCRIPT.replace(/^.*\n.*\n/, 'local now = tonumber(ARGV[14])\n');

const worlds = fc.record<World>({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  rate: fc.constantFrom(0.5, 5, 50, 500),
  burst: fc.constantFrom(1, 5, 20, 100),
  asks: fc.boolean(),
  tells: fc.constantFrom(false, false, true),
  known: fc.constantFrom(0, 0, 0, 0.05),
  lastRate: fc.constantFrom(0, 0, 0.1),
});

describeServers('the script', (start) => {
  let server: StoreServer;
  let client: Redis;
  beforeAll(async () => {
    server = await start();
    client = server.connect();
  });
  afterAll(() => server.kill());

  it('decides as the model in TypeScript does', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const key = `steadfetch:{${count++}}`;
        let state: LimitState | undefined;
        const questions = questionsOf(world, 200);
        const replies: Reply[] = [];
        const answers: Promise<unknown>[] = [];
        for (let next = questions.next(); !next.done; next = questions.next(replies.at(-1)!)) {
          const [now, question] = next.value;
          answers.push(client.eval(TIMELESS_SCRIPT, 1, key, ...argsOf(question), String(now)));
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
      { numRuns: 4, seed: 1, endOnFailure: true },
    );
  });

  it.each([4, 5])('takes refusals for noise where the model does (%i accepted after each)', async (cost) => {
    let state: LimitState | undefined;
    for (const at of [0, 2_000, 4_000]) {
      const now = 1_700_000_000_000 + at;
      const refusal = { at: now, closedUntil: now, every: 10, wait: 1_000, isDoubted: false };
      const accepted = [{ from: now + 5, to: now + 15, cost }];
      const questions = [{ refusal }, { accepted, requests: cost }, { want: 1 }];
      for (const [n, question] of questions.entries()) {
        const asked = { ...NOTHING, ...question };
        const time = now + [0, 20, 1_100][n]!;
        const [after, reply] = decide(state, time, structuredClone(asked));
        state = after;
        const told = replyOf(await client.eval(TIMELESS_SCRIPT, 1, `noise ${cost}`, ...argsOf(asked), String(time)));
        expect(told.closedUntil).toBe(reply.closedUntil);
      }
    }
  });

  it('takes what was accepted before outvoted refusals for no burst where the model does', async () => {
    const begun = 1_700_000_000_000;
    const refusal = (at: number, isDoubted: boolean) => ({
      refusal: { at: begun + at, closedUntil: 0, every: 10, wait: 1_000, isDoubted },
    });
    const ten = (at: number) => ({ accepted: [{ from: begun + at - 90, to: begun + at, cost: 10 }], requests: 10 });
    const questions: [number, Partial<Question>][] = [
      [0, {}],
      [100, ten(100)],
      [101, refusal(101, true)],
      [200, ten(200)],
      [300, ten(300)],
      [310, refusal(310, false)],
      [2_000, {}],
    ];
    let state: LimitState | undefined;
    for (const [at, question] of questions) {
      const asked = { ...NOTHING, want: 1, ...question };
      const [after, reply] = decide(state, begun + at, structuredClone(asked));
      state = after;
      const told = replyOf(await client.eval(TIMELESS_SCRIPT, 1, 'outvoted', ...argsOf(asked), String(begun + at)));
      expect(told.burst).toBe(reply.burst);
    }
    expect(state!.burst).toBe(10);
  });

  it('takes a quota of another size for another one where the model does', async () => {
    const begun = 1_700_000_000_000;
    const told = (at: number, limit: number, remaining: number, reset: number) => ({
      quotas: [{ name: 'q', at: begun + at, limit, remaining, reset, window: 0 }],
    });
    const questions: [number, Partial<Question>][] = [
      [0, told(0, 100, 90, 55_000)],
      [1_000, told(1_000, 2_000, 1_900, 3_500_000)],
      [2_000, told(2_000, 100, 90, 55_000)],
      [3_000, told(3_000, 100, 80, 54_000)],
      [4_000, told(4_000, 0, 70, 53_000)],
      [5_000, told(5_000, 100, 60, 52_000)],
    ];
    let state: LimitState | undefined;
    for (const [at, question] of questions) {
      const asked = { ...NOTHING, want: 1, ...question };
      const [after, reply] = decide(state, begun + at, structuredClone(asked));
      state = after;
      const told = replyOf(await client.eval(TIMELESS_SCRIPT, 1, 'sizes', ...argsOf(asked), String(begun + at)));
      expect(told.every).toBeCloseTo(reply.every);
      expect(told.every).toBeLessThan(1_000);
    }
  });

  it('is known to the server by the hash that is computed here', async () => {
    expect(await client.script('LOAD', SCRIPT)).toBe(sha1(SCRIPT));
  });

  it('keeps a limit for an hour after its last use, or as long as it is closed', async () => {
    await client.eval(SCRIPT, 1, 'a', ...argsOf({ ...NOTHING, want: 1 }));
    expect(await client.pttl('a')).toBeGreaterThan(3_600_000);
    const refusal = { at: 0, closedUntil: 0, every: 0, wait: 80_000_000, isDoubted: false };
    await client.eval(SCRIPT, 1, 'a', ...argsOf({ ...NOTHING, refusal }));
    expect(await client.pttl('a')).toBeGreaterThan(80_000_000);
  });
});

describe('the form of what is kept', () => {
  // where this fails, raise FORM: processes of both versions run side by side while a new one is deployed
  it('has a number for these members', () => {
    const members = [...SCRIPT.matchAll(/local (?:FIELDS|TOLD) = \{([^}]*)\}/g)].flatMap(
      ([, names]) => names!.match(/\w+/g)!,
    );
    expect([FORM, sha1(members.join())]).toEqual([3, '88ecc4abf1693b761f96e686c2975f1a665ab1d8']);
  });
});
