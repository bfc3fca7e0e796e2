import { decide, type LimitState, type Question, type Reply } from '@steadfetch/shared-limit';
import { describe, expect, it } from 'vitest';
import { asked, QUESTION, quota, refusedAt, START } from './support/asked.ts';

it('a quota of requests counts an expensive call once; other quotas count its cost', () => {
  const everyOf = (name: string) => asked([0, { quotas: [quota({ name })], cost: 10 }]).replies[0]!.every;
  expect(everyOf('tokens')).toBeCloseTo(10 * everyOf('requests'), 3);
  expect(everyOf('Requests per minute')).toBe(everyOf('requests'));
});

it('a quota counts requests if accepted calls cost more than all of it on average, as where a server limits tokens too but reports only requests', () => {
  const everyOf = (name: string, cost: number) => {
    const accepted = [{ from: START, to: START, cost: 2 * cost }];
    return asked([0, { cost, requests: 2, accepted, quotas: [quota({ name })] }]).replies[0]!.every;
  };
  expect(everyOf('q', 101)).toBe(everyOf('requests', 101));
  expect(everyOf('q', 100)).toBeCloseTo(100 * everyOf('requests', 100), 3);
});

it.each([
  ['as many as there were', true, 998, 500],
  ['what they cost', false, 0, 500],
  ['a part of what they cost, which was estimated too high', false, 800, 500],
  ['hardly anything, which a refill may explain', false, 998, 60_000],
  ['hardly anything, in a window so short that all may have come back', false, 998, 500, 1_000, 10_000],
])(
  'accepted calls that take %s from a quota show whether it counts requests (%s)',
  (_, isOfRequests, remaining, at, window = 60_000, cost = 1_000) => {
    const quotas = (at: number, remaining: number) => [
      quota({ at: START + at, remaining, limit: 1_000, reset: window, window }),
    ];
    const accepted = [{ from: START, to: START, cost }];
    const later = { accepted, requests: 2, quotas: quotas(at, remaining) };
    expect(asked([0, { quotas: quotas(0, 1_000) }], [at, later]).state.told.get('q')!.isOfRequests).toBe(isOfRequests);
  },
);

it('a quota that reports only what is left sets the pace by that', () => {
  const { replies } = asked([0, { quotas: [quota({ limit: 0, reset: 0, window: 0 })] }]);
  expect(replies[0]!.every).toBeGreaterThan(0);
});

it('if the place has lost its data, the last rate serves as the refill of a quota', () => {
  const quotas = [quota({ limit: 20, remaining: 10, reset: 1_000, window: 1_000 })];
  const everyOf = (lastRate: number) => asked([0, { quotas, lastRate }]).replies[0]!.every;
  expect(everyOf(0.1)).toBeLessThan(0.5 * everyOf(0));
});

it('keeps eight quotas, and forgets those that are no longer reported', () => {
  const quotas = Array.from({ length: 9 }, (_, n) => quota({ name: `q${n}` }));
  expect(asked([0, { quotas }]).state.told.size).toBe(8);
  expect(asked([0, { quotas }], [60_000, {}]).state.told.size).toBe(0);
});

it('keeps a quota that was just reported, however far ahead slots are reserved', () => {
  const told = (at: number) => [quota({ at: START + at, limit: 1, remaining: 0, reset: 1_000, window: 1_000 })];
  const slots = Array.from({ length: 20 }, (_, n): [number, Partial<Question>] => [n, {}]);
  const { state, replies } = asked([0, { quotas: told(0) }], ...slots, [500, { quotas: told(500) }]);
  expect(replies.at(-1)!.first).toBeGreaterThan(START + 15_000);
  expect(state.told.size).toBe(1);
});

it("treats a quota with another limit as another quota, since a server may report the scarcer of an hour's and a minute's", () => {
  const ofHour = quota({ at: START + 1_000, limit: 2_000, remaining: 1_900, reset: 3_500_000, window: 0 });
  const ofMinute = (at: number) => quota({ at: START + at, limit: 100, remaining: 90, reset: 55_000, window: 0 });
  const minute: [number, Partial<Question>] = [0, { quotas: [ofMinute(0)] }];
  const again: [number, Partial<Question>] = [2_000, { quotas: [ofMinute(2_000)] }];
  const { replies } = asked(minute, [1_000, { quotas: [ofHour] }], again);
  expect(replies[2]!.every).toBeLessThan(1_000);
});

