import { type Call, type CallChanges, type Clock, discard, type Next } from '@steadfetch/core';
import { abortScoped, onScopedAbort, scopedController } from './follow.ts';
import { handOver } from './hand-over.ts';
import { sourceOf } from './source-of.ts';
import { startTimer } from './start-timer.ts';
import { TimeoutError } from './timeout-error.ts';

export interface Limits {
  headers: number | undefined;
  body: number | undefined;
  clock: Clock;
  /** Time that never goes back. */
  now: () => number;
}

/** One call of `next` with a signal of its own. Settles once: what comes later is let go. */
export function attempt(call: Call, next: Next, { headers, body, clock, now }: Limits): Promise<Response> {
  return new Promise((resolve, reject) => {
    const controller = scopedController();
    let waiting = true;
    let disarm: (() => void) | undefined;
    const stop = (reason: unknown) => {
      if (waiting) reject(reason);
      waiting = false;
      disarm?.();
      abortScoped(controller, reason);
    };
    const release = onScopedAbort(call.signal, stop);
    if (!waiting) return;
    if (headers !== undefined) {
      disarm = startTimer(clock, headers, () => {
        release();
        stop(new TimeoutError('headers', headers, sourceOf(call)));
      });
    }
    const fail = (error: unknown) => {
      waiting = false;
      disarm?.();
      release();
      reject(error);
    };
    // a mock may give the response itself
    Promise.resolve(next(call.with(changes(controller.signal, headers, now))))
      .then((response) => {
        if (!waiting) return discard(response);
        waiting = false;
        disarm?.();
        resolve(handOver(response, { call, controller, release, limit: body, clock }));
      })
      .catch(fail);
  });
}

/** An outer limit is a deadline to those inside. */
function changes(signal: AbortSignal, limit: number | undefined, now: () => number): CallChanges {
  if (limit === undefined) return { signal };
  const deadline = now() + limit;
  return { signal, remaining: () => deadline - now() };
}
