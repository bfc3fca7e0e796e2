import { classifyError, idempotencyKeyOf, notify, type Outcome, redactUrl } from '@steadfetch/core';
import type { Decision } from './decide.ts';
import type { GiveUpEvent, GiveUpReason, RecoverEvent, RetryEvent, RetryEventBase, RetryHooks } from './events.ts';
import type { PlannedDelay } from './plan-delay.ts';
import type { Policy } from './policy.ts';
import type { Standing } from './standing.ts';

let calls = 0;

/** Tells the hooks of one call. An event is made only when somebody listens, and is the same frozen one for all. */
export class Teller {
  readonly #policy: Policy;
  readonly #standing: () => Standing;
  readonly #callId = ++calls;

  constructor(policy: Policy, standing: () => Standing) {
    this.#policy = policy;
    this.#standing = standing;
  }

  retry(outcome: Outcome, { delay, source, reason }: Decision & { retry: true }): void {
    const more = { delay, delaySource: source, reason, maxRetries: this.#policy.limits.total };
    this.#each(
      ({ onRetry }) => onRetry,
      (): RetryEvent => ({ ...this.#event(outcome), ...more }),
    );
  }

  giveUp(outcome: Outcome, reason: GiveUpReason, planned?: PlannedDelay): void {
    const more = planned ? { delay: planned.delay, delaySource: planned.source } : {};
    this.#each(
      ({ onGiveUp }) => onGiveUp,
      (): GiveUpEvent => ({ ...this.#event(outcome), reason, ...more }),
    );
  }

  recover(outcome: Outcome): void {
    this.#each(
      ({ onRecover }) => onRecover,
      (): RecoverEvent => {
        const event = this.#event(outcome);
        return { ...event, attempts: event.attempt };
      },
    );
  }

  #each<Event>(pick: (hooks: RetryHooks) => ((event: Event) => void) | undefined, makeEvent: () => Event): void {
    const listening = this.#policy.hooks.filter((hooks) => pick(hooks) !== undefined);
    if (listening.length === 0) return;
    const event = Object.freeze(makeEvent());
    for (const hooks of listening) notify((told: Event) => pick(hooks)?.call(hooks, told), event);
  }

  #event(outcome: Outcome): RetryEventBase {
    const { call, attempt, elapsed } = this.#standing();
    const { response, error } = outcome;
    const key = idempotencyKeyOf(call);
    return {
      callId: this.#callId,
      method: call.method,
      url: this.#policy.fullUrls ? call.url : redactUrl(call.url),
      attempt: Math.max(attempt, call.record.repeats + 1),
      elapsed,
      outcome,
      cause: response ? String(response.status) : (classifyError(error).code ?? nameOf(error)),
      ...(response ? { response } : { error }),
      ...(key === undefined ? {} : { idempotencyKey: key }),
    };
  }
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? error.name : String(error);
  } catch {
    return typeof error;
  }
}
