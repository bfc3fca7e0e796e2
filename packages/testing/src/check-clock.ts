import { type Clock, checkFunction } from '@steadfetch/core';

export function checkClock(owner: string, clock: Clock): Clock {
  checkFunction(`${owner}: clock.now`, clock?.now);
  checkFunction(`${owner}: clock.sleep`, clock?.sleep);
  return clock;
}
