import { compose, observe, type SteadfetchEvent } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock, type Script } from '@steadfetch/testing';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { createLogger, format, transports } from 'winston';
import { type LogRetriesOptions, logRetries } from '../src/index.ts';
import { fakeLogger } from './events.ts';

const AT = 1_700_000_000_000;
const BASE = {
  callId: 1,
  method: 'GET',
  url: 'https://api.test/x',
  origin: 'https://api.test',
  attempt: 1,
  elapsed: 0,
};

/** An event, at so many milliseconds from the start. */
const event = (at: number, members: object) => ({ ...BASE, at: AT + at, ...members }) as SteadfetchEvent;

const SLOW = [
  event(0, { type: 'start' }),
  event(100, { type: 'attempt', status: 503, ms: 100 }),
  event(100, { type: 'wait', ms: 1_000.4, source: 'retry-after', reason: 'status', cause: '503', maxRetries: 2 }),
  event(1_300, { type: 'attempt', status: 429, ms: 200 }),
  event(1_300, { type: 'gate', action: 'closed', key: 'k', ms: 5_200, reason: '429' }),
  event(1_300, { type: 'gate', action: 'wait', key: 'k', ms: 5_200, reason: 'closed' }),
  event(8_100, { type: 'attempt', status: 200, ms: 1_600 }),
  event(8_100, { type: 'recover', attempts: 3, cause: '200', elapsed: 8_100 }),
  event(8_100, { type: 'end', status: 200, ms: 8_100, attempts: 3 }),
];

function lines(events: SteadfetchEvent[], options?: LogRetriesOptions): string[] {
  const logger = fakeLogger();
  const told: string[] = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    logger[level].mockImplementation((message: string) => void told.push(`${level}: ${message}`));
  }
  const listener = logRetries(logger, options);
  for (const each of events) listener(each);
  return told;
}