it('treats a quota as the same one if some answers do not report its limit', () => {
  const tell = (at: number, limit: number, remaining: number): [number, Partial<Question>] => [
    at,
    {
      accepted: [{ from: START + at, to: START + at, cost: 10 }],
      quotas: [quota({ at: START + at, limit, remaining })],
    },
  ];
  const { state } = asked(tell(0, 100, 90), tell(1_500, 0, 80), tell(3_000, 100, 70));
  expect(state.told.get('q')).toMatchObject({ limit: 100, most: 90, signs: 2 });
});

describe('in a reported window of 60 a minute', () => {
  /** A state in which this much was left after three seconds, and nothing came back. */
  const until = (remaining: number, reset = 50_000): [number, Partial<Question>][] =>
    [60, (60 + remaining) / 2, remaining].map((left, n) => [
      1_500 * n,
      {
        want: 0,
        requests: n === 0 ? 0 : (60 - remaining) / 2,
        accepted: [{ from: START + 1_500 * n, to: START + 1_500 * n, cost: (60 - remaining) / 2 }],
        quotas: [
          quota({ at: START + 1_500 * n, limit: 60, remaining: left, reset: reset - 1_500 * n, window: 60_000 }),
        ],
      },
    ]);
  const page = (within: number): [number, Partial<Question>][] =>
    Array.from({ length: 40 }, (_, n) => [3_001 + n, { within }]);
  const atOnce = (replies: readonly Reply[]) =>
    replies.filter(({ count, first, now }) => count > 0 && first <= now).length;

  it('calls that cannot wait for their slot go at once while enough is left', () => {
    expect(atOnce(asked(...until(20), ...page(60_000)).replies)).toBeLessThan(20);
    const { replies } = asked(...until(20), ...page(100));
    expect(atOnce(replies)).toBe(20);
    expect(replies.at(-1)!.count).toBe(0);
  });

  it('with nothing left one slot is given until the reset, not half a slot, which would lie in the next window', () => {
    expect(asked(...until(0)).replies.at(-1)!.every).toBeLessThan(50_000);
  });

  it('ends at the earliest reported instant, even if a slot after it was reserved before the next report', () => {
    const late = quota({ at: START + 3_300, limit: 60, remaining: 17, reset: 1_000, window: 60_000 });
    const slots = [3_001, 3_002, 3_003].map((at): [number, Partial<Question>] => [at, {}]);
    const { state } = asked(...until(20, 3_900), ...slots, [3_300, { want: 0, quotas: [late] }]);
    expect(state.told.get('q')!.resetAt).toBe(START + 3_900);
  });

  it('no call goes at once in the second before the reset, which is reported in whole seconds', () => {
    expect(atOnce(asked(...until(20, 3_900), ...page(100)).replies)).toBeLessThan(20);
  });
});

it('a reported window of ten that has just begun is used evenly, to its end', () => {
  const told = (at: number, remaining: number, requests: number): [number, Partial<Question>] => [
    at,
    {
      want: 0,
      requests,
      accepted: [{ from: START + at, to: START + at, cost: requests }],
      quotas: [quota({ at: START + at, limit: 10, remaining, reset: 10_000 - (at % 10_000) })],
    },
  ];
  const { replies } = asked(told(0, 10, 0), told(1_500, 5, 5), told(3_000, 0, 5), told(10_000, 9, 1), [10_001, {}]);
  expect(replies.at(-1)!.every).toBeLessThan(1_010);
});

