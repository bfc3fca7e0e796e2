import { decide, type Question } from '@steadfetch/shared-limit';
import { describe, expect, it } from 'vitest';
import { asked, QUESTION, refusedAt, START } from './support/asked.ts';

it('reserves no slot that is too late for the caller, and keeps it for the next one', () => {
  const { replies } = asked([0, { want: 2, known: 0.01 }], [1, { known: 0.01, within: 198 }], [2, { known: 0.01 }]);
  expect(replies[1]).toMatchObject({ count: 0, first: START + 200 });
  expect(replies[2]).toMatchObject({ count: 1, first: START + 200 });
});

it.each([1, 10])('after a pause sends what was saved up, if each call costs %i', (cost) => {
  const { state } = asked([0, { want: 0, lastRate: 0.01 * cost, lastBurst: 20 * cost }]);
  state.depth = 10 * cost;
  const page = Array.from({ length: 40 }, () => decide(state, START + 18_000, { ...QUESTION, cost })[1]);
  expect(page.filter(({ first, now }) => first <= now).length).toBe(11);
});

it('reserves nothing while it learns from a refusal: slots are given again once the limit is open', () => {
  const refusal = { at: START + 10, closedUntil: 0, every: 10, wait: 1_000, isDoubted: false };
  const { replies } = asked([0, {}], [10, { refusal }], [20, { want: 8 }], [1_011, { want: 0 }], [1_012, { want: 8 }]);
  expect(replies[2]).toMatchObject({ first: START + 1_010, count: 1, rate: 0 });
  expect(replies[3]!.closedUntil).not.toBe(replies[2]!.closedUntil);
  expect(replies[4]!.first).toBeLessThan(START + 1_100);
});

it('never reserves more than a known limit allows, even while it learns from a refusal', () => {
  const refusal = { at: START + 10, closedUntil: 0, every: 10, wait: 1_000, isDoubted: false };
  expect(asked([0, {}], [10, { refusal, known: 0.05 }]).replies[1]!.every).toBe(20);
});

it('a call that costs nothing is not held back', () => {
  expect(asked([0, { cost: 0 }], [1, { cost: 0, extra: 2 }]).replies[1]).toMatchObject({ first: START + 1, every: 0 });
});

it('goes on if the clock of the place is set back by an hour', () => {
  const hour = 3_600_000;
  const { replies } = asked([0, {}], [hour, {}], [hour + 10, {}], [20, {}], [30, {}]);
  expect(replies.map(({ now }) => now - START)).toEqual([0, hour, hour + 10, hour + 10, hour + 20]);
  expect(replies.at(-1)!.first - replies.at(-1)!.now).toBeLessThan(1_000);
});

it('goes on after a cost beyond the largest safe integer', () => {
  const cost = 1e17;
  let now = START;
  let [state, reply] = decide(undefined, now, { ...QUESTION, want: 5 });
  const ask = (question: Partial<Question>) => {
    [state, reply] = decide(state, now, { ...QUESTION, want: 0, ...question });
  };
  for (let round = 0; round < 4; round++) {
    for (let n = 0; n < 5; n++) {
      now += 100;
      ask({ want: 2, accepted: [{ from: now - 50, to: now - 50, cost }], requests: 1, extra: cost - 1 });
    }
    now += 10;
    ask({ refusal: { at: now - 5, closedUntil: reply.closedUntil, every: reply.every, wait: 500, isDoubted: false } });
    now += 900;
    ask({});
  }
  expect(Number.isFinite(reply.first)).toBe(true);
});

