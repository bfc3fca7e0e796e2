import { decide, type Question } from '@steadfetch/shared-limit';
import { describe, expect, it } from 'vitest';
import { asked, QUESTION, quota, START } from './support/asked.ts';

/** The pace that two learn who empty a bucket of 20 three times, which refills with 100 a second. */
function learned(late: (n: number) => number): number {
  const questions: [number, Partial<Question>][] = [];
  let [tokens, filledAt, at] = [20, 0, 0];
  for (const pace of [500, 150, 110]) {
    const reports: [number, Partial<Question>][] = [];
    for (let n = 0; ; n++, at += 1_000 / pace) {
      tokens = Math.min(20, tokens + (at - filledAt) / 10);
      filledAt = at;
      if (tokens < 1) break;
      tokens--;
      const accepted = [{ from: START + at, to: START + at, cost: 1 }];
      reports.push([at + late(n), { want: 0, requests: 1, accepted }]);
    }
    const refusal = { at: START + at, closedUntil: START + at, every: 1_000 / pace, wait: 1_000, isDoubted: false };
    reports.push([at + 1, { want: 0, refusal }], [at + 260, {}]);
    questions.push(...reports.sort(([a], [b]) => a - b));
    at += 1_010;
  }
  return asked(...questions).state.base * 1_000;
}

/** The pace some time after two have emptied that bucket three times; nobody asks to wait. */
function heldAfter(ms: number): number {
  const questions: [number, Partial<Question>][] = [];
  let [tokens, filledAt, at] = [20, 0, 0];
  for (const pace of [300, 175, 150]) {
    for (; ; at += 1_000 / pace) {
      tokens = Math.min(20, tokens + (at - filledAt) / 10);
      filledAt = at;
      if (tokens < 1) break;
      tokens--;
      questions.push([at + 5, { requests: 1, accepted: [{ from: START + at, to: START + at, cost: 1 }] }]);
    }
    const refusal = {
      at: START + at,
      closedUntil: START + at,
      every: 1_000 / pace,
      wait: undefined,
      isDoubted: false,
    };
    questions.push([at + 10, { want: 0, refusal }], [at + 300, {}]);
    at += 1_100;
  }
  questions.sort(([a], [b]) => a - b);
  return asked(...questions, [at + ms, { want: 0 }]).replies.at(-1)!.rate * 1_000;
}

it('a refusal after a pause does not show that a limit hardly comes back: the pace is halved at most', () => {
  const accepted = (...times: number[]) => ({
    requests: times.length,
    accepted: times.map((at) => ({ from: START + at, to: START + at, cost: 1 })),
  });
  const refusal = { at: START + 37_700, closedUntil: 0, every: 200, wait: 1_000, isDoubted: false };
  const { replies } = asked(
    [0, { lastRate: 0.005, lastBurst: 7 }],
    [200, accepted(40, 190)],
    [37_690, {}],
    [37_710, { refusal }],
    [37_760, accepted(37_725)], // its answer took longer than the refusal of the one after it
    [38_800, {}],
    [98_800, {}],
    [98_801, {}],
  );
  expect(replies.at(-3)!.rate).toBeGreaterThanOrEqual(0.0025);
  // and where nothing is known of a burst, no two go at once after the next pause
  expect(replies.at(-1)!.first - replies.at(-2)!.first).toBeGreaterThan(100);
});

it('a search begins at half of what was accepted, however long the refusal asks to wait', () => {
  const accepted = (at: number): [number, Partial<Question>] => [
    at + 5,
    { requests: 1, accepted: [{ from: START + at, to: START + at, cost: 1 }] },
  ];
  const refusal = { at: START + 10_000, closedUntil: 0, every: 100, wait: 30_000, isDoubted: false };
  const { state } = asked(
    ...Array.from({ length: 100 }, (_, n) => accepted(100 * n)),
    [10_005, { refusal }],
    [10_300, {}],
  );
  expect(state.base * 1_000).toBeCloseTo(5, 0);
});

