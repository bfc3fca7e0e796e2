import { defineMiddleware, type Middleware, notify } from '@steadfetch/core';
import { Gate } from './gate.ts';
import { Gates } from './gates.ts';
import { checkOptions, type RateLimitOptions } from './options.ts';
import { pass } from './pass.ts';
import { type GateSnapshot, snapshotOf } from './snapshot.ts';

/** A middleware whose state can be read. Used in several stacks, it shares its gates between them. */
export type RateLimiter = Middleware & {
  /** How each gate stands, those used last at the end. */
  snapshot(): GateSnapshot[];
};

/**
 * Finishes the job at the rate that the server allows.
 *
 * A refusal (429; 503 with a wait) closes the gate of its key for all calls until the server's time. Then they are
 * released in order, at a pace that is read from `RateLimit` fields or learned from what was accepted. The refused
 * call is sent again by itself. A healthy origin without a limit is not slowed down.
 *
 * When the server asks for more than `maxWait`, or the body cannot be sent again, the caller gets the refusal, unread.
 *
 * @throws {RateLimitError} a call that was not sent: the line is full, or the wait longer than `maxWait`
 * @throws the caller's abort reason, also while waiting
 * @example const fetchAll = compose(retry(), rateLimit())(fetch);
 */
export function rateLimit(options: RateLimitOptions = {}): RateLimiter {
  const settings = checkOptions(options);
  const onOpen = ({ key, waiting, controller }: Gate) =>
    notify(settings.onRelease, { key, waiting, rate: controller.rate });
  const gates = new Gates((key) => new Gate(key, { ...settings, onOpen }));
  const middleware = defineMiddleware(
    (call, next) => pass(call, next, { gate: gates.get(settings.key(call)), settings }),
    'rateLimit',
  );
  return Object.assign(middleware, { snapshot: () => [...gates].map(snapshotOf) });
}
