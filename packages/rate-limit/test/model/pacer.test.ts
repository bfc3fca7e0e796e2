import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/model/answer.ts';
import { bucket, chance, drive, pacer } from './drive.ts';

const accepted = { kind: 'accepted' } as const;

describe('a limit that no field reports', () => {
  it.each([
    { rate: 100, burst: 20, share: 0.85, most: 0.05 },
    { rate: 20, burst: 5, share: 0.85, most: 0.1 },
    { rate: 10, burst: 10, share: 0.95, most: 0.15 },
  ])(
    'is measured: a bucket of $rate a second and $burst that asks to wait a second',
    ({ rate, burst, share, most }) => {
      const result = drive(pacer(), bucket({ rate, burst, hint: 'wait' }), { for: 60_000 });
      expect(result.accepted).toBeGreaterThan(share * (burst + rate * 60));
      expect(result.refused / result.accepted).toBeLessThan(most);
    },
  );

  it('is measured once if many requests in flight are refused after the gate opened again', () => {
    const server = bucket({ rate: 100, burst: 20 });
    const shortly = (now: number): Answer => {
      const answer = server(now);
      return answer.kind === 'refused' ? { ...answer, wait: 5 } : answer;
    };
    const result = drive(pacer(), shortly, { for: 60_000, roundTrip: 200 });
    expect(result.accepted).toBeGreaterThan(0.85 * 6_020);
  });

  it('is not found if some requests fail or are not sent and the others are refused: nothing was accepted', () => {
    const model = pacer();
    const settle = (now: number, answers: readonly Answer[]) => {
      model.advance(now);
      const sent = answers.map(() => model.send(now));
      model.advance(now + 50);
      for (const [n, one] of sent.entries()) model.settle(one, now + 50, answers[n]!);
    };
    const refused: Answer = { kind: 'refused', wait: 1_000 };
    const [failed, unsent]: Answer[] = [{ kind: 'failed' }, { kind: 'failed', cost: 0 }];
    settle(0, [accepted, accepted, accepted, accepted, refused]);
    settle(2_000, [failed!, failed!, unsent!, refused]);
    model.advance(4_000);
    expect(model.snapshot(4_000).why).toBe('refused once: searching for the pace');
  });

  it('is no limit if the second lone refusal is contradicted', () => {
    const model = pacer();
    const server = (now: number): Answer => (now % 1_900 === 1_500 ? { kind: 'refused', wait: 1_000 } : accepted);
    const result = drive(model, server, { for: 30_000, every: 20, roundTrip: 110 });
    expect(result.accepted).toBeGreaterThan(0.95 * 1_500);
  });

  it('is not learned from a lone refusal in steady traffic, whose queue is not released all at once', () => {
    const limited = bucket({ rate: 50, burst: 10 });
    const server = (now: number): Answer => {
      const answer = limited(now);
      return now % 10_000 >= 3_000 && now % 10_000 < 3_033 ? { kind: 'refused', wait: 1_000 } : answer;
    };
    const result = drive(pacer(), server, { for: 30_000, every: 33 });
    expect(result.accepted).toBeGreaterThan(0.97 * 900);
    expect(result.refused).toBeLessThan(10);
  });

  it('does not count as slow after a long cooldown whose probes were refused', () => {
    const reset = 75_000;
    const server = (now: number): Answer =>
      now >= 20_000 && now < reset ? { kind: 'refused', wait: reset - now } : accepted;
    const { sent } = drive(pacer({ needsProof: true }), server, { for: 90_000, every: 100, roundTrip: 100 });
    expect(sent.filter((at) => at > reset).length).toBeGreaterThan(10 * 15);
  });

  it('is not learned from a time in which everything was refused: calls go on at the pace of before', () => {
    const [from, reset] = [20_000, 65_000];
    const server = (now: number): Answer =>
      now >= from && now < reset ? { kind: 'refused', wait: reset - now } : accepted;
    const { sent } = drive(pacer({ needsProof: true }), server, { for: 75_000, every: 1_100, roundTrip: 100 });
    // the calls that waited, too
    expect(sent.filter((at) => at > reset).length).toBeGreaterThan(15);
  });

  it('is not measured by a time without calls', () => {
    const model = pacer();
    let now = 0;
    const pass = (ms: number) => {
      now += ms;
      model.advance(now);
    };
    const call = (answer: Answer) => {
      for (let ms = model.delay(now); ms > 0; ms = model.delay(now)) pass(ms);
      const sent = model.send(now);
      pass(5);
      model.settle(sent, now, answer);
    };
    const refused = { kind: 'refused', wait: 10 } as const;
    for (const answer of [accepted, refused, accepted, accepted, accepted]) call(answer);
    pass(100_000);
    call(refused);

    const before = now;
    for (let n = 0; n < 10; n++) call(accepted);
    expect(now - before).toBeLessThan(1_000);
  });

  it('uses seven tenths of the burst at once after a cooldown in which the bucket became full', () => {
    const { sent } = drive(pacer(), bucket({ rate: 100, burst: 20, hint: 'wait' }), { for: 5_000 });
    const openings = sent.filter((at, n) => at - (sent[n - 1] ?? at) > 900);
    const atOnce = sent.filter((at) => at >= openings[1]! && at < openings[1]! + 20).length;
    expect(atOnce).toBeGreaterThanOrEqual(12);
    expect(atOnce).toBeLessThanOrEqual(16);
  });

  it('costs nothing if refusals cost nothing', () => {
    const result = drive(pacer(), bucket({ rate: 100, burst: 20 }), { for: 60_000 });
    expect(result.accepted).toBeGreaterThan(0.97 * 6_020);
  });

  it.each([
    { later: 'accepted', within: 100 },
    { later: 'refused', within: 60_100 },
  ] as const)(
    'lets a call ask within $within ms whether a minute of silence is meant, when a later request was $later',
    ({ later, within }) => {
      const model = pacer();
      const one = model.send(0);
      const two = model.send(1);
      model.settle(one, 10, { kind: 'refused', wait: 60_000 });
      model.settle(two, 11, { kind: later });
      expect(model.delay(11)).toBeGreaterThan(0);
      expect(model.delay(11)).toBeLessThanOrEqual(within);
      expect(model.delay(11) > 1_000).toBe(later === 'refused');
    },
  );

  it('probes a long cooldown even if a limit is known, when a later request was accepted', () => {
    const model = pacer();
    const limited = drive(model, bucket({ rate: 100, burst: 20 }), { for: 10_000 });
    const now = limited.now + 20_000;
    model.advance(now);
    const refused = model.send(now);
    const later = model.send(now + 1);
    model.settle(refused, now + 10, { kind: 'refused', wait: 30_000 });
    expect(model.delay(now + 20)).toBeGreaterThan(20_000);
    model.settle(later, now + 12, accepted);
    expect(model.delay(now + 20)).toBeLessThan(20);
  });

  it.each([0.02, 0.1, 0.3])(
    'sends as many as without a gate if a share of %f is refused whatever the pace',
    (share) => {
      const random = chance(3);
      const noise = (): Answer => (random() < share ? { kind: 'refused', wait: 0 } : accepted);
      const load = { for: 20_000, roundTrip: 10, every: 5, from: 20_000 };
      const model = pacer();
      drive(model, noise, { ...load, from: 0 });
      const result = drive(model, noise, load);
      expect(result.accepted).toBeGreaterThan(0.95 * (1 - share) * 4_000);
    },
  );

  it('keeps a limit if some requests are refused whatever the pace', () => {
    const random = chance(3);
    const limit = bucket({ rate: 100, burst: 20 });
    const both = (now: number): Answer => (random() < 0.05 ? { kind: 'refused', wait: 0 } : limit(now));
    const model = pacer();
    drive(model, both, { for: 20_000 });
    const result = drive(model, both, { for: 40_000, from: 20_000 });
    expect(result.accepted).toBeGreaterThan(0.85 * 4_000);
    expect(result.refused).toBeLessThan(0.2 * result.accepted);
  });

  it('replaces a quota that is no longer reported, and uses no pace of long ago', () => {
    const model = pacer();
    const told = [{ name: 'q', limit: 5, remaining: 0, reset: 4_000 }];
    const refused = (more: Partial<Answer>) => (): Answer => ({ kind: 'refused', ...more });
    model.settle(model.send(0), 5, { ...accepted, quotas: [{ ...told[0]!, remaining: 5 }] });
    drive(model, refused({ wait: 10_000 }), { for: 20, from: 160, calls: 1, roundTrip: 5 });
    drive(model, refused({ quotas: told }), { for: 20, from: 10_300, calls: 1, roundTrip: 5 });
    const { sent } = drive(model, () => accepted, { for: 60_000, from: 14_400, every: 150, roundTrip: 5 });
    expect(Math.max(...sent.slice(1).map((at, n) => at - sent[n]!))).toBeLessThan(2_000);
  });

  it('is measured in requests, whatever their estimated cost', () => {
    const limited = () => bucket({ rate: 10, burst: 5, hint: 'wait' });
    const [cheap, dear] = [1, 1_000].map((cost) => drive(pacer(), limited(), { for: 30_000, roundTrip: 3_000, cost }));
    expect(dear).toEqual(cheap);
  });

  it('is measured in requests if they cost nothing', () => {
    const model = pacer();
    let now = 0;
    const call = (answer: Answer) => {
      model.advance(now);
      model.settle(model.send(now), now + 20, answer);
    };
    for (; now < 24_000; now += 400) call({ ...accepted, cost: 0 });
    for (let n = 0; n < 3; n++) call({ kind: 'refused', wait: 200 });
    const { sent } = drive(model, () => ({ ...accepted, cost: 0 }), { for: 60_000, from: now + 400, every: 400 });
    expect(sent.length).toBeGreaterThan(100);
  });

  it('sends nothing while the gate is closed', () => {
    const model = pacer();
    const limited = bucket({ rate: 10, burst: 5, hint: 'wait' });
    let silentUntil = 0;
    let early = 0;
    const server = (now: number): Answer => {
      if (now < silentUntil) early++;
      const answer = limited(now);
      if (answer.wait !== undefined) silentUntil = Math.max(silentUntil, now + 1 + answer.wait);
      return answer;
    };
    drive(model, server, { for: 30_000, roundTrip: 0 });
    expect(early).toBe(0);
  });

  it.each([
    { rate: 40, burst: 10, every: 20 },
    { rate: 50, burst: 30, every: 16 },
  ])('is found where a steady flow is a little more than $rate a second', ({ rate, burst, every }) => {
    const model = pacer();
    const result = drive(model, bucket({ rate, burst, hint: 'wait' }), { for: 60_000, every });
    expect(result.accepted).toBeGreaterThan(0.8 * rate * 60);
    expect(model.snapshot(60_000).burst).toBeGreaterThan(0);
  });

  it('is found again when it falls', () => {
    const model = pacer();
    const first = drive(model, bucket({ rate: 100, burst: 20 }), { for: 20_000 });
    const slow = bucket({ rate: 30, burst: 20 });
    const second = drive(model, (now) => slow(now - 20_000), { for: 40_000, from: first.now });
    expect(second.accepted).toBeGreaterThan(0.9 * 30 * 40);
    expect(model.snapshot(60_000).rate).toBeLessThan(45);
  });

  it('is shared fairly with time: what is given up is won back in the same time at any pace', () => {
    const model = pacer();
    let stolen = 0;
    const limited = bucket({ rate: 10, burst: 5 });
    // another client takes two of three tokens
    const server = (now: number) => {
      for (; stolen < (now * 6.7) / 1000; stolen++) limited(now);
      return limited(now);
    };
    const result = drive(model, server, { for: 120_000 });
    expect(result.accepted).toBeGreaterThan(0.7 * 3.3 * 120);
  });

  it('is no guess once a bucket was measured', () => {
    const model = pacer();
    expect(model.guessesSince).toBeLessThan(1);

    drive(model, bucket({ rate: 100, burst: 20 }), { for: 20_000 });
    expect(model.snapshot(20_000)).toMatchObject({ state: 'open', why: 'a bucket explains the refusals' });
    expect(model.guessesSince).toBe(Infinity);
  });

  it('is a guess beside a configured limit, from when that allows the next call', () => {
    const model = pacer({ limit: { requests: 2, per: 1_000 } });
    model.send(10);
    expect(model.guessesSince).toBeLessThan(10);
    model.send(20);
    expect(model.guessesSince).toBe(1_010);
  });

  it('is a guess if a limit in flight delays calls and one more was accepted for a minute, even beside a measured bucket', () => {
    const model = pacer({ needsProof: true });
    drive(model, bucket({ rate: 100, burst: 5 }), { for: 180_000, roundTrip: 500 });
    expect(model.snapshot(180_000)).toMatchObject({ state: 'open', why: 'a bucket explains the refusals' });
    expect(model.delay(180_000)).toBe(1_000);
    expect(model.guessesSince).toBeLessThan(180_000);
  });

  it('on concurrent requests is found by the requests in flight', () => {
    const model = pacer();
    let busy: number[] = [];
    const server = (now: number): Answer => {
      busy = busy.filter((until) => until > now);
      if (busy.length >= 5) return { kind: 'refused' };
      busy.push(now + 100);
      return accepted;
    };
    const result = drive(model, server, { for: 30_000, roundTrip: 100 });
    expect(result.accepted).toBeGreaterThan(0.8 * 5 * 10 * 30);
  });
});