it('a pace that was held is searched for again after a time in which all was refused', () => {
  const refused = [1_000, 2_000, 3_000, 5_000, 8_000, 12_000].flatMap((at): [number, Partial<Question>][] => [
    [
      at,
      { want: 0, refusal: { at: START + at, closedUntil: START + at, every: 50, wait: undefined, isDoubted: false } },
    ],
    [at + 300, { want: 0 }],
  ]);
  let { state } = asked([0, { lastRate: 0.02, lastBurst: 1 }], ...refused);
  let [due, granted]: [number[], number] = [[], 0];
  for (let at = START + 16_000; at < START + 28_000; at += 50) {
    const sent = due.filter((time) => time <= at - 500);
    due = due.filter((time) => time > at - 500);
    const accepted = sent.map((time) => ({ from: time, to: time, cost: 1 }));
    const [next, reply] = decide(state, at, { ...QUESTION, want: 4, within: 0, requests: sent.length, accepted });
    state = next;
    for (let n = 0; n < reply.count; n++) due.push(reply.first + n * reply.every);
    granted += reply.count;
  }
  expect(granted).toBeGreaterThan(60);
});

it('where nobody asks to wait more is tried for once in 400 requests', () => {
  expect(heldAfter(2_000)).toBeCloseTo(99, 0);
  expect(heldAfter(8_000)).toBeGreaterThan(100);
});

it('refusals that lie closer together than their times are known tell no pace', () => {
  const accepted = (from: number, to: number, cost: number) => ({
    requests: cost,
    accepted: [{ from: START + from, to: START + to, cost }],
  });
  const refusal = { at: START + 300, closedUntil: START, every: 3, wait: 1_000, isDoubted: false };
  const { replies } = asked(
    [0, {}],
    [200, accepted(0, 190, 30)],
    [305, { ...accepted(200, 300, 30), refusal }],
    [320, { ...accepted(301, 314, 8), refusal: { ...refusal, at: START + 315, closedUntil: 0 } }],
    [1_400, {}],
  );
  expect(replies.at(-1)!.rate * 1_000).toBeLessThan(150);
});

it('of a bucket of one no slot is saved up: two at once are refused', () => {
  const accepted = (at: number) => ({ requests: 1, accepted: [{ from: START + at, to: START + at, cost: 1 }] });
  const refusal = (at: number) => ({
    at: START + at,
    closedUntil: START + at,
    every: 90,
    wait: 1_000,
    isDoubted: false,
  });
  const { state, replies } = asked(
    [5, accepted(0)],
    [55, { refusal: refusal(50) }],
    ...[1_100, 1_300, 1_450, 1_560].map((at): [number, Partial<Question>] => [at + 5, accepted(at)]),
    [1_655, { refusal: refusal(1_650) }],
    [2_700, {}],
    [2_702, {}],
    [8_000, {}],
    [8_001, {}],
  );
  expect(state.burst).toBe(1);
  const [atEnd, next, afterPause, second] = replies.slice(-4);
  expect(next!.first - atEnd!.first).toBeGreaterThan(50);
  expect(second!.first - afterPause!.first).toBeGreaterThan(50);
});

it('of a quota of one no slot is saved up either', () => {
  const quotas = [quota({ limit: 1, remaining: 0, reset: 1_000, window: 1_000 })];
  const { replies } = asked([0, { quotas }], [5_000, {}], [5_001, {}]);
  expect(replies[2]!.first - replies[1]!.first).toBeGreaterThanOrEqual(1_000);
});

it('what one of two reports late changes nothing that is learned', () => {
  const inTime = learned(() => 10);
  for (let shift = 0; shift < 4; shift++) {
    expect(learned((n) => ((n + shift) % 4 === 0 ? 200 : 10)) / inTime).toBeCloseTo(1, 1);
  }
});

it('reserves no slot that is due too late for those who ask, and keeps it for the next one', () => {
  const { replies } = asked([0, { want: 2, known: 0.01 }], [1, { known: 0.01, within: 198 }], [2, { known: 0.01 }]);
  expect(replies[1]).toMatchObject({ count: 0, first: START + 200 });
  expect(replies[2]).toMatchObject({ count: 1, first: START + 200 });
});