describe('logRetries around a stack', () => {
  it('keeps the story of a call while many others are aborted, whose requests end later', () => {
    const others = Array.from({ length: 10_001 }, (_, n) => [
      event(100, { callId: n + 2, type: 'start' }),
      event(100, { callId: n + 2, type: 'end', error: new Error('aborted'), ms: 0, attempts: 0 }),
      event(100, { callId: n + 2, type: 'attempt', error: new Error('aborted'), ms: 0 }),
    ]).flat();

    expect(lines([...SLOW.slice(0, 2), ...others, ...SLOW.slice(-1)]).at(-1)).toBe(
      'warn: GET api.test/x 200 in 8.1 s: 503',
    );
  });

  it('writes retries, long waits, recoveries, and the story of a slow call', () => {
    expect(lines(SLOW)).toEqual([
      'warn: GET https://api.test/x failed with 503 (attempt 1 of 3), retrying in 1000 ms (retry-after)',
      'info: GET https://api.test/x waits 5.2 s at the gate of rateLimit() (closed)',
      'info: GET https://api.test/x ended with 200 after 3 attempts and 8100 ms',
      'warn: GET api.test/x 200 in 8.1 s: 503, waited 1.0 s (retry-after), 429, waited 5.2 s (gate), 200',
    ]);
  });

  it('writes what a layer did not send, and why the call is given up', () => {
    const told = lines(
      [
        event(0, { type: 'start' }),
        event(0, { type: 'queue', action: 'wait', key: 'k', active: 1, queued: 1 }),
        event(30, { type: 'circuit', action: 'refused', key: 'https://api.test', why: 'the last answer was 503' }),
        event(30, { type: 'gate', action: 'refused', key: 'k', reason: 'rate-limited', ms: 3_600_000 }),
        event(30, { type: 'gate', action: 'refused', key: 'k', reason: 'queue-full', ms: 500 }),
        event(30, { type: 'give-up', reason: 'circuit-open', cause: 'CircuitOpenError' }),
        event(30, { type: 'end', error: new Error('refused'), ms: 30, attempts: 0 }),
      ],
      { slowAfter: 0 },
    );

    expect(told).toEqual([
      'warn: GET https://api.test/x is not sent: circuitBreaker() refuses it (https://api.test: the last answer was 503)',
      'warn: GET https://api.test/x is not sent: rateLimit() refuses it (k: it would wait 3600.0 s)',
      'warn: GET https://api.test/x is not sent: rateLimit() refuses it (k)',
      'error: GET https://api.test/x failed with CircuitOpenError (attempt 1), giving up: circuit-open (not sent: circuitBreaker() considers the server down)',
      'warn: GET api.test/x Error in 0.0 s: refused (circuit), refused (gate), refused (gate)',
    ]);
  });

  it.each([
    ['TimeoutError', { name: 'TimeoutError', message: 'of another realm' }],
    ['object', Object.assign(new Error('failed'), { name: 'failed for token=1' })],
  ])('writes the name %s of an error, and none that is no word', (name, error) => {
    const told = lines([event(0, { type: 'end', error, ms: 5_000, attempts: 0 })]);

    expect(told).toEqual([`warn: GET api.test/x ${name} in 5.0 s`]);
  });

  it('writes that a call waits for the network, and not that it is sent', () => {
    const told = lines([
      event(0, { type: 'start' }),
      event(0, { type: 'offline', action: 'wait', waiting: 1 }),
      event(9_000, { type: 'offline', action: 'released', waiting: 0 }),
      event(9_100, { type: 'attempt', status: 200, ms: 100 }),
      event(9_100, { type: 'end', status: 200, ms: 9_100, attempts: 1 }),
    ]);

    expect(told).toEqual([
      'info: GET https://api.test/x waits in online(): the browser says that it is offline',
      'warn: GET api.test/x 200 in 9.1 s: waited 9.0 s (offline), 200',
    ]);
  });

  it('tells how long a spent budget held a call', () => {
    const told = lines([
      event(0, { type: 'start' }),
      event(10, { type: 'attempt', status: 503, ms: 10 }),
      event(10, { type: 'budget', cause: '503', ms: 5_000 }),
      event(5_010, { type: 'give-up', reason: 'budget', cause: '503' }),
      event(5_010, { type: 'end', status: 503, ms: 5_010, attempts: 1 }),
    ]);

    expect(told.at(-1)).toBe('warn: GET api.test/x 503 in 5.0 s: 503, waited 5.0 s (budget)');
  });

  it('does not take an attempt that hangs until the call ends for a wait', () => {
    const timeout = new DOMException('too late', 'TimeoutError');
    const told = lines([
      event(0, { type: 'start' }),
      event(10_000, { type: 'attempt', error: timeout, ms: 10_000 }),
      event(10_000, { type: 'wait', attempt: 1, cause: 'TimeoutError', ms: 200, source: 'backoff', maxRetries: 2 }),
      event(30_000, { type: 'end', error: timeout, ms: 30_000, attempts: 1 }),
      event(30_000, { type: 'attempt', error: timeout, ms: 19_800 }),
    ]);

    expect(told.at(-1)).toBe('warn: GET api.test/x TimeoutError in 30.0 s: TimeoutError, waited 0.2 s (backoff)');
  });

  it('tells how long a call waited that was aborted while it waited', () => {
    const told = lines([
      event(0, { type: 'start' }),
      event(10, { type: 'attempt', status: 503, ms: 10 }),
      event(10, { type: 'wait', attempt: 1, cause: '503', ms: 20_000, source: 'retry-after', maxRetries: 2 }),
      event(5_010, { type: 'end', error: new DOMException('', 'AbortError'), ms: 5_010, attempts: 1 }),
    ]);

    expect(told.at(-1)).toBe('warn: GET api.test/x AbortError in 5.0 s: 503, waited 5.0 s (retry-after)');
  });

  it('writes the wait that a give-up did not take, and errors by their codes', () => {
    const reset = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
    const told = lines(
      [
        event(0, { type: 'start' }),
        event(5, { type: 'attempt', error: reset, ms: 5 }),
        event(5, { type: 'give-up', reason: 'server-delay', cause: 'ECONNRESET', ms: 90_000, source: 'retry-after' }),
        event(5, { type: 'end', error: 'no error', ms: 5, attempts: 1 }),
      ],
      { slowAfter: 0 },
    );

    expect(told[0]).toMatch(/giving up: server-delay, not waiting 90000 ms \(retry-after\)$/);
    expect(told[1]).toBe('warn: GET api.test/x string in 0.0 s: ECONNRESET');
  });

  it('is silent where nothing is wrong, and at levels that are off', () => {
    const off = { retry: false, recover: false, wait: false, slow: false } as const;

    expect(lines([event(0, { type: 'start' }), event(9, { type: 'end', status: 200, ms: 9, attempts: 1 })])).toEqual(
      [],
    );
    expect(lines(SLOW, { levels: off })).toEqual([]);
    expect(lines(SLOW, { levels: { ...off, slow: undefined as never }, slowAfter: 9_000 })).toEqual([]);
  });

  it('forgets the oldest of the calls whose end is never told', () => {
    const many = Array.from({ length: 10_001 }, (_, n) => SLOW.slice(0, 2).map((one) => ({ ...one, callId: n + 2 })));
    const [first, last] = [2, 10_002].map((callId) => ({ ...SLOW[8]!, callId }) as SteadfetchEvent);

    const told = lines([...many.flat(), last!, first!]);

    expect(told).toEqual(['warn: GET api.test/x 200 in 8.1 s: 503', 'warn: GET api.test/x 200 in 8.1 s']);
  });

  it('lets no text from outside forge a line', () => {
    const [line] = lines([
      event(0, { type: 'end', error: Object.assign(new Error('x'), { code: 'a\nb' }), ms: 9_000, attempts: 1 }),
    ]);

    expect(line).toBe('warn: GET api.test/x ab in 9.0 s');
  });

  it.each([
    [() => logRetries({ info: () => {} }), "logRetries: logger: expected a method 'warn', got undefined"],
    [
      () => logRetries(console, { levels: { slwo: 'x' } as never }),
      "logRetries: levels: unknown option 'slwo', expected one of retry, giveUp, recover, wait, refused, slow; did you mean 'slow'?",
    ],
  ])('refuses what cannot work: %#', (make, message) => {
    expect(make).toThrow(new TypeError(message));
  });
});

