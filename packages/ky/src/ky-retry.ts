import type { NormalizedOptions, Options, RetryOptions } from 'ky';

/** The `retry` option as ky keeps it for a call. */
export type KyRetry = NormalizedOptions['retry'];

/** Those of ky 2.1, which it does not export. */
const DEFAULTS: Omit<RetryOptions, 'limit'> = {
  methods: ['get', 'put', 'head', 'delete', 'options', 'trace', 'query'],
  statusCodes: [408, 413, 429, 500, 502, 503, 504],
  afterStatusCodes: [413, 429, 503],
  maxRetryAfter: Infinity,
  backoffLimit: Infinity,
  delay: (attempt) => 300 * 2 ** (attempt - 1),
  jitter: undefined,
  retryOnTimeout: false,
  shouldRetry: undefined as never,
};

const NAMES = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];

/** The limit of a call that ky itself must not repeat. It can be told from a 0 that a hook of the caller writes. */
export const NOT_BY_KY = -0;

/** What the option said before we changed it for ky, and how we gave it to ky. */
interface Before {
  readonly said: RetryOptions;
  readonly given: RetryOptions;
}

/** A member that ky does not know and keeps. It is a function, since ky merges objects, and copies no symbol. */
interface Changed extends RetryOptions {
  steadfetchSaid?: () => Before;
}

/** Notes in the option as we give it to ky what it said before: a hook of the caller may hand its `options` on to another call. */
export function noteSaid<R extends RetryOptions>(retry: R, said: RetryOptions): R {
  const given = filledIn(retry, retry.limit!); // with lists of its own, which no hook changes
  return Object.assign(retry, { steadfetchSaid: () => ({ said, given }) });
}

/**
 * What a hook may have changed that hands the option on. Not the methods, to which we add that of the call, so that no POST is
 * repeated; nor the jitter, which we leave out, so that ky fills in that of the instance.
 */
const CHANGEABLE = ['limit', ...NAMES.filter((name) => name !== 'methods' && name !== 'jitter')] as const;

/** What the option said before we changed it for ky, with what a hook of the caller has changed since: the same object until then. */
export function saidIn(retry: Options['retry']): Options['retry'] {
  const now = Object(retry) as Changed;
  const before = now.steadfetchSaid?.();
  if (!before) return retry;
  const { said, given } = before;
  const changes = changesIn(now, given, CHANGEABLE);
  return changes ? { ...said, ...changes } : said;
}

/** The option as an object. A number is the limit, as in ky; any other value becomes the limit too, and is refused there. */
export function asObject(retry: Options['retry']): RetryOptions {
  return typeof retry === 'object' && retry && !Array.isArray(retry) ? { ...retry } : { limit: retry as number };
}

/** The option with ky's defaults for what is left out. All lists are new: a hook of the caller may push to them. */
export function filledIn(said: RetryOptions, limit: number): RetryOptions {
  const filled: Record<string, unknown> = { ...said, limit };
  for (const name of NAMES) {
    const value = said[name] ?? DEFAULTS[name];
    filled[name] = Array.isArray(value) ? [...value] : value;
  }
  return filled;
}

/** What differs now from what was filled in, if anything does; the limit apart. */
export function changesIn(
  now: RetryOptions,
  filled: RetryOptions,
  names: readonly (keyof RetryOptions)[] = NAMES,
): RetryOptions | undefined {
  const differing = names.filter((name) => !isSame(now[name], filled[name]));
  return differing.length > 0 ? Object.fromEntries(differing.map((name) => [name, now[name]])) : undefined;
}

/** Also of two lists with the same elements. 0 is not -0. */
function isSame(a: unknown, b: unknown): boolean {
  const areLists = Array.isArray(a) && Array.isArray(b);
  return areLists ? a.length === b.length && a.every((element, n) => element === b[n]) : Object.is(a, b);
}
