import { describe, expect, it } from 'vitest';
import { Flight } from '../../src/model/flight.ts';

describe('Flight', () => {
  const roomAfterOne = (limited: boolean, refused = false) => {
    const flight = new Flight();
    for (let n = 0; n < 4; n++) flight.sent(0);
    if (refused) flight.answered(0, 20, false, false);
    flight.answered(0, 20, true, limited);
    let more = 0;
    for (; flight.delay(20) === 0; more++) flight.sent(20);
    return more;
  };

  it('sends four to a server of which nothing is known, and eight for each that comes back', () => {
    const flight = new Flight();
    for (let n = 0; n < 4; n++) flight.sent(0);
    expect(flight.delay(0)).toBeGreaterThan(0);
    expect(roomAfterOne(false)).toBe(8);
  });

  it('sends two for each that comes back once a limit is known, or one was refused', () => {
    expect(roomAfterOne(true)).toBe(2);
    expect(roomAfterOne(false, true)).toBe(3);
  });

  it('goes on without the answers of requests that stay open', () => {
    const flight = new Flight();
    for (let n = 0; n < 4; n++) flight.sent(0);
    expect(flight.delay(0)).toBe(250);
    flight.advance(250);
    expect(flight.delay(250)).toBe(0);
  });

  it('measures the round trip by what was accepted', () => {
    const flight = new Flight();
    for (let n = 0; n < 3; n++) flight.sent(0);
    flight.answered(0, 50, true, false);
    flight.answered(0, 500, false, false);
    flight.failed();
    expect(flight.roundTrip).toBe(50);
    expect(flight.count).toBe(0);
  });
});
