import { describe, expect, it } from 'vitest';
import { Concurrency } from '../../src/model/concurrency.ts';
import { Flight } from '../../src/model/flight.ts';
import { Stretch } from '../../src/model/stretch.ts';

describe('Flight', () => {
  const roomAfterOne = (limited: boolean) => {
    const flight = new Flight();
    for (let n = 0; n < 4; n++) flight.sent(0);
    flight.answered(0, 20, true, limited);
    let more = 0;
    for (; flight.delay(20) === 0; more++) flight.sent(20);
    return more;
  };

  it('starts with four in flight, and sends eight for each accepted request', () => {
    const flight = new Flight();
    for (let n = 0; n < 4; n++) flight.sent(0);
    expect(flight.delay(0)).toBeGreaterThan(0);
    expect(roomAfterOne(false)).toBe(8);
  });

  it('sends two for each accepted request once a limit is known', () => {
    expect(roomAfterOne(true)).toBe(2);
  });

  it('sends more after a time if all requests in flight stay open', () => {
    const flight = new Flight();
    for (let n = 0; n < 4; n++) flight.sent(0);
    expect(flight.delay(0)).toBe(250);
    flight.advance(250);
    expect(flight.delay(250)).toBe(0);
  });

  it('measures the round trip by accepted requests only', () => {
    const flight = new Flight();
    for (let n = 0; n < 3; n++) flight.sent(0);
    flight.answered(0, 50, true, false);
    flight.answered(0, 500, false, false);
    flight.failed();
    expect(flight.roundTrip).toBe(50);
    expect(flight.count).toBe(0);
  });
});

describe('a limit on requests in flight', () => {
  /** A stretch that accepts requests with fewer in flight, and then refuses one with `inFlight`. */
  const refusedWith = (inFlight: number, accepted = 6) => {
    const stretch = new Stretch();
    for (let n = 1; n <= accepted; n++) stretch.accept(100 * n, 0, Math.min(n, inFlight - 1));
    stretch.refuse(100, { at: 0, inFlight, ahead: false });
    return stretch;
  };
  const most = (accepted: number, inFlight: number) => {
    const concurrency = new Concurrency();
    concurrency.learn(refusedWith(inFlight + 1, accepted), 1_000);
    return concurrency.most;
  };

  it('is found if more requests were accepted than were in flight at the refusal', () => {
    expect(most(6, 5)).toBe(5);
  });

  it('rises by one after a minute of full use, until the next refusal', () => {
    const concurrency = new Concurrency();
    for (const now of [1_000, 2_000]) concurrency.learn(refusedWith(6), now);
    concurrency.accepted(5, 62_001, 5);
    expect(concurrency.most).toBe(6);
    concurrency.learn(refusedWith(7), 123_000);
    expect(concurrency.most).toBe(5);
  });

  it('is not learned from a burst, nor if nothing was accepted', () => {
    expect(most(5, 5)).toBe(Infinity);
    expect(most(0, 5)).toBe(Infinity);
  });
});