describe('the trust in a reported quota of ten', () => {
  const told = (at: number, remaining: number, more: Partial<Question>): [number, Partial<Question>] => [
    at,
    { want: 0, ...more, quotas: [quota({ at: START + at, limit: 10, remaining, reset: 10_000 - (at % 10_000) })] },
  ];
  const used = (at: number, cost: number) => ({
    requests: cost,
    accepted: [{ from: START + at, to: START + at, cost }],
  });
  const WINDOW = [told(0, 10, {}), told(1_500, 5, used(1_500, 5)), told(3_000, 0, used(3_000, 5))];

  it.each([
    ['is back after five windows', WINDOW, 1, 1],
    ['is not back if it is false, and refused eight times in a row', WINDOW, 8, 0.44],
    ['is not back if nothing shows that it is a window', [told(0, 10, {})], 1, 0.91],
  ])('%s', (_, before, refusals, trust) => {
    const refused = Array.from({ length: refusals }, (__, n): [number, Partial<Question>] => [
      2_000 * n + 4_010,
      { want: 0, refusal: refusedAt(2_000 * n + 4_010) },
    ]);
    const { state } = asked(...before, ...refused, [20_000, used(20_000, 50)]);
    expect(state.trust).toBeCloseTo(trust, 2);
  });

  it.each([1, 500])('is restored by the number of accepted calls, whatever each costs (%i)', (cost) => {
    const accepted = [{ from: START + 20_000, to: START + 20_000, cost: 50 * cost }];
    const refusal = { want: 0, refusal: refusedAt(4_010) };
    const { state } = asked(told(0, 10, {}), [4_010, refusal], [20_000, { requests: 50, accepted }]);
    expect(state.trust).toBeCloseTo(0.91, 2);
  });

  it.each([
    ['stays where each refusal says so', 0, 2_900, undefined, 1],
    ['is less where each refusal says that some is left', 3, 2_900, undefined, 0.43],
    ['is less where that was said before what is refused was sent', 0, 3_100, undefined, 0.43],
    ['is less where each refusal asks for less than the window lasts', 0, 2_900, 1_000, 0.43],
  ])('of a window that others use up %s', (_, left, refused, wait, trust) => {
    const usedUp = Array.from({ length: 8 }, (__, n) => {
      const at = 10_000 * (n + 1);
      const refusal = { want: 0, refusal: refusedAt(at + refused, { wait }) };
      return [told(at, 8, {}), told(at + 3_000, left, {}), [at + 3_200, refusal] as [number, Partial<Question>]];
    });
    expect(asked(...WINDOW, ...usedUp.flat()).state.trust).toBeCloseTo(trust);
  });
});

it('a report by a clock that has stepped forward is not later than the reports after it', () => {
  const ahead = START + 3_600_000;
  const { state } = asked(
    [0, { requests: 1, accepted: [{ from: ahead, to: ahead, cost: 1 }], quotas: [quota({ at: ahead })] }],
    [1_000, { quotas: [quota({ at: START + 1_000, remaining: 5 })] }],
  );
  expect(state.told.get('q')!.said).toBe(5);
  expect(state.history).toEqual([{ from: START, to: START, cost: 1 }]);
});

describe('a reported quota of 20, of which two are used each 100 ms', () => {
  /** For six seconds; `reset` is what the server reports. */
  const heard = (length: number, reset: (at: number) => number) => {
    const tells = Array.from({ length: 60 }, (_, n): [number, Partial<Question>] => {
      const at = START + 100 * n;
      const remaining = 18 - 2 * (n % (length / 100));
      const accepted = n > 0 ? [{ from: at, to: at, cost: 2 }] : [];
      return [
        100 * n,
        { want: 0, requests: 2, accepted, quotas: [quota({ at, limit: 20, remaining, reset: reset(at), window: 0 })] },
      ];
    });
    return asked(...tells).state.told.get('q')!;
  };
  /** The window ends a tenth of a second after a full second, and its end is reported rounded up. */
  const instant = (length: number) => (at: number) =>
    Math.ceil((Math.ceil((at + 1) / length) * length + 100) / 1_000) * 1_000 - at;

  it('is a window of a second if two ends in a row are a second apart, even if the reported end is up to two seconds ahead', () => {
    expect(heard(1_000, instant(1_000))).toMatchObject({ signs: 3, apart: 1_000, window: 1_000 });
  });

  it('ends at the earliest instant that was reported of this window', () => {
    const { resetAt, heardAt } = heard(1_000, () => 2_000);
    expect(resetAt - heardAt).toBeLessThan(1_200);
  });

  it('is as long as reported if that is not longer, and is recognized as a window before it ends', () => {
    expect(heard(1_000, () => 1_000)).toMatchObject({ apart: 0, window: 1_000, signs: 3 });
  });
});

it('a quota whose reported end moves on while little is left is no fixed window, but a sliding one', () => {
  const used = new Map<number, number>();
  let report: Partial<Question> = {};
  let state: LimitState | undefined;
  let now = START;
  for (let n = 0; n < 96; n++) {
    const [after, { first }] = decide(state, now, { ...QUESTION, ...report });
    state = after;
    // 20 in 10 s, and 16 calls
    const at = Math.max(first, START + n * 625);
    const window = Math.floor(at / 10_000);
    const reset = (window + 1) * 10_000 - at;
    used.set(window, (used.get(window) ?? 0) + 1);
    const left = 20 - used.get(window)! - ((used.get(window - 1) ?? 0) * reset) / 10_000;
    now = at + 50;
    const told = { at: now, limit: 20, remaining: Math.max(0, Math.floor(left)), window: 0 };
    report = {
      requests: 1,
      accepted: [{ from: at, to: at, cost: 1 }],
      quotas: [quota({ ...told, reset: Math.ceil(reset / 1_000) * 1_000 })],
    };
  }
  expect(now - START).toBeLessThan(85_000);
});

