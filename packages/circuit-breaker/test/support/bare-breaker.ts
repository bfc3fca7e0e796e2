import { type BreakerOptions, breaker, consecutive, type Permit } from '@steadfetch/circuit-breaker';
import { instantClock } from '@steadfetch/testing';

export const KEY = 'https://api.test';

/** Opens after two failures in a row, for a second. */
export function setup(options: BreakerOptions = {}) {
  const clock = instantClock();
  const circuits = breaker({ rule: consecutive(2), openFor: 1_000, clock, random: () => 0, ...options });
  const acquire = () => circuits.acquire(KEY);
  const call = (...verdict: Parameters<Permit['settle']>) => acquire()!.settle(...verdict);
  const trip = () => {
    call('failure');
    call('failure');
  };
  /** Fails the probe of a circuit that is open. */
  const reopen = () => {
    clock.advance(circuits.snapshot(KEY).retryAfter);
    call('failure');
  };
  return { circuits, clock, acquire, call, trip, reopen, snapshot: () => circuits.snapshot(KEY) };
}
