import type { Clock } from '@steadfetch/core';
import { clockOption } from '@steadfetch/core/kit';
import type { RecordedRequest } from '../server/recorder.ts';

/** Milliseconds since the script was made on its own clock; without one, since the scripted server was made. */
export function elapsedOn(owner: string, clock: Clock | undefined): (request: RecordedRequest) => number {
  if (clock === undefined) return (request) => request.elapsed;
  const start = clockOption.check(`${owner}: clock`, clock).now();
  return () => clock.now() - start;
}
