import {
  countByKey,
  manualClock,
  type Reply,
  type ScriptFunction,
  seededRandom,
  startServer,
} from '@steadfetch/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Fetch, type StandardOptions, standard } from '../src/index.ts';

const BODY = JSON.stringify({ items: 'x'.repeat(200) });
/** One millisecond is one turn of the event loop, which the server shares: so no machine is too slow for a limit. */
const clock = manualClock();
const QUICK: StandardOptions = {
  clock,
  attemptTimeout: 50,
  retry: { maxRetries: 20, delay: () => 2, budget: false },
  rateLimit: true,
  circuitBreaker: false,
  idempotencyKey: true,
  concurrency: 40,
  bufferBody: true,
};

const FAULTS: Reply[] = [
  { fault: 'reset' },
  { fault: 'reset-after-headers', body: BODY },
  { fault: 'reset-mid-body', body: BODY },
  { fault: 'truncate', body: BODY },
  { fault: 'stall-headers' },
  { fault: 'stall-body', body: BODY },
  { fault: 'drip', body: BODY, every: 1, headers: { connection: 'close' } },
  { fault: 'close', body: BODY },
  503,
];

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);

let turning = Promise.resolve();
let over = false;

beforeEach(() => {
  process.on('unhandledRejection', note);
  over = false;
  turning = (async () => {
    for (; !over; await turns(1)) await clock.advance(1);
  })();
});

afterEach(async () => {
  over = true;
  await turning;
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

/** A third of the URLs meets one to three faults, chosen by seed, before it answers. */
function faulty(seed: number): ScriptFunction {
  const left = new Map<string, Reply[]>();
  return ({ url }) => {
    const faults = left.get(url) ?? faultsOf(seededRandom(seed + Number(url.slice(url.lastIndexOf('/') + 1))));
    left.set(url, faults);
    return faults.shift() ?? { body: BODY };
  };
}

function faultsOf(random: () => number): Reply[] {
  const count = random() < 1 / 3 ? 1 + Math.floor(random() * 3) : 0;
  return Array.from({ length: count }, () => FAULTS[Math.floor(random() * FAULTS.length)]!);
}

const methodOf = (index: number) => ['GET', 'GET', 'POST', 'PUT', 'PATCH'][index % 5]!;
const turns = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('saves a thousand mixed calls, and repeats no POST without its key', { timeout: 120_000 }, async () => {
  const server = await startServer(faulty(7));
  const steady = standard(QUICK)(fetch);
  const send = async (index: number) => {
    const method = methodOf(index);
    const init = method === 'GET' ? { method } : { method, body: `${index}` };
    const response = await steady(`${server.url}${index}`, init);
    return [response.status, await response.text()];
  };

  const calls = Array.from({ length: 1_000 }, (_, index) => send(index));
  while (server.requests.length < 500) await turns(1);
  await server.restart();
  const outcomes = await Promise.allSettled(calls);

  const saved = { status: 'fulfilled', value: [200, BODY] };
  expect(outcomes.filter((outcome) => JSON.stringify(outcome) !== JSON.stringify(saved))).toEqual([]);
  const writes = server.requests.filter(({ method }) => method === 'POST' || method === 'PATCH');
  const wishes = new Set(writes.map(({ headers, url, body }) => `${headers.get('idempotency-key')} ${url} ${body}`));
  expect(writes.every(({ headers }) => headers.has('idempotency-key'))).toBe(true);
  expect(wishes.size).toBe(400);
  expect(writes.length).toBeGreaterThan(400);
  expect(countByKey(server.requests).size).toBe(400);
  await server.close();
  expect(server.openSockets).toBe(0);
});

it('sends a POST without a key once, whatever happens to it', async () => {
  await using server = await startServer(faulty(11));
  const steady = standard({ ...QUICK, timeout: 500, idempotencyKey: false })(fetch);

  const calls = Array.from({ length: 300 }, async (_, index) => {
    const response = await steady(`${server.url}${index}`, { method: 'POST', body: `${index}` });
    await response.text();
  });
  const outcomes = await Promise.allSettled(calls);

  expect(server.requests).toHaveLength(new Set(server.requests.map(({ url }) => url)).size);
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
});

it.each<[string, Reply]>(FAULTS.map((reply) => [typeof reply === 'object' ? reply.fault! : `${reply}`, reply]))(
  'saves a GET from %s, and leaves no socket busy',
  async (_fault, reply) => {
    await using server = await startServer([reply, { body: BODY, headers: { connection: 'close' } }]);
    const steady = standard(QUICK)(fetch);

    const response = await steady(server.url);

    expect(await response.text()).toBe(BODY);
    for (let turn = 0; turn < 100 && server.openSockets > 0; turn++) await turns(5);
    expect(server.openSockets).toBe(0);
  },
);

it('retries a POST with a key until a closed port opens', async () => {
  await using server = await startServer([{ fault: 'refuse', delay: 20 }, { body: BODY }]);
  const steady: Fetch = standard({ ...QUICK, idempotencyKey: true, retry: { maxRetries: 9, delay: () => 10 } })(fetch);

  const response = await steady(server.url, { method: 'POST', body: 'once' });

  expect(await response.text()).toBe(BODY);
  expect(server.requests).toHaveLength(1);
});

it.each(['truncate', 'reset-mid-body', 'reset-after-headers'] as const)(
  'saves a GET from %s on a connection that is not kept',
  async (fault) => {
    await using server = await startServer([{ fault, body: BODY }, { body: BODY }]);

    const response = await standard(QUICK)(fetch)(server.url, { headers: { connection: 'close' } });

    expect(await response.text()).toBe(BODY);
  },
);

it('saves calls on kept connections that are closed between them, and from a restart', async () => {
  await using server = await startServer({ fault: 'close', body: BODY });
  const steady = standard(QUICK)(fetch);

  for (let call = 0; call < 20; call++) {
    if (call === 10) await server.restart();
    expect(await (await steady(server.url)).text()).toBe(BODY);
  }

  expect(server.requests.length).toBeGreaterThanOrEqual(20);
});
