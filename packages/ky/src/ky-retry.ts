import type { NormalizedOptions, Options, RetryOptions } from 'ky';

/** The `retry` option as ky keeps it for a call. */
export type KyRetry = NormalizedOptions['retry'];

/** What the option said before we changed it for ky, and what hooks of the caller find in it. */
interface Before {
  readonly said: RetryOptions;
  readonly given: RetryOptions;
}

/** A member that ky does not know and keeps. It is a function, since ky merges objects, and copies no symbol. */
interface Noted extends RetryOptions {
  steadfetchSaid?: () => Before;
}

/** Notes in the option as we give it to ky what it said before: a hook of the caller may hand its `options` on to another call. */
export function noteSaid<R extends RetryOptions>(retry: R, said: RetryOptions, given: RetryOptions = retry): R {
  const before = { said, given: { ...given } };
  return Object.assign(retry, { steadfetchSaid: () => before });
}

/** Notes what hooks find in the option once ky has filled it in, where it is noted what it said. */
export function noteFilled(retry: RetryOptions): void {
  const before = (retry as Noted).steadfetchSaid?.();
  if (before) noteSaid(retry, before.said, { shouldRetry: undefined as never, ...retry });
}

/**
 * What is not read in an option that is handed on: the methods, to which we add that of the call, so that no POST is repeated; and the
 * jitter, which we leave out, so that ky fills in that of the instance.
 */
const UNREAD = ['methods', 'jitter', 'steadfetchSaid'];

/** What the option said before we changed it for ky, with what a hook of the caller has changed since. */
export function saidIn(retry: Options['retry']): Options['retry'] {
  const now = Object(retry) as Noted & Record<string, unknown>;
  const before = now.steadfetchSaid?.();
  if (!before) return retry;
  const changed = Object.entries(before.given).filter(
    ([name, value]) => !UNREAD.includes(name) && comparable(now[name]) !== comparable(value),
  );
  return { ...before.said, ...Object.fromEntries(changed.map(([name]) => [name, now[name]])) };
}

/** What the option says after all init hooks, of which those after ours find our limit in it. */
export function saidAtLast(retry: Options['retry'], said: RetryOptions, limit: number): RetryOptions {
  const { steadfetchSaid: _, ...now }: Noted = asObject(retry);
  return now.limit === limit ? ({ ...now, limit: said.limit } as RetryOptions) : now;
}

/** The option as an object. A number is the limit, as in ky; any other value becomes the limit too, and is refused there. */
export function asObject(retry: Options['retry']): RetryOptions {
  return typeof retry === 'object' && retry && !Array.isArray(retry) ? { ...retry } : { limit: retry as number };
}

function comparable(value: unknown): unknown {
  return Array.isArray(value) ? value.join() : value;
}
