import { describe, expect, it } from 'vitest';
import { Ahead } from '../src/ahead.ts';
import type { Permit } from '../src/gate.ts';

const permit = () => ({}) as Permit;

describe('calls that go ahead of a pace', () => {
  it('go one at a time', () => {
    const ahead = new Ahead();
    const first = ahead.sent(permit());
    expect(ahead.isOut).toBe(true);

    ahead.returned(permit());
    expect(ahead.isOut).toBe(true);
    ahead.returned(first);
    expect(ahead.isOut).toBe(false);
  });

  it('wait twice as long after each that is refused, eight seconds at most, and one second after one that is accepted', () => {
    const ahead = new Ahead();
    const waits = [true, true, true, true, false].map((isRefused) => {
      ahead.answered(ahead.sent(permit()), isRefused);
      return ahead.patience;
    });
    ahead.answered(permit(), true);

    expect(waits).toEqual([2_000, 4_000, 8_000, 8_000, 1_000]);
    expect(ahead.patience).toBe(1_000);
  });
});
