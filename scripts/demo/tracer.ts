import { type Clock, defineMiddleware, discard, type GiveUpEvent, type Middleware, type RetryHooks } from 'steadfetch';
import { monotonic, settle, unwrap } from 'steadfetch/kit';
import { nameOf, toneOf } from './name-of.ts';
import type { End, Trace, TracedAttempt, TracedWait } from './trace.ts';

/** Watches one call: the middleware belongs just inside `retry`, the hooks into it. */
export interface Tracer {
  readonly middleware: Middleware;
  readonly hooks: RetryHooks;
  /** What is known by now. */
  trace(): Trace;
  /** Milliseconds since the call began. */
  elapsed(): number;
  /** Makes the call, and notes how it ended. Never rejects. */
  run(call: () => Promise<Response>): Promise<void>;
}

export function tracer(title: string, clock: Clock): Tracer {
  const now = monotonic(clock);
  const startedAt = now();
  const elapsed = () => now() - startedAt;
  const attempts: TracedAttempt[] = [];
  const waits: TracedWait[] = [];
  let givenUp: GiveUpEvent | undefined;
  let end: Trace['end'];

  const middleware = defineMiddleware(async (call, next) => {
    const start = elapsed();
    const index = attempts.push({ start, name: '...', tone: 'quiet' }) - 1;
    const outcome = await settle(next(call));
    attempts[index] = { start, end: elapsed(), name: nameOf(outcome), tone: toneOf(outcome) };
    return unwrap(outcome);
  });

  return {
    middleware,
    hooks: {
      onRetry: ({ delay, delaySource }) => void waits.push({ start: elapsed(), delay, source: delaySource }),
      onGiveUp: (event) => {
        givenUp = event;
      },
    },
    elapsed,
    trace: () => ({ title, attempts, waits, ...(end && { end }) }),
    run: async (call) => {
      const { failed, response } = await settle(call());
      if (givenUp) end = { how: 'gave up', why: whyOf(givenUp) };
      else end = { how: howOf(!failed && response.ok, attempts.length) };
      if (response) discard(response);
    },
  };
}

function howOf(ok: boolean, attempts: number): End {
  if (!ok) return 'handed on';
  return attempts > 1 ? 'recovered' : 'first try';
}

const REASONS: Partial<Record<GiveUpEvent['reason'], string>> = {
  limit: 'no retries left',
  veto: 'the server says that a retry will not help',
  budget: 'the retry budget is spent',
  'method-not-idempotent': 'the server may have done it',
};

function whyOf({ reason, delay, delaySource }: GiveUpEvent): string {
  const wait = `${delaySource} of ${((delay ?? 0) / 1_000).toFixed(1)} s`;
  if (reason === 'server-delay') return `${reason}: a ${wait} is too long`;
  if (reason === 'deadline') return `${reason}: a ${wait} does not fit`;
  return REASONS[reason] ? `${reason}: ${REASONS[reason]}` : reason;
}
