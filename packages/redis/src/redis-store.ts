import { checkString, endSleep, type OptionTable, readOptions } from '@steadfetch/core/kit';
import {
  NOTHING,
  type Question,
  type SharedStore,
  type StoreOptions,
  storeOf,
  storeOptions,
} from '@steadfetch/shared-limit';
import { messageOf, type RedisClient, runnerFor } from './clients.ts';
import { FORM } from './script/state.ts';
import { SCRIPT, SHA } from './script.ts';
import { replyOf } from './wire.ts';

export interface RedisStoreOptions extends StoreOptions {
  /** What the keys begin with. @default 'steadfetch' */
  prefix?: string;
}

const OPTIONS = {
  ...storeOptions,
  prefix: { check: checkString, default: 'steadfetch' },
} satisfies OptionTable<RedisStoreOptions>;

/** `check()` rejects after this long, ms. A client would wait forever for a server that is away. */
const LONGEST_CHECK_MS = 5_000;

/** The options as data: what each may be, and its default. */
export const redisStoreOptions: OptionTable<RedisStoreOptions> = OPTIONS;

/** A store in Redis or Valkey. */
export interface RedisStore extends SharedStore {
  /**
   * Asks the server once whether it can keep limits. For the start of a program: later on, calls go on without a store that fails.
   *
   * @throws {Error} naming what is missing: a server that answers within 5 s, Lua scripts, the right to write
   */
  check(): Promise<void>;
}

/**
 * Keeps limits in Redis 5 or newer, or in Valkey. All processes that share a limit then act as one client, at the rate that the API reports or
 * that they have measured together.
 *
 * One atomic script decides, by the clock of Redis. Keys expire an hour after their last use. While Redis fails, or takes longer than 50 ms and
 * longer than calls wait for their slots, each process goes on by itself.
 *
 * @throws {TypeError} a client that can run no script
 * @example rateLimit({ store: redisStore(new Redis(url)), scope: 'origin' });
 */
export function redisStore(client: RedisClient, options?: RedisStoreOptions): RedisStore {
  const run = runnerFor(client);
  const { prefix, ...rest } = readOptions('redisStore', OPTIONS, options);
  const ask = (key: string, question: Question): Promise<unknown> =>
    run({ sha: SHA, source: SCRIPT, key: `${prefix}:${FORM}:{${key}}`, question: JSON.stringify(question) }).catch(
      (error) => {
        throw explained(error);
      },
    );
  const store = storeOf((key, question) => ask(key, question).then(replyOf), rest);
  const check = async () => {
    const stop = new AbortController();
    const late = rest.clock.sleep(LONGEST_CHECK_MS, stop.signal).then(() => {
      throw new Error(`redisStore: the server did not answer within ${LONGEST_CHECK_MS} ms`);
    });
    try {
      replyOf(await Promise.race([ask('check', NOTHING), late]));
    } finally {
      endSleep(stop);
    }
  };
  return { ...store, check };
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/unknown command|non deterministic|not supported/i, 'it needs Redis 5 or newer, or Valkey, with EVAL'],
  [
    /NOPERM|NOAUTH|WRONGPASS|ACL failure/,
    'it needs the right to EVALSHA, EVAL, GET, SET and TIME, on keys that begin with its prefix',
  ],
  [/READONLY/, 'it needs a primary, and got a replica'],
  [/^(MOVED|ASK) /, 'the server belongs to a cluster, so it needs a cluster client'],
  [/\bOOM\b/, 'the server is out of memory'],
];

/** The error of the client, with what the store needs, if that is known. */
function explained(cause: unknown): Error {
  const message = messageOf(cause);
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  return new Error(`redisStore: ${message}${hint ? `: ${hint}` : ''}`, { cause });
}
