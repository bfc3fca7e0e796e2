import { optionError } from '@steadfetch/core/kit';

/** A script, its hash, and what it runs with. */
interface ScriptCall {
  readonly sha: string;
  readonly source: string;
  readonly key: string;
  readonly question: string;
}

/** ioredis, iovalkey. */
export interface IoredisLike {
  evalsha(sha: string, numberOfKeys: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(script: string, numberOfKeys: number, ...keysAndArgs: string[]): Promise<unknown>;
  defineCommand(...args: never[]): unknown;
}

/** node-redis: a client, a pool or a cluster. */
export interface NodeRedisLike {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** The client that is built into Bun. Newer versions also have the methods of Upstash, but with the arguments of ioredis. */
export interface BunRedisLike {
  send(command: string, args: string[]): Promise<unknown>;
  get(key: string): Promise<unknown>;
}

/** `@upstash/redis`, over HTTP. */
export interface UpstashLike {
  evalsha(sha: string, keys: string[], args: string[]): Promise<unknown>;
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
}

/** Any other client: sends one command, its name first, and resolves to the answer. */
export type SendCommand = (command: readonly string[]) => Promise<unknown>;

export type RedisClient = IoredisLike | NodeRedisLike | BunRedisLike | UpstashLike | SendCommand;

/** Runs a script by its hash. Sends the whole script if the server does not have it. */
export type RunScript = (call: ScriptCall) => Promise<unknown>;

/** Sends one command: EVALSHA with the hash of the script, or EVAL with its source. */
type Run = (command: 'evalsha' | 'eval', script: string, key: string, question: string) => Promise<unknown>;

const EXPECTED =
  'a client of ioredis, node-redis 4 or newer, Bun or @upstash/redis, or a function that sends a command';

export function runnerFor(client: RedisClient): RunScript {
  const run = runOf(client);
  return async ({ sha, source, key, question }) => {
    try {
      return await run('evalsha', sha, key, question);
    } catch (error) {
      if (!/NOSCRIPT/i.test(messageOf(error))) throw error;
      return run('eval', source, key, question);
    }
  };
}

function runOf(client: RedisClient): Run {
  if (typeof client === 'function') return sentBy(client);
  if (isIoredis(client)) {
    // up to ioredis 5.10 the automatic pipelines of a cluster mistake the hash for the key: they fail, and end the program
    if (isPipeliningCluster(client)) {
      return async (command, script, key, question) => {
        const [[error, answer]] = await client.pipeline([[command, script, '1', key, question]]).exec();
        if (error) throw error;
        return answer;
      };
    }
    return (command, script, key, question) => client[command](script, 1, key, question);
  }
  // the cluster client of node-redis 4 does not find the key of a script, and would ask one server after another
  if (isNodeCluster(client)) return sentBy((command) => client.sendCommand(command[3], false, [...command]));
  if (isNodeRedis(client)) {
    return (command, script, key, question) =>
      client[command === 'eval' ? 'eval' : 'evalSha'](script, { keys: [key], arguments: [question] });
  }
  if (isBun(client)) return sentBy(([name, ...args]) => client.send(name!, args));
  if (isUpstash(client)) return (command, script, key, question) => client[command](script, [key], [question]);
  throw optionError('redisStore: client', EXPECTED, client);
}

function sentBy(send: SendCommand): Run {
  return (command, script, key, question) => send([command.toUpperCase(), script, '1', key, question]);
}

function isPipeliningCluster(
  client: object,
): client is { pipeline(commands: string[][]): { exec(): Promise<[[error: unknown, answer: unknown]]> } } {
  const { isCluster, options } = client as { isCluster?: unknown; options?: { enableAutoPipelining?: unknown } };
  return isCluster === true && options?.enableAutoPipelining === true;
}

function isIoredis(client: object): client is IoredisLike {
  return has(client, 'evalsha', 'eval', 'defineCommand');
}

function isNodeCluster(
  client: object,
): client is { sendCommand(key: string | undefined, isReadonly: boolean, command: string[]): Promise<unknown> } {
  return has(client, 'getSlotMaster', 'sendCommand');
}

function isNodeRedis(client: object): client is NodeRedisLike {
  return has(client, 'evalSha', 'eval');
}

function isBun(client: object): client is BunRedisLike {
  return has(client, 'send', 'get');
}

/** Not node-redis 3: it has the same methods, but expects a callback last, and ends the process without one. */
function isUpstash(client: object): client is UpstashLike {
  return has(client, 'evalsha', 'eval') && !has(client, 'send_command');
}

function has(client: object, ...names: string[]): boolean {
  return names.every((name) => typeof (client as Record<string, unknown> | null | undefined)?.[name] === 'function');
}

export function messageOf(error: unknown): string {
  return String((error as Partial<Error> | undefined)?.message ?? error);
}
