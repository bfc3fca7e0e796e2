import type { Clock } from '@steadfetch/core';
import { type ReplyObject, replyObject } from '../script/reply.ts';
import { type Script, type ScriptFunction, scriptFunction } from '../script/script.ts';
import type { RecordedRequest } from '../server/recorder.ts';
import { elapsedOn } from '../time/elapsed.ts';
import { limitGate, type RateLimitedOptions } from './limit-gate.ts';

export type { RateLimitedOptions };

/** A script of a rate-limited server. It counts what it accepts and refuses. */
export interface RateLimitedScript extends ScriptFunction {
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Refuses calls above a limit. `then` answers the others.
 *
 * With the algorithm `concurrency` a request is in flight for the `delay` of its reply.
 *
 * @example startServer(rateLimited({ rate: 100, burst: 20, hint: 'ratelimit' }))
 */
export function rateLimited(options: RateLimitedOptions, then: Script = 200): RateLimitedScript {
  const gate = limitGate(options);
  const { status = 429, clock } = options;
  const passed = passedOn(clock);
  const next = scriptFunction(then);
  const count = { accepted: 0, refused: 0 };
  const script = async (...call: Parameters<ScriptFunction>): Promise<ReplyObject> => {
    const { allowed, headers, occupy } = gate(passed(call[0]));
    count[allowed ? 'accepted' : 'refused']++;
    if (!allowed) return { status, headers };
    let inFlight = 0;
    try {
      const reply = replyObject(await next(...call));
      inFlight = reply.delay ?? 0;
      return { ...reply, headers: { ...reply.headers, ...headers } };
    } finally {
      occupy?.(inFlight);
    }
  };
  return Object.defineProperties(script, {
    accepted: { get: () => count.accepted },
    refused: { get: () => count.refused },
  }) as RateLimitedScript;
}

/** Milliseconds that have passed for the limit. They never go back, even if the clock is set back. Servers that share one script share them. */
function passedOn(clock: Clock | undefined): (request: RecordedRequest) => number {
  const elapsed = elapsedOn('rateLimited', clock);
  let last: number | undefined;
  let passed = 0;
  return (request) => {
    const since = elapsed(request);
    const now = clock === undefined ? request.at : since;
    passed += Math.max(0, now - (last ?? now - since));
    last = now;
    return passed;
  };
}
