import type { NormalizedOptions, Options, RetryOptions } from 'ky';

/** The `retry` option of one call after ky has normalized it. */
export type KyRetry = NormalizedOptions['retry'];

/** The limit of a call that ky's own loop must not repeat. `Object.is` distinguishes it from a 0 that a hook of the caller writes. */
export const NOT_BY_KY = -0;

interface Note {
  /** The `retry` option as the caller wrote it. */
  readonly said: RetryOptions;
  /** The members of the option that we gave to ky instead. */
  readonly given: Record<string, unknown>;
}

/** A `retry` option with a member of ours, which ky keeps. It is a function, because ky merges objects and drops symbols. */
interface Annotated extends RetryOptions {
  steadfetchSaid?: () => Note;
}

/** Notes in an option that we have changed for ky what the caller wrote. A hook may pass its `options` on to another call of ours. */
export function noteOriginal<R extends RetryOptions>(retry: R, original: RetryOptions): R {
  const member = { steadfetchSaid: () => note };
  const note: Note = { said: original, given: withCopiedLists(Object.assign(retry, member)) };
  return retry;
}

/** Changes an option for ky's loop after `noteOriginal()`. */
export function setForKy<R extends Annotated>(retry: R, changes: RetryOptions): R {
  Object.assign(retry.steadfetchSaid!().given, withCopiedLists(changes));
  return Object.assign(retry, changes);
}

/** Copies the option and its lists, since a hook may push to a list. */
function withCopiedLists(retry: RetryOptions): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...retry };
  for (const [name, value] of Object.entries(copy)) if (Array.isArray(value)) copy[name] = [...value];
  return copy;
}

/** The option as the caller wrote it, with later changes by hooks. Returns the same object until a hook changes something. */
export function originalOf(retry: Options['retry'], isPassedOn = false): Options['retry'] {
  const now = Object(retry) as Annotated;
  const note = now.steadfetchSaid?.();
  if (!note) return retry;
  const { said, given } = note;
  const changed = Object.entries(now).filter(
    ([name, value]) => !isSame(isPassedOn && name === 'methods' ? lastOf(value, given[name]) : value, given[name]),
  );
  return changed.length === 0 ? said : { ...said, ...Object.fromEntries(changed) };
}

/**
 * The end of a list, as long as `given`. ky puts the methods of an instance before those that a hook passes on. Ours contain the method of
 * the call, so both together would repeat a POST.
 */
function lastOf(list: unknown, given: unknown): unknown {
  return Array.isArray(list) && Array.isArray(given) ? list.slice(-given.length) : list;
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
