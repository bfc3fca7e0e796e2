import { type Call, type EventOf, redactUrl } from '@steadfetch/core';
import { callHooks } from '@steadfetch/core/kit';
import type { StopReason } from './events.ts';
import type { Gate } from './gate.ts';
import type { Settings } from './options.ts';
import type { RateLimitReason } from './rate-limit-error.ts';
import type { Refusal } from './read-response.ts';
import type { Ticket } from './ticket.ts';

type Moment = Pick<EventOf<'gate'>, 'action' | 'reason' | 'ms' | 'cancel'>;

/** Reports what happens at the gates to the hooks of the limiter and the observers of a call. */
export class Report {
  readonly #settings: Settings;
  readonly #now: () => number;

  constructor(settings: Settings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** A call begins to wait. An observer may end the wait with `cancel`. */
  waits({ call, notBefore }: Ticket, gate: Gate, cancel: (reason?: unknown) => void): void {
    const now = this.#now();
    const own = Math.max(0, notBefore - now);
    const isClosed = own > 0 || gate.snapshot(now).opensIn > 0;
    const ms = Math.max(own, gate.leastWait(now));
    this.#emit(call, gate, { action: 'wait', reason: isClosed ? 'closed' : 'pace', ms, cancel });
  }

  refused(call: Call, gate: Gate, reason: RateLimitReason, ms: number): void {
    this.#emit(call, gate, { action: 'refused', reason, ms });
  }

  closed(call: Call, gate: Gate, refusal: Refusal): void {
    const wait = gate.untilOpen(this.#now());
    this.#emit(call, gate, { action: 'closed', reason: String(refusal.status), ms: wait }, refusal);
    callHooks(this.#settings.hooks, 'onLimit', () => ({
      ...membersOf(call, gate, refusal, wait),
      waiting: gate.waiting,
    }));
  }

  opened(gate: Gate): void {
    callHooks(this.#settings.hooks, 'onRelease', () => {
      const { rate } = gate.snapshot(this.#now());
      return { key: gate.key, waiting: gate.waiting, rate };
    });
  }

  returned(call: Call, gate: Gate, refusal: Refusal, reason: StopReason): void {
    const wait = gate.untilOpen(this.#now());
    this.#emit(call, gate, { action: 'returned', reason, ms: wait }, refusal);
    const { resends } = call.record;
    callHooks(this.#settings.hooks, 'onGiveUp', () => ({ ...membersOf(call, gate, refusal, wait), reason, resends }));
  }

  #emit(call: Call, gate: Gate, moment: Moment, refusal?: Refusal): void {
    if (!call.observed) return;
    const { key, waiting } = gate;
    const { asked, source } = refusal ?? {};
    const hint = { ...(asked !== undefined && { asked }), ...(source !== undefined && { source }) };
    const until = this.#settings.clock.now() + moment.ms;
    call.observed.emit(call, { type: 'gate', key, waiting, until, ...moment, ...hint });
  }
}

function membersOf(call: Call, { key }: Gate, { status, asked, source }: Refusal, wait: number) {
  return { key, url: redactUrl(call.url), status, wait, asked, source };
}
