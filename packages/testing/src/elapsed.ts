import type { Clock } from '@steadfetch/core';
import type { RecordedRequest } from './recorder.ts';

/** Milliseconds since the script was made on its own clock; without one, since the scripted server was made. */
export function elapsedOn(clock: Clock | undefined): (request: RecordedRequest) => number {
  if (!clock) return (request) => request.elapsed;
  const start = clock.now();
  return () => clock.now() - start;
}