it('sends a call each minute to check a quota, however far its reset is', () => {
  const never = [quota({ remaining: 1, limit: 1, reset: 1e11, window: 1e11 })];
  const later = Array.from({ length: 20 }, (_, n): [number, Partial<Question>] => [500 + n * 100, { extra: 1 }]);
  const { replies } = asked([0, { quotas: never }], ...later);
  expect(replies.at(-1)!.first - replies.at(-1)!.now).toBeLessThanOrEqual(120_000);
});

it('spends a quota at once if much of it is left', () => {
  const daily = [quota({ remaining: 900, limit: 1_000, reset: 86_400_000, window: 86_400_000 })];
  expect(asked([0, { quotas: daily }], [100, {}]).replies[1]!.every).toBeLessThan(50);
});

it('spends it at once even after a closing of a minute', () => {
  const hourly = (at: number) => [
    quota({ at: START + at, remaining: 4_900, limit: 5_000, reset: 3_000_000, window: 0 }),
  ];
  const refusal = { at: START + 180, closedUntil: 0, every: 4, wait: 60_000, isDoubted: false };
  const { replies } = asked(
    [0, { quotas: hourly(0) }],
    [100, {}],
    [200, { want: 0, refusal }],
    [210, { want: 0, quotas: hourly(205) }],
    [1_000, {}],
    [61_000, {}],
  );
  expect(replies[4]!.first).toBe(replies[4]!.closedUntil);
  expect(replies.at(-1)!.every).toBeLessThan(50);
});

it('treats a quota with nothing left and no reported limit as a quota of one', () => {
  const { replies } = asked([0, { quotas: [quota({ remaining: 0, limit: 0, reset: 0, window: 0 })] }], [10, {}]);
  expect(replies.every(({ first, every }) => Number.isFinite(first + every))).toBe(true);
});

it('forgets a quota that twenty answers in a row did not mention, whatever it reported', () => {
  const lie = [quota({ remaining: 0, limit: 1, reset: 86_400_000, window: 86_400_000 })];
  const answers = (count: number): Partial<Question> => ({ requests: count });
  const after = (...counts: number[]) =>
    asked([0, { quotas: lie }], ...counts.map((count, n): [number, Partial<Question>] => [n + 1, answers(count)]));
  expect(after(10, 9).replies.at(-1)!.every).toBe(60_000);
  expect(after(10, 10).replies.at(-1)!.every).toBeLessThan(10);
});

it.each([
  ['tokens', 50, 1],
  ['tokens', 500, 10],
  ['requests', 50, 10],
])(
  'after a pause a page gets at once what a quota of %s has, and no more: of %i, where each call costs %i',
  (name, limit, cost) => {
    const quotas = [quota({ name, remaining: limit, limit })];
    const page = Array.from({ length: 80 }, (): [number, Partial<Question>] => [20_000, { cost }]);
    const { replies } = asked([0, { want: 0, cost, quotas }], ...page);
    const atOnce = replies.filter(({ count, first, now }) => count > 0 && first <= now).length;
    expect(atOnce).toBeGreaterThanOrEqual(48);
    expect(atOnce).toBeLessThanOrEqual(51);
  },
);

it('of a quota of one no slot is saved up: two at once are refused', () => {
  const quotas = [quota({ limit: 1, remaining: 0, reset: 1_000, window: 1_000 })];
  const { replies } = asked([0, { quotas }], [5_000, {}], [5_001, {}]);
  expect(replies[2]!.first - replies[1]!.first).toBeGreaterThanOrEqual(1_000);
});

it('a report that is older than the last one changes nothing', () => {
  const { state } = asked([0, { quotas: [quota({ remaining: 40 })] }], [5, { quotas: [quota({ at: START - 5 })] }]);
  expect(state.told.get('q')!.seen).toBe(40);
});

it('measures the refill of a bucket that is not full', () => {
  const tell = (at: number, remaining: number): [number, Partial<Question>] => [
    at,
    {
      requests: 20,
      accepted: [{ from: START + at, to: START + at, cost: 20 }],
      quotas: [quota({ at: START + at, remaining })],
    },
  ];
  const { state } = asked(tell(0, 90), tell(1_500, 70), tell(3_000, 65));
  expect(state.told.get('q')!.refill).toBeCloseTo(15 / 1_500);
});
