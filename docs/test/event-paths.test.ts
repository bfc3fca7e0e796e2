import { use, retry as withRetry } from '@steadfetch/ky';
import { fakeFetch, type InstantClock, instantClock, type Script } from '@steadfetch/testing';
import ky from 'ky';
import {
  circuitBreaker,
  compose,
  concurrency,
  type EventOf,
  type Fetch,
  type Middleware,
  observe,
  online,
  type RetryOptions,
  rateLimit,
  retry,
  retryBudget,
  type SteadfetchEvent,
} from 'steadfetch';
import { consecutive } from 'steadfetch/kit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

/** One event as a few words. */
function wordsOf(event: SteadfetchEvent): string {
  switch (event.type) {
    case 'attempt':
    case 'end':
      return `${event.type} ${event.attempt}: ${event.status ?? (event.error as Error).name}`;
    case 'wait':
      return `wait ${event.attempt}: ${event.ms} ${event.source} ${event.reason}`;
    case 'queue':
      return `queue: ${event.action === 'refused' ? 'refused' : event.queued}`;
    case 'gate':
      return `gate ${event.attempt}: ${event.action} ${event.ms} ${event.reason}`;
    case 'circuit':
      return `circuit: ${event.action} ${event.state}`;
    case 'offline':
      return `offline: ${event.action} ${event.waiting}`;
    case 'budget':
      return `budget ${event.attempt}: held ${event.ms}`;
    case 'give-up':
      return `give-up ${event.attempt}: ${event.cause} ${event.reason}`;
    default:
      return event.type;
  }
}

interface Path {
  name: string;
  script: Script;
  told: string[];
  options?: RetryOptions;
  below?: (clock: InstantClock) => Middleware[];
  /** Calls that are made and not observed before. */
  before?: number;
}

const PATHS: Path[] = [
  { name: 'good', script: [200], told: ['start', 'attempt 1: 200', 'end 1: 200'] },
  {
    name: 'retried by our backoff, then by the time of the server, and recovered',
    script: [503, { status: 429, headers: { 'retry-after': '2' } }, 200],
    told: [
      'start',
      'attempt 1: 503',
      'wait 1: 100 backoff status',
      'attempt 2: 429',
      'wait 2: 2000 retry-after status',
      'attempt 3: 200',
      'recover',
      'end 3: 200',
    ],
  },
  {
    name: 'given up at its limit',
    script: [503],
    options: { maxRetries: 1 },
    told: [
      'start',
      'attempt 1: 503',
      'wait 1: 100 backoff status',
      'attempt 2: 503',
      'give-up 2: 503 limit',
      'end 2: 503',
    ],
  },
  {
    name: 'refused by its budget',
    script: [503],
    options: { budget: { ...retryBudget(), acquire: () => undefined } },
    told: [
      'start',
      'attempt 1: 503',
      'budget 1: held 100',
      'budget 1: held 100',
      'give-up 1: 503 budget',
      'end 1: 503',
    ],
  },
  {
    name: 'ended by an error that no retry helps',
    script: [503, { error: 'CERT_HAS_EXPIRED' }],
    told: [
      'start',
      'attempt 1: 503',
      'wait 1: 100 backoff status',
      'attempt 2: TypeError',
      'give-up 2: CERT_HAS_EXPIRED permanent',
      'end 2: TypeError',
    ],
  },
  {
    name: 'a failure that opens the circuit, which refuses the retry',
    script: [503],
    below: (clock) => [circuitBreaker({ rule: consecutive(1), clock })],
    told: [
      'start',
      'attempt 1: 503',
      'circuit: opened open',
      'wait 1: 100 backoff status',
      'circuit: refused open',
      'give-up 2: CircuitOpenError circuit-open',
      'end 2: CircuitOpenError',
    ],
  },
  {
    name: 'a probe that closes the circuit',
    script: [503, 200],
    options: { delay: () => 5_000 },
    below: (clock) => [circuitBreaker({ rule: consecutive(1), clock, openFor: () => 1_000 })],
    told: [
      'start',
      'attempt 1: 503',
      'circuit: opened open',
      'wait 1: 5000 backoff status',
      'circuit: probe half-open',
      'attempt 2: 200',
      'circuit: closed closed',
      'recover',
      'end 2: 200',
    ],
  },
  {
    name: 'limited: refused by the server, held at the gate, sent again and good',
    script: [{ status: 429, headers: { 'retry-after': '2' } }, 200],
    below: (clock) => [rateLimit({ clock, random: () => 0 })],
    told: [
      'start',
      'attempt 1: 429',
      'gate 1: closed 2001 429',
      'gate 2: wait 2001 closed',
      'attempt 2: 200',
      'end 2: 200',
    ],
  },
  {
    name: 'offline: a probe that finds no network, a wait, and a probe that is answered',
    script: ['network-error', 200],
    below: (clock) => [online({ clock, isOnline: () => false, target: new EventTarget() })],
    told: [
      'start',
      'offline: probe 0',
      'attempt 1: TypeError',
      'offline: wait 1',
      'offline: probe 0',
      'attempt 1: 200',
      'end 1: 200',
    ],
  },
];

interface Stack {
  name: string;
  spelling?: (words: string) => string;
  make(parts: {
    fetch: Fetch;
    listener: (event: SteadfetchEvent) => void;
    options: RetryOptions;
    below: Middleware[];
  }): Fetch;
}