describe('refusals that may be noise', () => {
  const doubted = (at: number): [number, Partial<Question>] => [
    at,
    { want: 0, refusal: { at: START + at, closedUntil: 0, every: 10, wait: undefined, isDoubted: true } },
  ];

  it('close an unknown limit when four processes are refused at once', () => {
    const { replies } = asked([0, {}], doubted(1), doubted(2), doubted(3), doubted(4));
    expect(replies.map(({ closedUntil }) => closedUntil > 0)).toEqual([false, false, false, false, true]);
  });

  it('close nothing if calls are accepted in between', () => {
    const accepted: [number, Partial<Question>] = [5, { requests: 4 }];
    const { replies } = asked([0, {}], doubted(1), doubted(2), doubted(3), accepted, doubted(6));
    expect(replies.at(-1)!.closedUntil).toBe(0);
  });

  it.each([
    ['nobody was refused before', [], 120],
    ['one was refused before, and outvoted: the limit was used up then', [doubted(1_001)], 10],
  ])('leave open how large a burst is: %s', (_, before, burst) => {
    const ten = (at: number): [number, Partial<Question>] => [
      at,
      { requests: 10, accepted: [{ from: START + at - 90, to: START + at, cost: 10 }] },
    ];
    const tens = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000].map(ten);
    const refusal = { at: START + 1_250, closedUntil: 0, every: 10, wait: 1_000, isDoubted: false };
    const { replies } = asked([0, {}], ...tens, ...before, ten(1_100), ten(1_200), [1_250, { refusal }], [2_500, {}]);
    expect(replies.at(-1)!.burst).toBe(burst);
  });

  // each refusal asks to wait for a second; `outvotes` requests that were sent after it were accepted
  const closed = (at: number, outvotes: number): [number, Partial<Question>][] => [
    [at, { want: 0, refusal: refusedAt(at, { every: 10 }) }],
    [
      at + 20,
      { want: 0, requests: outvotes, accepted: [{ from: START + at + 5, to: START + at + 15, cost: outvotes }] },
    ],
    [at + 1_100, {}],
  ];
  const begun: [number, Partial<Question>] = [0, { requests: 9, accepted: [{ from: START, to: START + 9, cost: 9 }] }];

  it('close nothing after two that came alone, even if the server asks to wait', () => {
    const { state, replies } = asked(begun, ...closed(10, 5), ...closed(2_000, 5), ...closed(4_000, 5));
    expect(replies.map(({ now, closedUntil }) => closedUntil > now).slice(1)).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(state.base).toBe(0);
  });

  it.each([
    ['too few were accepted after them', [...closed(10, 5), ...closed(2_000, 4)]],
    ['others were refused with one', [...closed(10, 5), closed(2_000, 5)[0]!, ...closed(2_002, 5)]],
  ])('close the limit where %s', (_, before) => {
    const { replies } = asked(begun, ...before, closed(9_000, 5)[0]!);
    expect(replies.at(-1)!.closedUntil).toBeGreaterThan(START + 9_900);
  });
});

describe('a process that goes on alone', () => {
  it('does not infer a limit of one call a day from calls that were accepted beside the store', () => {
    const accepted = [{ from: START + 1_500, to: START + 1_600, cost: 8 }];
    const { replies } = asked(
      [0, {}],
      [10, { want: 0, aloneFor: 0 }],
      [100, { want: 0, refusal: refusedAt(90) }],
      [400, { want: 0 }],
      [1_700, { want: 0, requests: 8, accepted }],
      [3_100, {}],
      [3_150, { want: 0, refusal: refusedAt(3_140) }],
      [4_200, {}],
    );
    expect(replies.at(-1)!.every).toBeLessThan(3_000);
  });

  it('makes all leave the store, and all come back together when it may', () => {
    const { replies } = asked([0, {}], [10, { want: 0, aloneFor: 10_000 }], [20, {}], [500, { want: 0, aloneFor: 0 }]);
    expect(replies.map(({ backAt }) => backAt)).toEqual([0, ...Array(3).fill(START + 10_010)]);
  });

  it('drops from the history what was accepted without slots', () => {
    const before = { requests: 1, accepted: [{ from: START + 2_000, to: START + 2_000, cost: 5 }] };
    const after = { requests: 1, accepted: [{ from: START + 4_000, to: START + 4_000, cost: 5 }] };
    const { state } = asked([0, {}], [10, { want: 0, aloneFor: 0 }], [3_500, before], [4_500, after]);
    expect(state.history.map(({ from }) => from)).toEqual([START + 4_000]);
    expect(state.accepted).toBe(5);
  });
});

it('keeps a short history, and loses none of the accepted cost', () => {
  const accepted = Array.from({ length: 200 }, (_, n) => ({ from: START + n, to: START + n + (n % 3), cost: 1 }));
  const same = Array.from({ length: 100 }, () => ({ from: START + 500, to: START + 500, cost: 1 }));
  const { state } = asked([600, {}], [700, { accepted: [...accepted, ...same] }]);
  expect(state.history.length).toBeLessThan(70);
  expect(state.history.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(300);
});

it('a shortened history still shows that the pace grew', () => {
  const accepted = Array.from({ length: 200 }, (_, n) => {
    const at = START + 4_000 * Math.sqrt(n / 200); // twice as fast at the end as on average
    return { from: at, to: at, cost: 1 };
  });
  const { history } = asked([4_001, { requests: 200, accepted }]).state;
  const before = (at: number) =>
    history.reduce(
      (sum, { from, to, cost }) => sum + cost * Math.min(1, Math.max(0, (at - from) / (to - from || 1))),
      0,
    );
  for (const part of [0.25, 0.5, 0.75])
    expect(Math.abs(before(START + 4_000 * part) - 200 * part ** 2)).toBeLessThan(5);
});
