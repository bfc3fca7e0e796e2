import type { Random } from '@steadfetch/core';
import { checkNumber } from '@steadfetch/core/kit';

/**
 * A reproducible random function (mulberry32): the same seed gives the same numbers in [0, 1). Any finite number is a
 * seed, also a fraction or a large number. Different seeds give different numbers.
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

/** An integer of 32 bits is used as the state. Of any other number all 64 bits are mixed. */
function stateOf(seed: number): number {
  const whole = seed | 0;
  if (whole === seed) return whole;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, seed);
  const mixed = Math.imul(bits.getInt32(0) ^ 0x9e3779b9, 0x85ebca6b) ^ bits.getInt32(4);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
}
