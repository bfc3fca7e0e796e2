import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/model/answer.ts';
import type { Pacer } from '../../src/model/pacer.ts';
import { bucket, chance, drive, pacer, window } from './drive.ts';

const windowFromFirst = (limit: number, per: number) => {
  let used = 0;
  let begin = -Infinity;
  return (now: number) => {
    if (now >= begin + per) [begin, used] = [now, 0];
    const accepted = used < limit;
    if (accepted) used++;
    const quotas = [{ name: 'default', limit, window: per, remaining: limit - used, reset: begin + per - now }];
    return accepted ? ({ kind: 'accepted', quotas } as const) : ({ kind: 'refused', wait: 1_000, quotas } as const);
  };
};

describe('reported quotas', () => {
  it.each([
    { rate: 100, burst: 20, roundTrip: 10 },
    { rate: 100, burst: 20, roundTrip: 300 },
    { rate: 3, burst: 3, roundTrip: 10 },
    { rate: 20, burst: 5, roundTrip: 100 },
  ])('spends a bucket of $rate a second and $burst at $roundTrip ms to its end', ({ rate, burst, roundTrip }) => {
    const result = drive(pacer(), bucket({ rate, burst, hint: 'quota' }), { for: 60_000, roundTrip });
    expect(result.accepted).toBeGreaterThan(0.93 * (burst + rate * 60));
    expect(result.refused / result.accepted).toBeLessThan(0.02);
  });

  it.each([
    { rate: 10, load: 5, roundTrip: 60 },
    { rate: 20, load: 1.5, roundTrip: 300 },
    { rate: 10, load: 0.9, roundTrip: 1_000 },
    { rate: 10, load: 0.7, roundTrip: 1_500 },
  ])('sends no call before its time to a bucket of one: $rate a second, $roundTrip ms', ({ rate, load, roundTrip }) => {
    const every = 1_000 / (rate * load);
    const result = drive(pacer(), bucket({ rate, burst: 1, hint: 'quota' }), { for: 60_000, every, roundTrip });
    expect(result.accepted).toBeGreaterThan(0.9 * 60 * rate * Math.min(1, load));
    expect(result.refused).toBeLessThan(10);
  });

  it.each([1, 2])(
    'gives up the reported rate of a bucket of %d that refuses, since calls travel for unequal times',
    (burst) => {
      const random = chance();
      const limited = bucket({ rate: 10, burst, hint: 'quota' });
      let last = 0;
      const arriving = (now: number) => {
        last = Math.max(last, now + 20 * random());
        return limited(last);
      };
      const result = drive(pacer(), arriving, { for: 120_000, roundTrip: 60 });
      expect(result.accepted).toBeGreaterThan(800);
    },
  );

  it.each([
    { rate: 10, roundTrip: 10 },
    { rate: 10, roundTrip: 60 },
    { rate: 5, roundTrip: 60 },
  ])('finds out that $rate a second come back where one is told, in whole seconds', ({ rate, roundTrip }) => {
    const limited = bucket({ rate, burst: 1 });
    // the fields of the library throttled (Go) for a quota without a burst
    const quotas = [{ name: 'default', limit: 1, remaining: 0, reset: 1_000 }];
    const server = (now: number): Answer => ({ ...limited(now), quotas });
    const result = drive(pacer(), server, { for: 60_000, roundTrip });
    expect(result.accepted).toBeGreaterThan(0.75 * rate * 60);
  });

  it('counts an answered request with the cost that it was sent with, whatever it really cost', () => {
    const delayAfter = (estimate: number) => {
      const model = pacer();
      const sent = model.send(0, estimate);
      model.advance(10);
      const quotas = [{ name: 'tokens', limit: 10, window: 60_000, remaining: 9, reset: 59_990 }];
      model.settle(sent, 10, { kind: 'accepted', cost: 1, quotas });
      return [model.delay(10, 9), model.delay(10, 10) > 0];
    };

    expect([1, 2].map(delayAfter)).toEqual(Array(2).fill([0, true]));
  });

  it('counts a call once that is held back inside', () => {
    const waitAfter = (heldFor: number) => {
      const model = pacer();
      const quotas = [{ limit: 10, window: 60_000, remaining: 4, reset: 40_000 }];
      model.settle(model.send(0), 0, { kind: 'accepted', quotas });
      model.advance(10_000);
      const passed = model.send(10_000);
      model.advance(10_000 + heldFor);
      if (heldFor > 0) {
        model.settle(passed, 10_000 + heldFor, { kind: 'failed', cost: 0 });
        model.send(10_000 + heldFor, 1, passed);
      }
      model.advance(20_000);
      return model.delay(20_000);
    };

    expect([0, 5_000].map(waitAfter)).toEqual([0, 0]);
  });

  it('spends a reported window to its end beside a reported bucket that refuses', () => {
    const paced = bucket({ rate: 5, burst: 2, hint: 'quota' });
    let used = 0;
    const limited = (now: number) => {
      const { kind, quotas } = paced(now);
      const isOver = used === 300;
      if (kind === 'accepted' && !isOver) used++;
      const told = { name: 'long', limit: 300, window: 300_000, remaining: 300 - used, reset: 300_000 - now };
      const all = [...quotas!.map((quota) => ({ ...quota, name: 'short' })), told];
      if (kind === 'accepted' && !isOver) return { kind, quotas: all } as const;
      return { kind: 'refused', wait: isOver ? told.reset : 1_000, quotas: all } as const;
    };
    const { accepted } = drive(pacer(), limited, { for: 150_000, roundTrip: 80 });
    expect(accepted).toBeLessThan(280);
  });

  it('trusts the reported rate of a bucket that refuses now and then: a hundred accepted calls make up for a refusal', () => {
    const model = pacer();
    const told = (remaining: number) => [{ limit: 10, window: 1_000, remaining, reset: 1_000 }];
    const settle = (now: number, kind: 'accepted' | 'refused') => {
      model.advance(now);
      model.settle(model.send(now), now + 20, { kind, wait: kind === 'refused' ? 100 : 0, quotas: told(0) });
    };
    settle(0, 'accepted');
    for (let n = 1; n <= 3_000; n++) settle(200 * n, n % 150 === 0 ? 'refused' : 'accepted');

    expect(model.snapshot(700_000).why).toBe('the server reports its quota');
  });

  it('uses a reported window up although one of 200 requests is refused by chance', () => {
    const model = pacer();
    const random = chance(7);
    const limited = window(100, 10_000);
    const server = (now: number): Answer => {
      const answer = limited(now);
      return random() < 0.005 ? { kind: 'refused', wait: 1_000, quotas: answer.quotas } : answer;
    };
    drive(model, server, { for: 300_000, roundTrip: 60 });
    const result = drive(model, server, { for: 100_000, roundTrip: 60, from: 300_000 });
    expect(result.accepted).toBeGreaterThan(950);
    expect(model.snapshot(400_000).why).toBe('the server reports its quota');
  });

  it('trusts a reported window that was first seen less than half full, although many calls were refused in it', () => {
    const model = pacer();
    const told = (remaining: number, reset: number) => [{ limit: 60, window: 60_000, remaining, reset }];
    model.settle(model.send(0), 0, { kind: 'accepted', quotas: told(2, 10_000) });
    model.advance(1);
    const sent = Array.from({ length: 12 }, () => model.send(1));
    for (const one of sent) model.settle(one, 100, { kind: 'refused', wait: 10_000, quotas: told(0, 10_000) });
    model.advance(10_200);
    model.settle(model.send(10_200), 10_300, { kind: 'accepted', quotas: told(59, 59_000) });
    expect(model.snapshot(10_300).why).toBe('the server reports its quota');
  });

  it('follows the reports of a bucket that others use up again and again', () => {
    const random = chance(5);
    const limited = bucket({ rate: 100, burst: 20, hint: 'quota' });
    let last = 0;
    const shared = (now: number) => {
      for (; last < now; last++) if (random() < 0.09) limited(last);
      return limited(now);
    };
    const model = pacer();
    const result = drive(model, shared, { for: 120_000 });
    expect(model.snapshot(120_000).why).toBe('the server reports its quota');
    expect(result.refused / result.accepted).toBeLessThan(0.1);
  });

  it.each([10, 300])('spends a refill that is faster than the policy says, at a round trip of %i ms', (roundTrip) => {
    const limited = bucket({ rate: 100, burst: 20, hint: 'quota' });
    const told = (now: number): Answer => {
      const answer = limited(now);
      return { ...answer, quotas: answer.quotas!.map((quota) => ({ ...quota, limit: 20 })) };
    };
    const result = drive(pacer(), told, { for: 40_000, roundTrip });
    expect(result.accepted).toBeGreaterThan(0.9 * (20 + 100 * 40));
    expect(result.refused / result.accepted).toBeLessThan(0.02);
  });

  it('does not mistake a shared bucket for a window if answers take longer than its reset', () => {
    const limited = bucket({ rate: 10, burst: 10, hint: 'quota' });
    const random = chance();
    let last = 0;
    // the rate is reported per minute, and others take three fifths of it at random times
    const server = (now: number): Answer => {
      for (; last < now; last++) if (random() < 0.006) limited(last);
      const { quotas, ...answer } = limited(now);
      return { ...answer, quotas: quotas!.map((quota) => ({ ...quota, limit: 600, window: 60_000 })) };
    };
    const result = drive(pacer(), server, { for: 120_000, every: 400, roundTrip: 1_500 });
    expect(result.sent.length).toBeGreaterThan(0.97 * 300);
    expect(result.refused).toBeLessThan(15);
  });

  it.each([
    { server: 'always reports five as left', burst: Infinity, rate: 20 },
    { server: 'has a bucket that fills up again within a second', burst: 5, rate: 20 },
  ])('sends more than the told number in a second where the server $server, though answers take longer', (row) => {
    const limited = bucket({ rate: row.rate, burst: row.burst });
    const told = bucket({ rate: row.rate, burst: 5, hint: 'quota' });
    const server = (now: number): Answer => {
      const { remaining = 5 } = row.burst < Infinity ? told(now).quotas![0]! : {};
      return { ...limited(now), quotas: [{ name: 'default', limit: 5, remaining }] };
    };
    const result = drive(pacer(), server, { for: 60_000, every: 1_000 / 12, roundTrip: 1_500 });
    expect(result.accepted).toBeGreaterThan(600);
    expect(result.refused).toBeLessThan(20);
  });

  it('uses up a sliding window of a second that is reported as two, although answers take longer', () => {
    const accepted: number[] = [];
    const server = (now: number): Answer => {
      const used = accepted.filter((at) => at >= now - 1_000).length;
      if (used < 20) accepted.push(now);
      const quotas = [{ name: 'default', limit: 20, remaining: Math.max(0, 19 - used), reset: 2_000 }];
      return used < 20 ? { kind: 'accepted', quotas } : { kind: 'refused', wait: 1_000, quotas };
    };
    const result = drive(pacer(), server, { for: 60_000, every: 1_000 / 15, roundTrip: 2_500 });
    expect(result.accepted).toBeGreaterThan(680);
    expect(result.refused).toBeLessThan(10);
  });

  it.each([
    { roundTrip: 3_000, least: 910 },
    { roundTrip: 6_000, least: 800 },
  ])(
    'sends $least of 960 calls at 80 % of a sliding window that tells its length, answers of $roundTrip ms',
    ({ roundTrip, least }) => {
      const accepted: number[] = [];
      const server = (now: number): Answer => {
        while (accepted[0]! <= now - 10_000) accepted.shift();
        const isAccepted = accepted.length < 100;
        if (isAccepted) accepted.push(now);
        const quotas = [{ limit: 100, window: 10_000, remaining: 100 - accepted.length, reset: 10_000 }];
        return isAccepted ? { kind: 'accepted', quotas } : { kind: 'refused', wait: 1_000, quotas };
      };
      const { sent } = drive(pacer(), server, { for: 120_000, every: 125, roundTrip });
      expect(sent.length).toBeGreaterThan(least);
    },
  );

  it.each([
    { limit: 5, per: 10_000 },
    { limit: 20, per: 10_000 },
    { limit: 60, per: 60_000 },
  ])('uses $limit in $per ms up that are kept by two counters, and tell the end of the newer one', ({ limit, per }) => {
    let [place, used, before] = [0, 0, 0];
    const server = (now: number): Answer => {
      const next = Math.floor(now / per);
      if (next > place) [place, used, before] = [next, 0, used];
      const reset = (place + 1) * per - now;
      const room = limit - used - (before * reset) / per;
      if (room >= 1) used++;
      const quotas = [{ limit, remaining: Math.max(0, Math.floor(room - 1)), reset }];
      return room >= 1 ? { kind: 'accepted', quotas } : { kind: 'refused', wait: 1_000, quotas };
    };
    const { accepted } = drive(pacer(), server, { for: 20 * per });
    expect(accepted).toBeGreaterThan(0.75 * 20 * limit);
  });

  it('is refused once in a window that begins with little left, if a refusal asks to wait for its end', () => {
    let [place, used] = [0, 0];
    const server = (now: number): Answer => {
      const next = Math.floor(now / 10_000);
      // other clients take the rest
      if (next > place) [place, used] = [next, 18];
      const isAccepted = used++ < 20;
      const reset = (place + 1) * 10_000 - now;
      const quotas = [{ limit: 20, remaining: Math.max(0, 20 - used), reset }];
      return isAccepted ? { kind: 'accepted', quotas } : { kind: 'refused', wait: reset, quotas };
    };
    const result = drive(pacer(), server, { for: 200_000 });
    expect(result.accepted).toBeGreaterThan(50);
    expect(result.refused).toBeLessThan(25);
  });

  it('spends a whole window if much was sent before the first answer reported the quota', () => {
    const result = drive(pacer(), window(100, 5_000), { for: 20_000, every: 1_000 / 16, roundTrip: 12_000 });
    expect(result.sent.filter((at) => at > 12_000).length).toBeGreaterThan(120);
  });

  it('sends no more than the reported limit in a window that is over when its answers come', () => {
    const result = drive(pacer(), window(5, 1_000), { for: 60_000, every: 1_000 / 12, roundTrip: 1_500 });
    expect(result.accepted).toBeGreaterThan(250);
    expect(result.refused).toBeLessThan(20);
  });

  it('does not mistake a window for a bucket if others spend most of it before the answers come', () => {
    const limited = window(20, 1_000);
    let begin = -300;
    // other clients take twelve of each window when it begins
    const server = (now: number): Answer => {
      for (; begin <= now; begin += 1_000) for (let n = 0; n < 12; n++) limited(begin);
      return limited(now);
    };
    const result = drive(pacer(), server, { for: 60_000, every: 140, roundTrip: 3_000 });
    expect(result.sent.length).toBeGreaterThan(0.9 * 428);
    expect(result.refused).toBeLessThan(15);
  });

  it('measures the refill of a sliding window anew after a pause', () => {
    const accepted: number[] = [];
    const log = (now: number): Answer => {
      while (accepted[0]! <= now - 1_000) accepted.shift();
      const kind = accepted.length < 30 ? 'accepted' : 'refused';
      if (kind === 'accepted') accepted.push(now);
      return { kind, quotas: [{ limit: 30, remaining: 30 - accepted.length, reset: 1_000 }] };
    };
    const model = pacer();
    drive(model, log, { for: 30_000, every: 26, roundTrip: 100 });
    const result = drive(model, log, { for: 60_000, every: 40, roundTrip: 100, from: 630_000 });
    expect(result.accepted).toBeGreaterThan(1_450);
  });

  it.each([
    { limit: 60, per: 1_000 },
    { limit: 100, per: 10_000 },
  ])('spends a window of $limit in $per ms', ({ limit, per }) => {
    const result = drive(pacer(), window(limit, per), { for: 60_000 });
    expect(result.accepted).toBeGreaterThan((0.75 * limit * 60_000) / per);
  });

  /** Sends all calls that may go at once. With `loop` one call waits at a time; otherwise all calls wait from the start. */
  const sendAll = (
    model: Pacer,
    at: number,
    waiting: number,
    { loop = false, cost = 1 }: { loop?: boolean; cost?: number },
    answer?: (sent: number) => Answer,
  ) => {
    let sent = 0;
    for (; sent < waiting; sent++) {
      model.announce(at, { length: loop ? 1 : waiting - sent });
      if (model.delay(at, cost) > 0) break;
      const call = model.send(at, cost);
      if (answer) model.settle(call, at, answer(sent));
      model.advance(at);
      model.delay(at, 5); // a question changes nothing
    }
    return sent;
  };

  it.each([
    ['sends early calls at once if the rest of a window covers them', false, 18],
    ['sends half of a window at once to a loop, and spreads what is left', true, 3],
  ])('%s', (_, loop, expected) => {
    const model = pacer();
    const answer = (remaining: number): Answer => ({
      kind: 'accepted',
      quotas: [{ limit: 30, window: 60_000, remaining, reset: 50_000 }],
    });
    model.settle(model.send(0), 10, answer(18));
    model.advance(10);
    expect(sendAll(model, 10, 30, { loop }, (sent) => answer(17 - sent))).toBe(expected);
  });

  it.each([
    ['sends calls that cost ten at once if the rest of a window covers all of them', 18, 18],
    ['spreads the rest of a window among calls that cost ten if it covers only some of them', 19, 3],
  ])('%s', (_, waiting, expected) => {
    const model = pacer();
    const answer = (remaining: number): Answer => ({
      kind: 'accepted',
      quotas: [{ limit: 300, window: 60_000, remaining, reset: 50_000 }],
    });
    model.settle(model.send(0, 10), 10, answer(180));
    model.advance(10);
    expect(sendAll(model, 10, waiting, { cost: 10 }, (sent) => answer(170 - 10 * sent))).toBe(expected);
  });

  it.each([
    ['60 an hour, five every six minutes', window(60, 3_600_000), 10, 5, 360_000],
    ['1000 a day, forty an hour', window(1_000, 86_400_000), 22, 40, 3_600_000],
  ])('sends pages of calls at once that stay below their quota: %s', (_, limited, pages, calls, every) => {
    const model = pacer();
    for (let page = 0; page < pages; page++) {
      const at = 1 + page * every;
      model.advance(at);
      expect(sendAll(model, at, calls, {}, () => limited(at))).toBe(calls);
    }
  });

  it.each([
    ['less than a call costs', 7],
    ['nothing', 1],
  ])('finds out whether there is more after the reset, where what is left is %s', (_, cost) => {
    const model = pacer();
    for (let remaining = 60 - cost; remaining >= 0; remaining -= cost) {
      const quotas = [{ name: 'tokens', limit: 60, remaining, reset: 10_000 }];
      model.settle(model.send(0, cost), 0, { kind: 'accepted', quotas });
    }
    model.advance(9_000);
    expect(model.delay(9_000, cost)).toBeGreaterThan(0);
    model.advance(10_200);
    expect(model.delay(10_200, cost)).toBe(0);
    model.send(10_200, cost);
    expect(model.delay(10_200, cost)).toBeGreaterThan(0);
  });

  it('ignores a reported window of no length', () => {
    const limited = windowFromFirst(10, 10_000);
    const server = (now: number): Answer => {
      const { quotas, ...answer } = limited(now);
      return { ...answer, quotas: quotas.map((quota) => ({ ...quota, window: 0 })) };
    };
    const from = 1_000; // the window began with calls of others
    for (let n = 0; n < 6; n++) limited(from);
    const model = pacer();
    const { accepted, refused, now } = drive(model, server, { for: 60_000, every: 500, from });
    expect(model.snapshot(now).remaining).toBeGreaterThanOrEqual(0);
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeLessThan(8);
  });

  it('checks for more after the reset, even while a slow answer is in flight', () => {
    const model = pacer();
    model.send(0);
    for (let remaining = 2; remaining >= 0; remaining--) {
      model.settle(model.send(0), 100, { kind: 'accepted', quotas: [{ limit: 4, remaining, reset: 2_000 }] });
    }
    model.advance(1_900);
    expect(model.delay(1_900)).toBeGreaterThan(0);
    model.advance(2_200);
    expect(model.delay(2_200)).toBe(0);
    model.send(2_200);
    expect(model.delay(2_200)).toBeGreaterThan(0);
    model.advance(3_000);
    expect(model.delay(3_000)).toBeGreaterThan(0);
    // the answer to this one is slow too
    model.advance(4_300);
    expect(model.delay(4_300)).toBe(0);
  });

  it('waits for the answer to a request sent just before the reset, unless it is slow', () => {
    const model = pacer();
    model.send(1_900);
    for (let remaining = 2; remaining >= 0; remaining--) {
      const quotas = [{ limit: 4, window: 2_000, remaining, reset: 20 }];
      model.settle(model.send(1_900), 1_980, { kind: 'accepted', quotas });
    }
    model.advance(1_990);
    model.send(1_990);
    model.advance(2_015);
    expect(model.delay(2_015)).toBeGreaterThan(0);
  });

  it('delays no call that cannot wait for its share', () => {
    const limited = window(60, 3_600_000);
    const model = pacer();
    expect(sendAll(model, 1, 60, { loop: true }, () => limited(1))).toBeLessThan(35);
    model.announce(1, { length: 1, latest: 30_000 });
    expect(model.delay(1)).toBe(0);
    model.announce(1, { length: 1, latest: 600_000 });
    expect(model.delay(1)).toBeGreaterThan(0);
    // one call with little time left does not show how long other calls can wait
    model.announce(500_000, { length: 1, latest: 501_000 });
    expect(model.delay(1)).toBeGreaterThan(0);
  });

  it('delays no call that cannot wait for the debt of earlier calls', () => {
    const model = pacer();
    const send = (remaining: number) => {
      const quotas = [{ name: 'points', limit: 1_000, remaining, reset: 3_600_000 }];
      model.settle(model.send(0, 10), 0, { kind: 'accepted', quotas });
    };
    for (let remaining = 990; remaining >= 400; remaining -= 10) send(remaining);
    model.advance(1);
    model.announce(1, { length: 1, latest: 600_000 });
    expect(model.delay(1, 10)).toBe(0);
    model.announce(1, { length: 1, latest: 4_000_000 });
    expect(model.delay(1, 10)).toBeGreaterThan(0);
  });

  it('stays trusted if it refuses many calls that cost more than is left', () => {
    const model = pacer();
    const quotas = [{ name: 'tokens', limit: 60, remaining: 7, reset: 10_000 }];
    const calls = Array.from({ length: 20 }, () => model.send(0, 10));
    calls.forEach((call, index) => {
      model.settle(call, 100, index < 5 ? { kind: 'accepted', quotas } : { kind: 'refused', wait: 10_000, quotas });
    });
    model.advance(10_200);
    expect(model.snapshot(10_200)).toMatchObject({ why: 'the server reports its quota', state: 'open' });
  });

  it('saves up no more than is left', () => {
    const model = pacer();
    const limited = window(60, 3_600_000);
    sendAll(model, 1, 45, {}, () => limited(1));
    model.advance(3_500_000);
    expect(sendAll(model, 3_500_000, 60, {}, () => limited(3_500_000))).toBe(15);
  });

  it('ignores what a slow answer says is left if all others overtook it', () => {
    const model = pacer();
    const sent = Array.from({ length: 10 }, () => model.send(0, 1));
    const answer = (i: number, now: number) => {
      model.advance(now);
      const quotas = [{ name: 'requests', limit: 10, remaining: 9 - i, reset: 60_000 - now, window: 60_000 }];
      model.settle(sent[i]!, now, { kind: 'accepted', quotas });
    };
    for (let i = 1; i < 10; i++) answer(i, 100);
    answer(0, 2_000);
    model.advance(2_000);
    expect(model.delay(2_000)).toBeGreaterThan(0);
  });

  it('spends a reported bucket evenly only if more calls wait than are left', () => {
    const started = () => {
      const model = pacer();
      const limited = bucket({ rate: 10, burst: 100, hint: 'quota' });
      const server = (now: number): Answer => {
        const answer = limited(now);
        return {
          ...answer,
          quotas: answer.quotas!.map((quota) => ({ ...quota, limit: 100, window: 10_000, reset: 9_000 })),
        };
      };
      drive(model, server, { for: 4_000, every: 50 });
      model.advance(4_000);
      expect(model.snapshot(4_000).remaining).toBeGreaterThan(50);
      expect(model.snapshot(4_000).remaining).toBeLessThan(80);
      return { model, answer: () => server(4_000) };
    };
    const few = started();
    expect(sendAll(few.model, 4_000, 45, {}, few.answer)).toBe(45);
    const many = started();
    expect(sendAll(many.model, 4_000, 90, {}, many.answer)).toBeLessThan(45);
  });

  it.each([
    ['a reported window', { window: 10_000 }, 120_000, 0.95],
    ['a window that is not told, but seen', {}, 600_000, 0.85],
  ])('counts a reset that is told an hour ahead for no more than %s', (_, told, lasts, least) => {
    const limited = window(100, 10_000);
    const server = (now: number): Answer => {
      const answer = limited(now);
      const quotas = answer.quotas.map(({ limit, remaining }) => ({ limit, remaining, reset: 3_600_000, ...told }));
      return { ...answer, quotas };
    };
    const result = drive(pacer(), server, { for: lasts, every: 125 });
    expect(result.accepted).toBeGreaterThan((least * lasts) / 125);
  });

  it.each([
    ['a window', window(60, 1_000), 18.5, 3_000],
    ['a window of one', window(1, 1_000), 1_250, 5_000],
    ['a window of two', window(2, 1_000), 625, 3_000],
    ['a window that begins with its first request', windowFromFirst(5, 1_000), 220, 1_500],
    ['a bucket', bucket({ rate: 10, burst: 100, hint: 'quota' }), 118, 12_000],
  ])('spends %s that is renewed before the answers tell of it', (_, server, every, roundTrip) => {
    const result = drive(pacer(), server, { for: 120_000, every, roundTrip });
    expect(result.accepted).toBeGreaterThan((0.9 * (120_000 - roundTrip)) / every);
    expect(result.refused / result.accepted).toBeLessThan(0.02);
  });

  it('spends a continuous refill, although answers take longer than the refill of one', () => {
    const server = bucket({ rate: 10, burst: 600, hint: 'quota' });
    const told = (now: number): Answer => {
      const answer = server(now);
      return { ...answer, quotas: answer.quotas!.map((quota) => ({ ...quota, limit: 600, window: 60_000 })) };
    };
    const model = pacer();
    drive(model, told, { for: 5_000, calls: 480, roundTrip: 6_000 });
    const { accepted } = drive(model, told, { from: 5_000, for: 55_000, every: 125, roundTrip: 6_000 });
    expect(accepted).toBeGreaterThan(0.95 * ((55_000 - 6_000) / 125));
  });
});
