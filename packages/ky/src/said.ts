import type { RetryOverride } from '@steadfetch/retry';
import type { Options, RetryOptions } from 'ky';
import { asObject, filledIn, NOT_BY_KY, noteSaid, saidIn } from './ky-retry.ts';
import { overrideOf } from './translate.ts';

/** What the options of a call behind `use()` say about retries, and what that is for the stack. */
export interface Said {
  readonly retry: RetryOptions;
  readonly own: RetryOverride | undefined;
  readonly override: RetryOverride | undefined;
}

/** What they say now: the same as `before` until a hook has changed one. Options of ours are read anew: it may change them in place. */
export function saidNow({ retry }: Pick<Options, 'retry'>, { steadfetch }: Options, before?: Said): Said {
  const now = saidIn(retry);
  const own = steadfetch?.retry;
  if (before && now === before.retry && own === before.own && typeof own !== 'object') return before;
  const override = overrideOf({ retry: now, steadfetch }, () => Math.random());
  return { retry: override === false ? { limit: 0 } : asObject(now), own, override };
}

/** The option for ky's loop: without methods it repeats only what a hook forces. */
export function onlyForced(said: RetryOptions, forces = true): RetryOptions {
  return noteSaid({ ...filledIn(said, forces ? (said.limit ?? 2) : NOT_BY_KY), methods: [] }, said);
}
