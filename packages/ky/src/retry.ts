import type { RetryOptions } from '@steadfetch/retry';
import { presetOf } from '@steadfetch/retry/engine';
import type { Hooks, InitHook, Options } from 'ky';
import { withCallContext, withoutOurs } from './call-context.ts';
import { checkKy } from './check-ky.ts';
import { KyCall } from './ky-call.ts';
import { asObject, saidIn } from './ky-retry.ts';
import { markRetryHook, retryHookOf } from './retry-hook.ts';
import { overrideOf } from './translate.ts';

/**
 * The rules, delays, budget and events of `retry` for ky's own loop: `ky.extend({ hooks: retry() })`.
 *
 * Statuses are judged before ky looks at them, so that it makes no difference whether `throwHttpErrors` is on, and no
 * body is read before a retry. The wait happens here, on `clock`; ky's abort, `timeout` and `totalTimeout` stay in
 * force, and a wait that would not fit `totalTimeout` ends the call at once with its real outcome.
 *
 * ky's own `retry` option still wins: a number is `maxRetries`, its fields are translated. `steadfetch: { retry: … }`
 * takes options in our words, for one call or an instance. Of several `retry()` in one instance the last one counts.
 *
 * @throws a `TypeError` for ky 1; a `TypeError` or `RangeError` that names the option, here and, for options of a call, from the call
 * @example const api = ky.extend({ hooks: retry({ maxRetries: 3 }) });
 */
export function retry(options: RetryOptions = {}): Hooks & { init: InitHook[] } {
  checkKy();
  const { policy, policyFor } = presetOf(options);
  const driven = new WeakSet<Options>();
  const init = markRetryHook((kyOptions) => {
    if (retryHookOf(kyOptions) !== init || driven.has(kyOptions)) return;
    driven.add(kyOptions);
    kyOptions.retry = saidIn(kyOptions.retry)!;
    const { steadfetch } = kyOptions;
    const overrideBy = (retry: Options['retry']) => overrideOf({ retry, steadfetch }, policy.random);
    if (overrideBy(kyOptions.retry) === false) return turnOff(kyOptions);
    const policyOf = (retry: Options['retry']) => {
      const override = overrideBy(retry);
      return override === undefined ? policy : policyFor(override);
    };
    new KyCall(kyOptions, policyOf, steadfetch?.meta).install();
  });
  // ky reads `hooks` of what it is given, so that in JavaScript `ky.extend(retry())`, which looks like `use()`, works as well
  return Object.defineProperty({ init: [init] }, 'hooks', { value: { init: [init] } });
}

/** Also for a `retry()` below, in the fetch of this ky. */
function turnOff(kyOptions: Options): void {
  kyOptions.retry = { ...asObject(kyOptions.retry), limit: 0 };
  const fetch = withCallContext(kyOptions.fetch, { retried: 'off' });
  kyOptions.fetch = (input, init) => fetch(input, withoutOurs(init));
}
