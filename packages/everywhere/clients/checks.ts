// What has to hold for a client whose fetch is one of our stacks. A check throws what does not.
import assert from 'node:assert/strict';
import { type FaultyServer, type ReplyObject, startServer } from '@steadfetch/testing';
import type { Clock, Middleware } from 'steadfetch';
import { systemClock } from '../../core/src/index.ts';
import type { Client, Connection } from './client.ts';
import { Hurry } from './hurry.ts';

type Stack = (clock: Clock) => Middleware;

/** The client, or one that is made of the stack. */
export type MakeClient = (stack: Middleware) => Client;

/** A client in front of a server that plays a script; the last reply repeats. */
interface Scene {
  readonly client: Client;
  readonly api: Connection;
  readonly server: FaultyServer;
  readonly clock: Hurry;
}

interface Check {
  readonly name: string;
  readonly replies: readonly ReplyObject[];
  play(scene: Scene): Promise<void>;
}

const PROBLEM = { message: 'busy', error: { message: 'busy' } };
const BUSY: ReplyObject = { status: 503, json: PROBLEM };
const THROTTLED: ReplyObject = { status: 429, headers: { 'retry-after': '7' }, json: PROBLEM };
const GOOD: ReplyObject = { status: 200 };

const CHECKS: readonly Check[] = [
  { name: 'GET 503', replies: [BUSY, GOOD], play: ({ api, server }) => works(api.get(), server, 2) },
  {
    name: 'GET 429, Retry-After',
    replies: [THROTTLED, GOOD],
    play: async ({ api, server, clock }) => {
      await works(api.get(), server, 2);
      assert.ok(clock.sleeps[0]! >= 7_000, `waited ${clock.sleeps[0]} ms, asked for 7,000`);
    },
  },
  { name: 'GET reset', replies: [{ fault: 'reset' }, GOOD], play: ({ api, server }) => works(api.get(), server, 2) },
  {
    name: 'GET always 503',
    replies: [BUSY],
    play: ({ client, api, server }) => failsWith503(client, api.get(), server, 3),
  },
  { name: 'abort in a wait', replies: [{ ...THROTTLED, headers: { 'retry-after': '20' } }], play: abortInWait },
  { name: 'POST 503', replies: [BUSY, GOOD], play: postOnce },
  { name: 'POST 429', replies: [THROTTLED, GOOD], play: postOnce },
  { name: 'POST reset', replies: [{ fault: 'reset' }, GOOD], play: postOnce },
  {
    name: 'POST 503, key',
    replies: [BUSY, GOOD],
    play: async ({ api, server }) => {
      await works(api.post({ key: 'order-7' }), server, 2);
      const keys = server.requests.map(({ headers }) => headers.get('idempotency-key'));
      assert.deepEqual(keys, ['order-7', 'order-7']);
    },
  },
];

export const CHECK_NAMES: readonly string[] = [...CHECKS.map(({ name }) => name), 'a stream'];

/** What came of each check: `ok`, `-` where the client has no such thing, or what is wrong. */
export async function checkClient(clientOf: MakeClient, stack: Stack): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const check of CHECKS) results[check.name] = await outcomeOf(() => playCheck(check, clientOf, stack));
  results['a stream'] = await outcomeOf(() => streams(clientOf, stack));
  return results;
}

async function outcomeOf(run: () => Promise<undefined | '-'>): Promise<string> {
  try {
    return (await inTime(run())) ?? 'ok';
  } catch (error) {
    return String((error as Error).message)
      .split('\n')
      .slice(0, 3)
      .join(' ');
  }
}

