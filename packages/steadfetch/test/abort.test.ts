import { getEventListeners } from 'node:events';
import { type FakeFetch, fakeFetch, type ManualClock, manualClock, startServer } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  type Breaker,
  breaker,
  type Fetch,
  peek,
  type RetryBudget,
  type StandardOptions,
  standard,
} from '../src/index.ts';
import { BUSY, POST, URL } from './support.ts';

type Script = Parameters<typeof fakeFetch>[0];

/** A stage of a call at which its caller aborts. */
interface Stage {
  script: Script;
  options?: StandardOptions;
  init?: RequestInit;
  /** Brings the call to this stage. */
  reach?: (place: { clock: ManualClock; fetch: Fetch; fake: FakeFetch }) => Promise<unknown>;
  /** What the caller awaits. */
  read?: (call: Promise<Response>) => Promise<unknown>;
  /** How many requests were sent before the abort. */
  sent: number;
  /** Other calls, which continue. */
  others?: number;
}

const never = () => new Promise<never>(() => {});
const STALLED = { fault: 'stall-headers' } as const;
const HALF = { fault: 'stall-body', body: 'a body that stalls' } as const;

const STAGES: Record<string, Stage> = {
  'a key is being made': { script: 200, init: POST, options: { idempotencyKey: { generate: never } }, sent: 0 },
  'it waits for a slot': {
    script: { delay: 500 },
    options: { concurrency: 1 },
    reach: async ({ fetch }) => void fetch(URL),
    sent: 1,
    others: 1,
  },
  'it waits for its turn at the gate': { script: BUSY, reach: ({ clock }) => clock.advance(500), sent: 1 },
  'it waits for a retry': { script: 500, options: { retry: { delay: () => 9_000 } }, sent: 1 },
  'it is in flight': { script: STALLED, sent: 1 },
  'a second attempt is in flight': {
    script: [500, STALLED],
    options: { retry: { delay: () => 100 } },
    reach: ({ clock }) => clock.advance(100),
    sent: 2,
  },
  'a body is read inside the attempt': { script: HALF, options: { bufferBody: true }, sent: 1 },
  'the caller reads the body': { script: HALF, read: async (call) => (await call).text(), sent: 1 },
  'the caller reads a body that has a limit': {
    script: HALF,
    options: { attemptTimeout: { headers: 5_000, body: 5_000 } },
    read: async (call) => (await call).text(),
    sent: 1,
  },
  'a predicate thinks': { script: 500, options: { retry: { shouldRetry: never } }, sent: 1 },
  'a predicate looks into the body': {
    script: { ...HALF, status: 500 },
    options: { retry: { shouldRetry: async ({ response }) => (await peek(response!)) !== '' } },
    sent: 1,
  },
  'an inspection thinks': { script: 200, options: { retry: { inspect: never } }, sent: 1 },
  'a hook works': { script: 500, options: { retry: { delay: () => 9_000, hooks: { onRetry: never } } }, sent: 1 },
};

const REASONS = [
  { code: 'closed' },
  'the user left',
  null,
  new DOMException('This operation was aborted', 'AbortError'),
];

/** A budget that counts the permits in use. */
function countingBudget(): RetryBudget & { out: number } {
  const budget = {
    out: 0,
    acquire: () => {
      budget.out++;
      return { release: () => void budget.out-- };
    },
    record: () => {},
  };
  return budget;
}

function setUp({ script, options = {} }: Stage) {
  const clock = manualClock();
  const fake = fakeFetch(script, { clock });
  const circuit: Breaker = breaker({ clock });
  const budget = countingBudget();
  const retry = { budget, random: () => 0.5, ...(options.retry as object) };
  const fetch = standard({ clock, random: () => 0.5, ...options, retry, circuitBreaker: { breaker: circuit } })(fake);
  return { clock, fake, fetch, budget, circuit };
}

const settledTurns = () => new Promise((resolve) => setTimeout(resolve, 5));

