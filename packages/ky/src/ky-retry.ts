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

/** Sets what ky's loop needs, and notes in the option what it said before: a hook of the caller may hand its `options` on to another call. */
export function setForKy<R extends RetryOptions>(retry: R, changes: RetryOptions, said: RetryOptions): R {
  const given = membersOf(Object.assign(retry, changes));
  return Object.assign(retry, { steadfetchSaid: () => ({ said, given }) });
}

/** What the option said before we changed it for ky, with what a hook of the caller has changed since: the same object until then. */
export function saidIn(retry: Options['retry']): Options['retry'] {
  const now = Object(retry) as Changed;
  const before = now.steadfetchSaid?.();
  if (!before) return retry;
  const { said, given } = before;
  const members = Object.entries(membersOf(now));
  const changed = members.filter(([name, value]) => !Object.is(value, given[name]));
  if (changed.length === 0) return said;
  return { ...said, ...Object.fromEntries(changed.map(([name]) => [name, now[name as keyof RetryOptions]])) };
}

/** The members to compare. A list counts by its elements: a hook may push to it. */
function membersOf({ steadfetchSaid: _, ...members }: Changed): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, Array.isArray(value) ? value.join() : value]),
  );
}

/** The option as an object. A number is the limit, as in ky; any other value becomes the limit too, and is refused there. */
export function asObject(retry: Options['retry']): RetryOptions {
  return typeof retry === 'object' && retry && !Array.isArray(retry) ? { ...retry } : { limit: retry as number };
}