describe('after refusals with nothing accepted between them a dear call is held back no longer than a cheap one', () => {
  /** Milliseconds between two calls of a cost; of those that ask while the refusals are learned from the last one costs `last`. */
  const everyOf = (cost: number, before: number, last = cost) => {
    const refusal = (at: number) => ({
      at: START + at,
      closedUntil: START + at,
      every: 0,
      wait: 1_000,
      isDoubted: false,
    });
    const accepted = before > 0 ? [{ from: START + 50, to: START + 50, cost: before * cost }] : [];
    return asked(
      [0, { cost }],
      [100, { cost, accepted, requests: before, refusal: refusal(100) }],
      [400, { cost }],
      [1_100, { cost, refusal: refusal(1_100) }],
      [1_400, { cost: last, want: 0 }],
      [1_500, { cost }],
    ).replies.at(-1)!.every;
  };

  it.each([
    [0, 1_001],
    [10, 500],
  ])('where %i calls were accepted before', (before, apart) => {
    expect(everyOf(1, before)).toBeCloseTo(apart);
    expect(everyOf(1_000, before)).toBeCloseTo(apart);
  });

  it('whoever asks first', () => {
    expect(everyOf(1_000, 10, 1)).toBeCloseTo(500);
  });
});

describe('where the limit was used up before the group began, the told wait says nothing about the pace after it', () => {
  const everyAfter = (wait: number) => {
    const refusal = { at: START + 10, closedUntil: START, every: 0, wait, isDoubted: false };
    return asked([0, {}], [10, { refusal }], [260, {}], [wait + 20, {}]).replies.at(-1)!.every;
  };

  it('however long it is', () => {
    expect(everyAfter(60_000)).toBeCloseTo(everyAfter(2_000));
    expect(everyAfter(60_000)).toBeLessThan(2_000);
  });

  it('also when the first call after it is refused again', () => {
    const refusal = (at: number) => ({
      at: START + at,
      closedUntil: START + at,
      every: 0,
      wait: 30_000,
      isDoubted: false,
    });
    const questions = [0, 30_500].flatMap((at): [number, Partial<Question>][] => [
      [at, { want: 1 }],
      [at + 10, { refusal: refusal(at + 10) }],
      [at + 260, {}],
    ]);
    expect(asked(...questions, [60_600, {}]).replies.at(-1)!.every).toBeLessThan(3_000);
  });

  it('and a short one is what the next call waits for', () => {
    expect(everyAfter(1_000)).toBeCloseTo(1_001);
  });

  it('while one that pays for what was accepted is a part of it', () => {
    const accepted = [{ from: START + 5, to: START + 5, cost: 10 }];
    const refusal = { at: START + 10, closedUntil: START, every: 0, wait: 60_000, isDoubted: false };
    const { replies } = asked([0, {}], [10, { accepted, requests: 10, refusal }], [260, {}], [60_020, {}]);
    expect(replies.at(-1)!.every).toBeCloseTo(6_000, -1);
  });
});

it('a search grows as fast where calls cost less than was estimated', () => {
  const everyAfter = (extra: number) => {
    const cost = 1_000;
    const refusal = { at: START, closedUntil: START, every: 0, wait: 1_000, isDoubted: false };
    const calls = Array.from({ length: 10 }, (_, n): [number, Partial<Question>] => {
      const at = 2_000 + 1_000 * n;
      const accepted = [{ from: START + at - 10, to: START + at - 10, cost: cost + extra }];
      return [at, { cost, extra, requests: 1, accepted }];
    });
    return asked([0, { cost, refusal }], [300, { cost, want: 0 }], [1_010, { cost }], ...calls).replies.at(-1)!.every;
  };
  expect(everyAfter(0)).toBeLessThan(250);
  expect(everyAfter(-800)).toBeCloseTo(everyAfter(0));
});

it('a call that costs nothing is not held back', () => {
  expect(asked([0, { cost: 0 }], [1, { cost: 0, extra: 2 }]).replies[1]).toMatchObject({ first: START + 1, every: 0 });
});

it('what is told later than something newer changes nothing', () => {
  const { state } = asked([0, { quotas: [quota({ remaining: 40 })] }], [5, { quotas: [quota({ at: START - 5 })] }]);
  expect(state.told.get('q')!.seen).toBe(40);
});