describe.each(Object.entries(STAGES))('an abort while %s', (_name, stage) => {
  it.each(REASONS)('rejects at once with the reason %o, and leaves nothing behind', async (reason) => {
    const { clock, fake, fetch, budget, circuit } = setUp(stage);
    const controller = new AbortController();
    const { reach = () => clock.advance(0), read = (call) => call } = stage;
    if (stage.others) await reach({ clock, fetch, fake });
    const result = read(fetch(URL, { ...stage.init, signal: controller.signal })).catch((error: unknown) => ({
      error,
    }));
    if (!stage.others) await reach({ clock, fetch, fake });
    await clock.advance(0);

    controller.abort(reason);
    const first = await Promise.race([result, settledTurns().then(() => 'too late')]);

    expect(first).toEqual({ error: reason });
    expect((first as { error: unknown }).error).toBe(reason);
    expect(fake.calls).toHaveLength(stage.sent);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    await clock.runAll();
    expect(clock.pending).toBe(0);
    expect(fake.calls).toHaveLength(stage.sent);
    expect(budget.out).toBe(stage.sent > 1 ? 1 : 0);
    expect(circuit.snapshot('https://api.example.com')).toMatchObject({ state: 'closed', probes: 0 });
  });
});

describe('an abort', () => {
  it('leaves no timer, also where nothing else is called after it', async () => {
    for (const [name, stage] of Object.entries(STAGES)) {
      if (stage.others) continue;
      const { clock, fake, fetch } = setUp(stage);
      const controller = new AbortController();
      const { reach = () => clock.advance(0), read = (call) => call } = stage;
      const result = read(fetch(URL, { ...stage.init, signal: controller.signal })).catch(() => {});
      await reach({ clock, fetch, fake });
      controller.abort();
      await result;
      await settledTurns();

      expect(clock.pending, name).toBe(0);
    }
  });

  it("leaves no timer of the machine's own", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const controller = new AbortController();
    const script = [500, BUSY, STALLED];
    const fetch = standard({ retry: { delay: () => 10 } })(fakeFetch(script));
    const call = expect(fetch(URL, { signal: controller.signal })).rejects.toBe('gone');
    await vi.advanceTimersByTimeAsync(3_000);

    controller.abort('gone');
    await call;

    await vi.advanceTimersByTimeAsync(150);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('frees the slot, so that the next in line goes', async () => {
    const clock = manualClock();
    const fetch = standard({ clock, concurrency: 1 })(fakeFetch([STALLED, 200], { clock }));
    const controller = new AbortController();
    const first = fetch(URL, { signal: controller.signal });
    const second = fetch(URL);
    const gone = expect(first).rejects.toBe('gone');
    await clock.advance(0);

    controller.abort('gone');

    await gone;
    expect((await second).status).toBe(200);
  });

  it('frees the place of a probe for another call', async () => {
    const clock = manualClock();
    const circuit = breaker({ clock, openFor: 1_000, rule: { start: () => ({ record: ({ failed }) => failed }) } });
    const stack = standard({ clock, retry: false, circuitBreaker: { breaker: circuit } });
    const fetch = stack(fakeFetch([500, STALLED, 200], { clock }));
    await fetch(URL);
    await clock.advance(1_000);
    const controller = new AbortController();
    const probe = expect(fetch(URL, { signal: controller.signal })).rejects.toBe('gone');
    await clock.advance(0);

    controller.abort('gone');
    await probe;

    expect((await fetch(URL)).status).toBe(200);
    expect(circuit.snapshot('https://api.example.com').state).toBe('closed');
  });

  it('before the call, sends nothing', async () => {
    const { fetch, fake } = setUp({ script: 200, sent: 0 });

    await expect(fetch(URL, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(fake.calls).toHaveLength(0);
  });

  it.each(['stall-headers', 'stall-body', 'drip'] as const)(
    'closes the socket of a call that meets %s',
    async (fault) => {
      await using server = await startServer({ fault, every: 50 });
      const controller = new AbortController();
      const fetch = standard({ bufferBody: true })(globalThis.fetch);
      const call = fetch(server.url, { signal: controller.signal });
      const gone = expect(call).rejects.toBe('gone');
      await vi.waitFor(() => expect(server.requests).toHaveLength(1));
      await settledTurns();

      controller.abort('gone');

      await gone;
      await vi.waitFor(() => expect(server.openSockets).toBe(0));
    },
  );
});
