import { classifyError, notify, type Outcome, redactUrl } from '@steadfetch/core';
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
    const { number } = this.#standing();
    this.#each(
      ({ onRecover }) => onRecover,
      (): RecoverEvent => ({ ...this.#event(outcome), attempts: number }),
    );
  }

  #each<Event>(pick: (hooks: RetryHooks) => ((event: Event) => void) | undefined, makeEvent: () => Event): void {
    let event: Event | undefined;
    for (const hooks of this.#policy.hooks) {
      notify((make: () => Event) => {
        const hook = pick(hooks);
        if (!hook) return undefined;
        event ??= Object.freeze(make());
        return hook.call(hooks, event);
      }, makeEvent);
    }
  }

  #event(outcome: Outcome): RetryEventBase {
    const { call, key, number, elapsed } = this.#standing();
    const { response, error } = outcome;
    return {
      callId: this.#callId,
      method: call.method,
      url: this.#policy.fullUrls ? call.url : redactUrl(call.url),
      attempt: number,
      elapsed,
      outcome: Object.freeze({ ...outcome }),
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