describe('a real logger', () => {
  const call = async (logger: object, script: Script = [503, 200]) => {
    const clock = instantClock();
    const layers = [observe(logRetries(logger, { slowAfter: 0 }), { clock }), retry({ clock, random: () => 1 })];
    await compose(...layers)(fakeFetch(script))('https://api.test/x');
  };
  const told = [
    'failed with 503',
    'ended with 200 after 2 attempts',
    'GET api.test/x 200 in 0.6 s: 503, waited 0.6 s (backoff), 200',
  ];

  it('pino has fields and the message', async () => {
    const written: { msg: string; event: string; level: number }[] = [];

    await call(pino({}, { write: (line: string) => void written.push(JSON.parse(line)) }));

    expect(written.map(({ msg }) => msg)).toEqual(told.map((text) => expect.stringContaining(text)));
    expect(written.map(({ event, level }) => [event, level])).toEqual([
      ['wait', 40],
      ['recover', 30],
      ['end', 40],
    ]);
  });

  it('winston has the message and fields', async () => {
    const written: { message: string; event: string; level: string }[] = [];
    const stream = new (await import('node:stream')).Writable({
      write: (line, _, done) => {
        written.push(JSON.parse(String(line)));
        done();
      },
    });

    await call(createLogger({ format: format.json(), transports: [new transports.Stream({ stream })] }));

    expect(written.map(({ message }) => message)).toEqual(told.map((text) => expect.stringContaining(text)));
    expect(written.map(({ event, level }) => [event, level])).toEqual([
      ['wait', 'warn'],
      ['recover', 'info'],
      ['end', 'warn'],
    ]);
  });

  it('console has the message alone', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});

    await call(console);
    const calls = [...warn.mock.calls, ...info.mock.calls];
    vi.restoreAllMocks();

    expect(calls).toEqual([told[0], told[2], told[1]].map((text) => [expect.stringContaining(text!)]));
  });
});
