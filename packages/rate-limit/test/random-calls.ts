import type { Fetch } from '@steadfetch/core';
import type { ManualClock } from '@steadfetch/testing';

const STEP = 20;

/** Makes calls at random for so long (ms), and returns of each that ended within `until` whether it succeeded. */
export async function endingsOf(fetch: Fetch, { clock, random, perSecond, lasts, until }: Traffic): Promise<boolean[]> {
  const endings: boolean[] = [];
  for (let now = 0; now < until; now += STEP) {
    if (now < lasts && random() < (perSecond * STEP) / 1_000) {
      void fetch('https://api.example.com/jobs').then(
        ({ ok }) => endings.push(ok),
        () => endings.push(false),
      );
    }
    await clock.advance(STEP);
  }
  return endings;
}

interface Traffic {
  clock: ManualClock;
  random: () => number;
  perSecond: number;
  lasts: number;
  until: number;
}
