import type { Random } from '@steadfetch/core';
import { checkFunction, checkNumber } from '@steadfetch/core/kit';
import { seededRandom } from './seeded-random.ts';

/** A seed, or a source of numbers in [0, 1). */
export type Chance = number | Random;

export function randomOf(owner: string, chance: Chance): Random {
  if (typeof chance === 'number')
    return seededRandom(checkNumber(`${owner}: chance`, chance, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE }));
  return checkFunction(`${owner}: chance`, chance);
}

export function checkShare(option: string, value: unknown): number {
  return checkNumber(option, value, { min: 0, max: 1 });
}
