import type { Random } from '@steadfetch/core';
import { checkNumber } from '@steadfetch/core/kit';

/**
 * A reproducible source of chance (mulberry32): the same seed makes the same numbers in [0, 1). Any finite number is a
 * seed, fractions and large ones too; each has numbers of its own.
 */
export function seededRandom(seed = 1): Random {
  let state = stateOf(checkNumber('seededRandom: seed', seed, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE }));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number of 32 bits is the state itself; of any other all 64 bits count. */
function stateOf(seed: number): number {
  const whole = seed | 0;
  if (whole === seed) return whole;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  const mixed = Math.imul(bits.getInt32(0) ^ 0x9e3779b9, 0x85ebca6b) ^ bits.getInt32(4);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
}
