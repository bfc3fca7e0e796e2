import type { NormalizedOptions, Options, RetryOptions } from 'ky';

/** The `retry` option as ky keeps it for a call. */
export type KyRetry = NormalizedOptions['retry'];

/** The limit of a call that ky itself must not repeat. It can be told from a 0 that a hook of the caller writes. */
export const NOT_BY_KY = -0;

/** What the option said, and its members as we gave them to ky. */
interface Before {
  readonly said: RetryOptions;
  readonly given: Record<string, unknown>;
}

/** A member that ky does not know and keeps. It is a function, since ky merges objects, and copies no symbol. */
interface Changed extends RetryOptions {
  steadfetchSaid?: () => Before;
}

/** Notes in the option as we give it to ky what it said before: a hook of the caller may hand its `options` on to another call. */
export function noteSaid<R extends RetryOptions>(retry: R, said: RetryOptions): R {
  const before: Before = { said, given: {} };
  Object.assign(retry, { steadfetchSaid: () => before });
  return setForKy(retry, retry);
}

/** Sets what ky's loop needs in an option that has such a note. */
export function setForKy<R extends Changed>(retry: R, changes: RetryOptions): R {
  const { given } = retry.steadfetchSaid!();
  for (const [name, value] of Object.entries(changes)) given[name] = Array.isArray(value) ? [...value] : value;
  return Object.assign(retry, changes);
}

/** What the option said before we changed it for ky, with what a hook of the caller has changed since: the same object until then. */
export function saidIn(retry: Options['retry']): Options['retry'] {
  const now = Object(retry) as Changed;
  const before = now.steadfetchSaid?.();
  if (!before) return retry;
  const { said, given } = before;
  const changed = Object.entries(now).filter(([name, value]) => !isSame(value, given[name]));
  return changed.length === 0 ? said : { ...said, ...Object.fromEntries(changed) };
}

/** Also of two lists with the same elements: a hook may push to one. 0 is not -0. */
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((element, n) => element === b[n]);
}

/** The option as an object. A number is the limit, as in ky; any other value becomes the limit too, and is refused there. */
export function asObject(retry: Options['retry']): RetryOptions {
  return typeof retry === 'object' && retry && !Array.isArray(retry) ? { ...retry } : { limit: retry as number };
}