describe('no limit', () => {
  it('delays a burst of hundreds by a few round trips at most', () => {
    const model = pacer();
    const result = drive(model, () => accepted, { for: 2_000, roundTrip: 30, calls: 300 });
    expect(result.sent[299]).toBeLessThanOrEqual(3 * 30);
  });

  it.each([
    { share: 50, every: 20, wait: undefined },
    { share: 50, every: 20, wait: 1_000 },
    { share: 25, every: 20, wait: undefined },
  ])('is not found where one of $share is refused whatever one does (wait $wait)', ({ share, every, wait }) => {
    const random = chance(7);
    const server = (): Answer =>
      random() < 1 / share ? { kind: 'refused', ...(wait !== undefined && { wait }) } : accepted;
    const model = pacer();
    const result = drive(model, server, { for: 120_000, every, roundTrip: 30 });
    expect(result.sent.length).toBeGreaterThan((0.95 * 120_000) / every);
  });

  it('finds a pace from when the gate opened, if the answers of a stretch do not come', () => {
    const start = 1_700_000_000_000;
    const model = pacer({});
    const send = (at: number) => {
      model.advance(at);
      return model.send(at);
    };
    const refuse = { kind: 'refused', wait: 1_000 } as const;
    model.settle(send(start), start + 1, { kind: 'accepted' });
    const late = send(start + 10);
    const last = send(start + 2_000);
    model.settle(late, start + 2_001, refuse);
    model.advance(start + 4_000);
    model.settle(last, start + 4_001, refuse);
    model.advance(start + 6_000);
    expect(model.snapshot(start + 6_000).rate).toBeGreaterThan(0.01);
  });

  it('delays only the refused call when proof is asked for first', () => {
    const model = pacer({ needsProof: true });
    for (let now = 0; now < 100; now += 10) model.settle(model.send(now), now, accepted);
    const settled = model.settle(model.send(100), 110, { kind: 'refused', wait: 30_000 });
    expect(settled).toEqual({ retryIn: 30_000, closed: false });
    model.advance(110);
    expect(model.delay(110)).toBe(0);
  });

  it('is not probed for long once a share of several answers is refused', () => {
    const model = pacer({ needsProof: true });
    for (let n = 0; n < 3; n++) model.settle(model.send(0), 10, { kind: 'refused', wait: 1_000 });
    model.advance(10);
    expect(model.delay(10)).toBeGreaterThanOrEqual(1_000);
  });

  it('opens the gate again when the answers around the refusal contradict it', () => {
    const model = pacer();
    let now = 0;
    const answer = (sent: ReturnType<typeof model.send>, kind: 'accepted' | 'refused') =>
      model.settle(sent, now, { kind, ...(kind === 'refused' && { wait: 5_000 }) });
    for (let n = 0; n < 8; n++) answer(model.send(now++), 'accepted');
    const refused = model.send(now++);
    const others = Array.from({ length: 12 }, () => model.send(now++));
    expect(answer(refused, 'refused').closed).toBe(true);
    expect(others.map((sent) => answer(sent, 'accepted').closed).at(-1)).toBe(false);
    expect(model.delay(now)).toBe(0);
  });

  it('learns nothing from a call that failed', () => {
    const model = pacer();
    const before = model.snapshot(0);
    expect(model.settle(model.send(0), 10, { kind: 'failed' })).toEqual({ closed: false });
    expect(model.snapshot(0)).toEqual(before);
  });
});