it('what comes back to a bucket that is not full is measured', () => {
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

it('keeps a short history of what was accepted, and nothing of it is lost', () => {
  const accepted = Array.from({ length: 200 }, (_, n) => ({ from: START + n, to: START + n + (n % 3), cost: 1 }));
  const same = Array.from({ length: 100 }, () => ({ from: START + 500, to: START + 500, cost: 1 }));
  const { state } = asked([600, {}], [700, { accepted: [...accepted, ...same] }]);
  expect(state.history.length).toBeLessThan(70);
  expect(state.history.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(300);
});

it('goes on where the clock of the place is set back by an hour', () => {
  const hour = 3_600_000;
  const { replies } = asked([0, {}], [hour, {}], [hour + 10, {}], [20, {}], [30, {}]);
  expect(replies.map(({ now }) => now - START)).toEqual([0, hour, hour + 10, hour + 10, hour + 20]);
  expect(replies.at(-1)!.first - replies.at(-1)!.now).toBeLessThan(1_000);
});

it('goes on after a cost that is larger than whole numbers can be told apart', () => {
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

  it('close a limit that nobody knows when four processes meet one at once', () => {
    const { replies } = asked([0, {}], doubted(1), doubted(2), doubted(3), doubted(4));
    expect(replies.map(({ closedUntil }) => closedUntil > 0)).toEqual([false, false, false, false, true]);
  });

  it('close nothing where calls are accepted between', () => {
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

  // each refusal asks for a second, and of those that were sent after it so many were accepted
  const closed = (at: number, outvotes: number): [number, Partial<Question>][] => [
    [at, { want: 0, refusal: { at: START + at, closedUntil: START + at, every: 10, wait: 1_000, isDoubted: false } }],
    [
      at + 20,
      { want: 0, requests: outvotes, accepted: [{ from: START + at + 5, to: START + at + 15, cost: outvotes }] },
    ],
    [at + 1_100, {}],
  ];
  const begun: [number, Partial<Question>] = [0, { requests: 9, accepted: [{ from: START, to: START + 9, cost: 9 }] }];

  it('close nothing once two stayed alone, though the server asks to wait', () => {
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
  it('takes all with it, and they come back together when it may', () => {
    const { replies } = asked([0, {}], [10, { want: 0, aloneFor: 10_000 }], [20, {}], [500, { want: 0, aloneFor: 0 }]);
    expect(replies.map(({ backAt }) => backAt)).toEqual([0, ...Array(3).fill(START + 10_010)]);
  });

  it('leaves nothing of what all accepted without slots in the history', () => {
    const before = { requests: 1, accepted: [{ from: START + 2_000, to: START + 2_000, cost: 5 }] };
    const after = { requests: 1, accepted: [{ from: START + 4_000, to: START + 4_000, cost: 5 }] };
    const { state } = asked([0, {}], [10, { want: 0, aloneFor: 0 }], [3_500, before], [4_500, after]);
    expect(state.history.map(({ from }) => from)).toEqual([START + 4_000]);
    expect(state.accepted).toBe(5);
  });
});

it('reserves nothing while a refusal is being learned from: a slot is given again once the limit is open', () => {
  const refusal = { at: START + 10, closedUntil: 0, every: 10, wait: 1_000, isDoubted: false };
  const { replies } = asked([0, {}], [10, { refusal }], [20, { want: 8 }], [1_011, { want: 0 }], [1_012, { want: 8 }]);
  expect(replies[2]).toMatchObject({ first: START + 1_010, count: 1, rate: 0 });
  expect(replies[3]!.closedUntil).not.toBe(replies[2]!.closedUntil);
  expect(replies[4]!.first).toBeLessThan(START + 1_100);
});

it('never reserves more than a limit that is known allows, also while a refusal is being learned from', () => {
  const refusal = { at: START + 10, closedUntil: 0, every: 10, wait: 1_000, isDoubted: false };
  expect(asked([0, {}], [10, { refusal, known: 0.05 }]).replies[1]!.every).toBe(20);
});

it('a pace that grows is not taken for an even one when a long history is made short', () => {
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
