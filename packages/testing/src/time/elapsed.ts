import type { Clock } from '@steadfetch/core';
import { clockOption } from '@steadfetch/core/kit';
import type { RecordedRequest } from '../server/recorder.ts';

/** Milliseconds since the script was created, on the given clock. Without a clock: since the server was created. */
export function elapsedOn(owner: string, clock: Clock | undefined): (request: RecordedRequest) => number {
  if (clock === undefined) return (request) => request.elapsed;
  const start = clockOption.check(`${owner}: clock`, clock).now();
  return () => clock.now() - start;
}
