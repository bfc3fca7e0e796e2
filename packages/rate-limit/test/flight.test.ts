import { describe, expect, it } from 'vitest';
import { Epoch } from '../src/epoch.ts';
import { Flight } from '../src/flight.ts';

/** An epoch in which requests were accepted, and refused, with so many in flight. */
function epochOf(accepted: number, refused: number): Epoch {
  const epoch = new Epoch();
  for (const at of [0, 1]) epoch.send(at);
  epoch.accept({ at: 0, index: 0, epoch: 0, flight: accepted });
  epoch.refuse({ at: 1, index: 1, epoch: 0, flight: refused });
  return epoch;
}

/** How many may be in flight at once; `Infinity` if nothing but patience bounds it. */
function most(flight: Flight): number {
  for (let sent = 0; sent < 100; sent++) {
    if (flight.wait(0) === Infinity) return sent;
    flight.send(0);
  }
  return Infinity;
}

describe('Flight', () => {
  it('holds to the number in flight beyond which requests are refused', () => {
    const flight = new Flight(false);

    flight.reopen(epochOf(5, 6));

    expect(most(flight)).toBe(5);
  });

  it('is sure of a limit by concurrency when only what went beyond the number is refused again', () => {
    const flight = new Flight(false);

    expect(flight.reopen(epochOf(5, 6))).toBe(false);
    expect(flight.reopen(epochOf(5, 6))).toBe(true);
    expect(most(flight)).toBe(5);
  });

  it('does not hold to a number with which as many were accepted', () => {
    const flight = new Flight(false);

    expect(flight.reopen(epochOf(6, 6))).toBe(false);
    expect(most(flight)).toBe(Infinity);
  });

  it('holds to no number any more once fewer were refused, until the limit is forgotten', () => {
    const flight = new Flight(false);
    flight.reopen(epochOf(5, 6));

    flight.reopen(epochOf(2, 5));
    flight.reopen(epochOf(5, 6));
    expect(most(flight)).toBe(Infinity);

    flight.forget();
    flight.reopen(epochOf(5, 6));
    expect(most(flight)).toBe(0);
  });
});
