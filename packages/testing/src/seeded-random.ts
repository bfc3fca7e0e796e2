import { checkNumber, type Random } from '@steadfetch/core';

/** A reproducible source of chance (mulberry32): the same seed gives the same numbers in [0, 1). */
export function seededRandom(seed = 1): Random {
  let state = checkNumber('seededRandom: seed', seed, { min: Number.NEGATIVE_INFINITY }) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
