import { decide, type Question } from '@steadfetch/shared-limit';
import { describe, expect, it } from 'vitest';
import { asked, QUESTION, refusedAt, START } from './support/asked.ts';

/** The pace that two processes learn by emptying a bucket of 20, which refills with 100 a second, three times. */
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
    const refusal = refusedAt(at, { every: 1_000 / pace });
    reports.push([at + 1, { want: 0, refusal }], [at + 260, {}]);
    questions.push(...reports.sort(([a], [b]) => a - b));
    at += 1_010;
  }
  return asked(...questions).state.base * 1_000;
}

/** The pace some time after two processes have emptied that bucket three times, if the server asks for no wait. */
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
    const refusal = refusedAt(at, { every: 1_000 / pace, wait: undefined });
    questions.push([at + 10, { want: 0, refusal }], [at + 300, {}]);
    at += 1_100;
  }
  questions.sort(([a], [b]) => a - b);
  return asked(...questions, [at + ms, { want: 0 }]).replies.at(-1)!.rate * 1_000;
}

it('a refusal after a pause does not show that a limit hardly refills: the pace is halved at most', () => {
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
  // and since the burst is unknown, no two go at once after the next pause
  expect(replies.at(-1)!.first - replies.at(-2)!.first).toBeGreaterThan(100);
});

it('so does the first refusal after a pause since a place lost its data, however much was accepted', () => {
  const accepted = [{ from: START + 600_000, to: START + 600_100, cost: 6 }];
  const refusal = { at: START + 600_120, closedUntil: 0, every: 50, wait: 1_000, isDoubted: false };
  const { state } = asked(
    [0, { lastRate: 0.02, lastBurst: 6 }],
    [600_130, { want: 0, requests: 6, accepted, refusal }],
    [602_000, {}],
  );
  expect(state.base).toBe(0.01);
});

it('a search starts at half of the accepted rate, however long the refusal asks to wait', () => {
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

it('a held pace is searched for again after everything was refused for a while', () => {
  const refused = [1_000, 2_000, 3_000, 5_000, 8_000, 12_000].flatMap((at): [number, Partial<Question>][] => [
    [at, { want: 0, refusal: refusedAt(at, { every: 50, wait: undefined }) }],
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

it('if the server asks for no wait, the pace is raised once in 400 requests', () => {
  expect(heldAfter(2_000)).toBeCloseTo(99, 0);
  expect(heldAfter(8_000)).toBeGreaterThan(100);
});

it('refusals that are closer together than the precision of their times show no pace', () => {
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

it('saves up no slot for a bucket of one, which would refuse two at once', () => {
  const accepted = (at: number) => ({ requests: 1, accepted: [{ from: START + at, to: START + at, cost: 1 }] });
  const { state, replies } = asked(
    [5, accepted(0)],
    [55, { refusal: refusedAt(50, { every: 90 }) }],
    ...[1_100, 1_300, 1_450, 1_560].map((at): [number, Partial<Question>] => [at + 5, accepted(at)]),
    [1_655, { refusal: refusedAt(1_650, { every: 90 }) }],
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

it('a late report of one of two processes does not change what is learned', () => {
  const inTime = learned(() => 10);
  for (let shift = 0; shift < 4; shift++) {
    expect(learned((n) => ((n + shift) % 4 === 0 ? 200 : 10)) / inTime).toBeCloseTo(1, 1);
  }
});

describe('after refusals with nothing accepted in between an expensive call waits no longer than a cheap one', () => {
  /** Milliseconds between two calls of a cost. The last call that asks while the refusals are learned from costs `last`. */
  const everyOf = (cost: number, before: number, last = cost) => {
    const accepted = before > 0 ? [{ from: START + 50, to: START + 50, cost: before * cost }] : [];
    return asked(
      [0, { cost }],
      [100, { cost, accepted, requests: before, refusal: refusedAt(100) }],
      [400, { cost }],
      [1_100, { cost, refusal: refusedAt(1_100) }],
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

describe('if the limit was used up before the group started, the wait that the server asks for does not set the pace', () => {
  const everyAfter = (wait: number) => {
    const refusal = { at: START + 10, closedUntil: START, every: 0, wait, isDoubted: false };
    return asked([0, {}], [10, { refusal }], [260, {}], [wait + 20, {}]).replies.at(-1)!.every;
  };

  it('however long it is', () => {
    expect(everyAfter(60_000)).toBeCloseTo(everyAfter(2_000));
    expect(everyAfter(60_000)).toBeLessThan(2_000);
  });

  it('even when the first call after it is refused again', () => {
    const questions = [0, 30_500].flatMap((at): [number, Partial<Question>][] => [
      [at, { want: 1 }],
      [at + 10, { refusal: refusedAt(at + 10, { wait: 30_000 }) }],
      [at + 260, {}],
    ]);
    expect(asked(...questions, [60_600, {}]).replies.at(-1)!.every).toBeLessThan(3_000);
  });

  it('and the next call waits for a short one', () => {
    expect(everyAfter(1_000)).toBeCloseTo(1_001);
  });

  it.each([
    [1, 60_000, 1_500],
    [5, 60_000, 1_500],
    [10, 5_000, 500],
  ])('while one that pays for what was accepted, %i calls for %i ms, is a part of it', (cost, wait, every) => {
    const accepted = [{ from: START + 5, to: START + 5, cost }];
    const refusal = { at: START + 10, closedUntil: START, every: 0, wait, isDoubted: false };
    const { replies } = asked([0, {}], [10, { accepted, requests: cost, refusal }], [260, {}], [wait + 20, {}]);
    expect(replies.at(-1)!.every).toBeCloseTo(every, -1);
  });
});

it('a search grows as fast if calls cost less than estimated', () => {
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
