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

/** By the functions that we give to ky: the option as it was said, and as hooks see it beside them. */
const GIVEN = new WeakMap<object, { readonly said: RetryOptions; readonly seen: Record<string, unknown> }>();

/** Marks a function that we give to ky in the option, with what the option said before. */
export function markOurs<F extends object>(ours: F, said: RetryOptions, seen: RetryOptions): F {
  GIVEN.set(ours, { said, seen: { ...seen } });
  return ours;
}

/** What a hook may have changed that hands the option on. The others are changed by us, and ky fills in a delay. */
const CHANGEABLE = ['limit', ...NAMES.filter((name) => !['methods', 'delay', 'backoffLimit', 'jitter'].includes(name))];

/** What the option said before we changed it for ky: a hook of the caller may hand its `options` on to another call. */
export function saidIn(retry: Options['retry']): Options['retry'] {
  const now = Object(retry) as Record<string, unknown>;
  const given = GIVEN.get(Object(now.shouldRetry)) ?? GIVEN.get(Object(now.delay));
  if (!given) return retry;
  const { said, seen } = given;
  const changed = CHANGEABLE.filter((name) => !GIVEN.has(Object(now[name])) && !same(now[name], seen[name]));
  return { ...said, ...Object.fromEntries(changed.map((name) => [name, now[name]])) };
}

/** The option as an object: ky takes a number for the limit. */
export function asObject(retry: Readonly<RetryOptions> | number | undefined): RetryOptions {
  return typeof retry === 'number' ? { limit: retry } : { ...retry };
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

/** What differs now from what was filled in; the limit apart. */
export function changesIn(retry: KyRetry, filled: RetryOptions): RetryOptions | undefined {
  const changed = NAMES.filter((name) => !same(retry[name], filled[name]));
  return changed.length > 0 ? Object.fromEntries(changed.map((name) => [name, retry[name]])) : undefined;
}

/** ky writes methods in lower case. */
function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.join().toLowerCase() === b.join().toLowerCase();
}
