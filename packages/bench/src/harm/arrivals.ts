import type { Random } from '@steadfetch/core';
import type { Calls } from './situation.ts';

type MakeCalls = (random: Random) => Calls;

/** Calls that come by chance, so many a second on average: always as many, or by the time. */
export function perSecond(
  rate: number | ((at: number) => number),
  lasts: number,
): (random: Random) => { at: number[] } {
  const rateAt = typeof rate === 'number' ? () => rate : rate;
  return (random) => {
    const at: number[] = [];
    for (let next = 0; next < lasts; next += (-1_000 / rateAt(next)) * Math.log(1 - random())) at.push(next);
    return { at };
  };
}

/** A call each so many milliseconds. */
export function each(ms: number, lasts: number): MakeCalls {
  return () => ({ at: Array.from({ length: Math.floor(lasts / ms) }, (_, index) => index * ms) });
}

/** So many calls at once, each so many milliseconds. */
export function pages(calls: number, ms: number, lasts: number): MakeCalls {
  return () => ({ at: Array.from({ length: calls * Math.floor(lasts / ms) }, (_, i) => Math.floor(i / calls) * ms) });
}

/** So many calls by chance within `over` milliseconds, each `ms` milliseconds. */
export function bursts(calls: number, over: number, ms: number, lasts: number): MakeCalls {
  return (random) => {
    const inOne = (_: unknown, i: number) => Math.floor(i / calls) * ms + over * random();
    return { at: Array.from({ length: calls * Math.floor(lasts / ms) }, inOne).sort((a, b) => a - b) };
  };
}

export function workers(count: number): MakeCalls {
  return () => ({ workers: count });
}