const asFetch =
  (api: typeof ky): Fetch =>
  (input, init) =>
    api(input as string, { ...(init as object), throwHttpErrors: false });

const STACKS: Stack[] = [
  {
    name: 'fetch',
    make: ({ fetch, listener, options, below }) => compose(observe(listener), retry(options), ...below)(fetch),
  },
  {
    name: 'ky use()',
    make: ({ listener, options, below }) => asFetch(ky.create(use(observe(listener), retry(options), ...below))),
  },
  {
    name: 'ky hooks',
    make: ({ listener, options, below }) =>
      asFetch(ky.create({ ...use(observe(listener), ...below), hooks: withRetry(options) })),
    // ky's loop ends calls with an error of its own
    spelling: (words) => words.replace(/(end \d): TypeError/, '$1: NetworkError'),
  },
];

describe.each(STACKS)('the events under $name', ({ make, spelling }) => {
  const started = (
    { script, options, below }: Omit<Path, 'name' | 'told'>,
    react: (event: SteadfetchEvent) => void = () => {},
  ) => {
    const clock = instantClock();
    const fetch = fakeFetch(script);
    vi.stubGlobal('fetch', fetch);
    onTestFinished(() => void vi.unstubAllGlobals());
    const events: SteadfetchEvent[] = [];
    const call = make({
      fetch: (...args) => globalThis.fetch(...args),
      listener: (event) => {
        events.push(event);
        react(event);
      },
      options: { delay: () => 100, random: () => 0, clock, budget: false, ...options },
      below: below?.(clock) ?? [],
    });
    return { call, events, fetch, clock };
  };

  it.each(PATHS)('of a call that is $name', async (path) => {
    const { call, events } = started(path);

    await call('https://api.test/x').catch(() => {});

    expect(events.map(wordsOf)).toEqual(path.told.map(spelling ?? String));
  });

  it('of a call that waits for a slot, and of one that is refused', async () => {
    const { call, events } = started({ script: [200], below: () => [concurrency(1, { maxQueue: 1 })] });

    await Promise.all([1, 2, 3].map(() => call('https://api.test/x').catch(() => {})));

    const byCall = Object.values(Object.groupBy(events, ({ callId }) => callId));
    expect(byCall.map((told) => told!.map(wordsOf))).toEqual([
      ['start', 'attempt 1: 200', 'end 1: 200'],
      ['start', 'queue: 1', 'attempt 1: 200', 'end 1: 200'],
      ['start', 'queue: refused', 'give-up 1: QueueFullError queue-full', 'end 1: QueueFullError'],
    ]);
  });

  it('of a call whose refusal is returned, and of one that the gate refuses', async () => {
    const { call, events } = started({
      script: [{ status: 429, headers: { 'retry-after': '50' } }],
      options: { maxDelay: 10_000 },
      below: (clock) => [rateLimit({ clock, random: () => 0, maxWait: 5_000 })],
    });

    await call('https://api.test/x').catch(() => {});
    await call('https://api.test/x').catch(() => {});

    const byCall = Object.values(Object.groupBy(events, ({ callId }) => callId));
    expect(byCall.map((told) => told!.map(wordsOf))).toEqual([
      [
        'start',
        'attempt 1: 429',
        'gate 1: closed 5001 429',
        'gate 1: returned 5001 max-wait',
        'give-up 1: 429 server-delay',
        'end 1: 429',
      ],
      [
        'start',
        'gate 1: refused 50000 rate-limited',
        'give-up 1: RateLimitError rate-limited',
        'end 1: RateLimitError',
      ],
    ]);
  });

  it('all say which call they belong to, without secrets, and are frozen', async () => {
    const { call, events } = started({ script: [503, 200] });

    await call('https://api.test/x?token=1', { steadfetch: { meta: { job: 7 } } });

    expect(events.length).toBeGreaterThan(4);
    for (const event of events) {
      expect(event).toMatchObject({ callId: events[0]!.callId, origin: 'https://api.test', method: 'GET' });
      expect(event).toMatchObject({ url: 'https://api.test/x', meta: { job: 7 } });
      expect(Object.isFrozen(event)).toBe(true);
    }
  });

  it('let an observer cancel the wait', async () => {
    const { call, events } = started({ script: [503, 200] }, (event) => {
      if (event.type === 'wait') event.cancel();
    });

    const error = await call('https://api.test/x').catch((thrown: Error) => thrown);

    expect(error).toMatchObject({ name: 'AbortError' });
    expect(events.map(wordsOf)).toEqual([
      'start',
      'attempt 1: 503',
      'wait 1: 100 backoff status',
      'give-up 1: 503 aborted',
      'end 1: AbortError',
    ]);
  });

  it('let an observer skip the wait, unless the server asked for it', async () => {
    const answers: boolean[] = [];
    const waits: EventOf<'wait'>[] = [];
    const script: Script = [503, { status: 429, headers: { 'retry-after': '2' } }, 200];
    const { call, clock } = started({ script }, (event) => {
      if (event.type === 'wait') answers.push(event.retryNow(), event.retryNow());
      if (event.type === 'wait') waits.push(event);
    });

    await call('https://api.test/x');

    expect(answers).toEqual([true, false, false, false]);
    expect(clock.sleeps).toEqual([2_000]);
    // it is over
    for (const { cancel, retryNow } of waits) expect([cancel(), retryNow()]).toEqual([undefined, false]);
  });
});
