import type { NormalizedOptions, Options, RetryOptions } from 'ky';

/** The `retry` option of one call after ky has normalized it. */
export type KyRetry = NormalizedOptions['retry'];

/** The limit of a call that ky's own loop must not repeat. `Object.is` distinguishes it from a 0 that a hook of the caller writes. */
export const NOT_BY_KY = -0;

/** The `retry` option as the caller wrote it, and its members as we gave them to ky. */
interface Original {
  readonly said: RetryOptions;
  readonly given: Record<string, unknown>;
}

/** A `retry` option with a member of ours, which ky keeps. It is a function, because ky merges objects and drops symbols. */
interface Annotated extends RetryOptions {
  steadfetchSaid?: () => Original;
}

/** Notes in an option that we have changed for ky what the caller wrote. A hook may pass its `options` on to another call of ours. */
export function noteSaid<R extends RetryOptions>(retry: R, said: RetryOptions): R {
  const note = { steadfetchSaid: () => original };
  const original: Original = { said, given: withCopiedLists(Object.assign(retry, note)) };
  return retry;
}

/** Changes an option for ky's loop after `noteSaid()`. */
export function setForKy<R extends Annotated>(retry: R, changes: RetryOptions): R {
  Object.assign(retry.steadfetchSaid!().given, withCopiedLists(changes));
  return Object.assign(retry, changes);
}

/** Lists are copied too, since a hook may push to one. */
function withCopiedLists(retry: RetryOptions): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...retry };
  for (const [name, value] of Object.entries(copy)) if (Array.isArray(value)) copy[name] = [...value];
  return copy;
}

/** The option as the caller wrote it, with what a hook of the caller has changed since. The same object as long as no hook has changed it. */
export function saidIn(retry: Options['retry']): Options['retry'] {
  const now = Object(retry) as Annotated;
  const original = now.steadfetchSaid?.();
  if (!original) return retry;
  const { said, given } = original;
  const changed = Object.entries(now).filter(([name, value]) => !isSame(value, given[name]));
  return changed.length === 0 ? said : { ...said, ...Object.fromEntries(changed) };
}

/** Compares lists by their elements, since a hook may push to one. 0 and -0 differ. */
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((element, n) => element === b[n]);
}

/** The option as an object. A number is the limit, as in ky. Any other value becomes the limit too, where our check rejects it. */
export function asObject(retry: Options['retry']): RetryOptions {
  return typeof retry === 'object' && retry && !Array.isArray(retry) ? { ...retry } : { limit: retry as number };
}
