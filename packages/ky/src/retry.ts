import type { RetryOptions } from '@steadfetch/retry';
import { presetOf } from '@steadfetch/retry/engine';
import type { Hooks, InitHook, Options } from 'ky';
import { withCallContext, withoutOurs } from './call-context.ts';
import { checkKy } from './check-ky.ts';
import { KyCall } from './ky-call.ts';
import { asObject, originalOf } from './ky-retry.ts';
import { markRetryHook, retryHookOf } from './retry-hook.ts';
import { overrideOf } from './translate.ts';

/**
 * Hooks that give ky's own loop the rules, delays, budget and events of `retry`: `ky.extend({ hooks: retry() })`.
 *
 * Judges statuses before ky does, so that `throwHttpErrors` makes no difference, and reads no body before a retry. Waits on `clock`.
 * ky's abort, `timeout` and `totalTimeout` stay in force. A wait that does not fit into `totalTimeout` ends the call at once with its real
 * outcome.
 *
 * ky's own `retry` option still wins: a number is `maxRetries`, and its fields are translated. `steadfetch: { retry: … }` takes our own
 * options, for one call or an instance. If one instance has several `retry()`, the last one counts.
 *
 * @throws a `TypeError` for ky 1; a `TypeError` or `RangeError` that names the option, here and, for options of a call, from the call
 * @example const api = ky.extend({ hooks: retry({ maxRetries: 3 }) });
 */
export function retry(options: RetryOptions = {}): Hooks & { init: InitHook[] } {
  checkKy();
  const { policy, policyFor } = presetOf(options);
  const handled = new WeakSet<Options>();
  const init = markRetryHook((kyOptions) => {
    if (retryHookOf(kyOptions) !== init || handled.has(kyOptions)) return;
    handled.add(kyOptions);
    kyOptions.retry = originalOf(kyOptions.retry, true)!;
    const { steadfetch } = kyOptions;
    const overrideFor = (retry: Options['retry']) => overrideOf({ retry, steadfetch }, policy.random);
    if (overrideFor(kyOptions.retry) === false) return turnOff(kyOptions);
    const policyOf = (retry: Options['retry']) => {
      const override = overrideFor(retry);
      return override === undefined ? policy : policyFor(override);
    };
    new KyCall(kyOptions, policyOf, steadfetch?.meta).install();
  });
  // With this `hooks` member `ky.extend(retry())` works too. The types refuse it, but JavaScript users write it by analogy with `use()`.
  return Object.defineProperty({ init: [init] }, 'hooks', { value: { init: [init] } });
}

/** Turns retries off for one call, also those of a `retry()` in the `fetch` of this ky. */
function turnOff(kyOptions: Options): void {
  kyOptions.retry = { ...asObject(kyOptions.retry), limit: 0 };
  const fetch = withCallContext(kyOptions.fetch, { retried: 'off' });
  kyOptions.fetch = (input, init) => fetch(input, withoutOurs(init));
}