describe('a refused call', () => {
  it('waits at least as long as the server asked', () => {
    const model = pacer();
    const a = model.send(0);
    const b = model.send(0);
    expect(model.settle(a, 10, { kind: 'refused', wait: 5_000 }).retryIn).toBeGreaterThanOrEqual(5_000);
    expect(model.settle(b, 10, { kind: 'refused', wait: 1_000 }).retryIn).toBeGreaterThanOrEqual(5_000);
  });
});

describe('a configured limit', () => {
  it('is never passed', () => {
    const result = drive(pacer({ limit: { requests: 10, per: 1_000 } }), () => accepted, { for: 10_000 });
    expect(result.sent).toHaveLength(100);
    for (let n = 10; n < 100; n++) expect(result.sent[n]! - result.sent[n - 10]!).toBeGreaterThanOrEqual(1_000);
  });
});

/** Any answer that `readResponse` can return. */
const upTo = (max: number) =>
  fc.oneof(fc.double({ min: 0, max, noNaN: true }), fc.integer({ min: 0, max: 100_000 }), fc.constantFrom(max, 0));
const [anyNumber, anyTime] = [upTo(1e12), upTo(86_400_000)];
const aLimit = anyNumber.map((limit) => limit || 1);
const answers = fc.record(
  {
    kind: fc.constantFrom('accepted', 'refused', 'failed'),
    wait: anyTime,
    cost: anyNumber,
    quotas: fc.array(
      fc.record(
        { remaining: anyNumber, limit: aLimit, reset: anyTime, window: aLimit },
        { requiredKeys: ['remaining'] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['kind'] },
) as fc.Arbitrary<Answer>;
const steps = fc.array(fc.tuple(answers, fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 500 })), {
  maxLength: 150,
});

describe('whatever the server answers', () => {
  it('the delay is finite and asking changes nothing', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const model = pacer();
        let now = 0;
        for (const [answer, pause, took] of all) {
          now += pause;
          model.advance(now);
          const delay = model.delay(now);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThan(2 * 86_400_000);
          for (let n = 0; n < 3; n++) model.snapshot(now + n * 10_000);
          model.delay(now + 100_000);
          expect(model.delay(now)).toBe(delay);
          const sent = model.send(now);
          now += took;
          model.advance(now);
          const { retryIn = 0 } = model.settle(sent, now, answer);
          if (answer.kind === 'refused' && answer.wait! >= 0) expect(retryIn).toBeGreaterThanOrEqual(answer.wait!);
        }
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('no call is sent before the end of the wait that a refusal asked for', () => {
    const limits = fc.tuple(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 300 }),
    );
    fc.assert(
      fc.property(limits, ([rate, burst, roundTrip]) => {
        const model = pacer();
        const limited = bucket({ rate, burst, hint: 'wait' });
        const first = drive(model, limited, { for: 5_000, roundTrip });
        const until = first.now + model.snapshot(first.now).opensIn;
        const then = drive(model, limited, { for: 5_000, from: first.now, roundTrip });
        for (const at of then.sent) expect(at).toBeGreaterThanOrEqual(until);
      }),
      { numRuns: 20, seed: 5 },
    );
  });
});
