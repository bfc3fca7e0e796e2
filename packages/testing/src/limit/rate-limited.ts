import type { Clock } from '@steadfetch/core';
import { type ReplyObject, replyObject } from '../script/reply.ts';
import { type Script, type ScriptFunction, scriptFunction } from '../script/script.ts';
import type { RecordedRequest } from '../server/recorder.ts';
import { elapsedOn } from '../time/elapsed.ts';
import { limitGate, type RateLimitedOptions } from './limit-gate.ts';

export type { RateLimitedOptions };

/** A rate-limited server, which counts what it let through. */
export interface RateLimitedScript extends ScriptFunction {
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Refuses what is above a limit; the rest is answered by `then`.
 *
 * With `concurrency` a request counts as in flight for as long as the `delay` of its reply.
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

/** Milliseconds of the limit, which go on where the clock is set back, and are those of all servers that share it. */
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
