import type { Clock } from '@steadfetch/core';
import { checkClock } from '@steadfetch/core/kit';
import type { RecordedRequest } from '../server/recorder.ts';

/** Milliseconds since the script was made on its own clock; without one, since the scripted server was made. */
export function elapsedOn(owner: string, clock: Clock | undefined): (request: RecordedRequest) => number {
  if (clock === undefined) return (request) => request.elapsed;
  const start = checkClock(`${owner}: clock`, clock).now();
  return () => clock.now() - start;
}