/** Only a hang takes so long. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = new AbortController();
  const never = systemClock.sleep(10_000, late.signal).then(() => assert.fail('did not end in 10 s'));
  return Promise.race([promise, never]).finally(() => late.abort());
}

async function playCheck(check: Check, clientOf: MakeClient, stack: Stack): Promise<undefined | '-'> {
  const clock = new Hurry();
  const middleware = stack(clock);
  const client = clientOf(middleware);
  if (check.name.startsWith('abort') && client.abort === 'has no signal') return '-';
  const good: ReplyObject = { json: client.answer ?? { ok: true } };
  await using server = await startServer(check.replies.map((reply) => (reply === GOOD ? good : reply)));
  await check.play({ client, server, clock, api: client.connect(server.url, middleware(fetch)) });
}

async function works(call: Promise<unknown>, server: FaultyServer, requests: number): Promise<void> {
  await call;
  assert.equal(server.requests.length, requests, `${server.requests.length} requests, not ${requests}`);
}

async function failsWith503(
  client: Client,
  call: Promise<unknown>,
  server: FaultyServer,
  requests: number,
): Promise<void> {
  const error = await errorOf(call);
  assert.equal(server.requests.length, requests, `${server.requests.length} requests, not ${requests}`);
  assert.ok(shows503(error), `its error does not show 503: ${looks(error)}`);
  assert.ok(
    client.failure.startsWith('`') ||
      /^[a-z]/.test(client.failure) ||
      client.failure.startsWith(`${className(error)},`),
    `it throws ${className(error)}`,
  );
}

async function postOnce({ client, api, server }: Scene): Promise<void> {
  if (client.sendsKeys) {
    await works(api.post(), server, 2);
    const [first, second] = server.requests.map(({ headers }) => headers.get('idempotency-key'));
    assert.ok(first !== null && first === second, 'it was repeated with another key');
    return;
  }
  await errorOf(api.post());
  assert.equal(server.requests.length, 1, 'a POST without a key was repeated');
}

async function abortInWait({ client, api, server, clock }: Scene): Promise<void> {
  const abort = new AbortController();
  const reason = new DOMException('The user left', 'AbortError');
  clock.whenAsleep = () => setTimeout(() => abort.abort(reason), 5);
  const error = await errorOf(api.get({ signal: abort.signal }));
  assert.equal(server.requests.length, 1);
  assert.equal(clock.open, 0, 'the wait goes on');
  const seen =
    client.abort === 'the reason'
      ? error === reason
      : !/^[A-Z]/.test(client.abort) || className(error) === client.abort;
  assert.ok(seen, `an abort looks like ${looks(error)}`);
}

/** The second half is sent once the client has the first part, and the parts are those that bare fetch gives. */
async function streams(clientOf: MakeClient, stack: Stack): Promise<undefined | '-'> {
  const middleware = stack(new Hurry());
  const client = clientOf(middleware);
  if (!client.connect('http://127.0.0.1/', fetch).stream) return '-';
  const bare = await partsOf(
    clientOf((next) => next),
    fetch,
  );
  const ours = await partsOf(client, middleware(fetch));
  assert.equal(ours, bare);
}

async function partsOf(client: Client, steady: typeof fetch): Promise<string> {
  const gate = Promise.withResolvers<void>();
  let pieces = 0;
  const clock: Clock = { now: () => Date.now(), sleep: () => (++pieces < 10 ? systemClock.sleep(1) : gate.promise) };
  const body = (client.parts ?? ['first line\n', 'second line\n']).join('');
  const reply: ReplyObject = { fault: 'drip', body, headers: { 'content-type': 'text/event-stream' } };
  await using server = await startServer(reply, { clock });
  const parts: unknown[] = [];
  for await (const part of client.connect(server.url, steady).stream!()) {
    parts.push(part);
    gate.resolve();
  }
  return typeof parts[0] === 'string' ? parts.join('') : JSON.stringify(parts);
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  return assert.fail('the call did not fail');
}

function className(error: unknown): string {
  return (error as Error).constructor.name.replace(/^_/, '');
}

function looks(error: unknown): string {
  return `${className(error)} ${(error as Error).name}: ${(error as Error).message}`;
}

/** Whether the status is in the error: by one of the names that clients use, at most four levels deep. */
function shows503(error: unknown, depth = 4): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false;
  const { status, statusCode, response, cause, networkError, meta, error: inner } = error as Record<string, unknown>;
  if (status === 503 || statusCode === 503) return true;
  return [response, cause, networkError, meta, inner].some((below) => shows503(below, depth - 1));
}
