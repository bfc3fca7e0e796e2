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

/** A client waits without an end for a server that is away: a program that checks its store goes on after so long, ms. */
const LONGEST_CHECK = 5_000;

/** The options as data: what each may be, and its default. */
export const redisStoreOptions: OptionTable<RedisStoreOptions> = OPTIONS;

/** A store in Redis or Valkey. */
export interface RedisStore extends SharedStore {
  /**
   * Asks the server once whether it can keep limits. For the start of a program: later the calls go on without the store.
   *
   * @throws {Error} naming what is missing: a server that answers within 5 s, Lua scripts, the right to write
   */
  check(): Promise<void>;
}

/**
 * Keeps limits in Redis 5 or newer, or in Valkey, so that all processes that share a limit act as one client: at the rate that
 * the server allows, or that all together have measured.
 *
 * One atomic script decides, by the server's clock. Keys expire an hour after their last use. While the server fails, or takes
 * longer than 50 ms and than calls wait for their slots, each process goes on by itself.
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
    const late = rest.clock.sleep(LONGEST_CHECK, stop.signal).then(() => {
      throw new Error(`redisStore: the server did not answer within ${LONGEST_CHECK} ms`);
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
  [/READONLY/, 'it needs a server that can be written to, and got a replica'],
  [/^(MOVED|ASK) /, 'the server is one of a cluster, so it needs a client for clusters'],
  [/\bOOM\b/, 'the server is out of memory'],
];

/** The error of the client, with what is needed where that is known. */
function explained(cause: unknown): Error {
  const message = messageOf(cause);
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  return new Error(`redisStore: ${message}${hint ? `: ${hint}` : ''}`, { cause });
}
