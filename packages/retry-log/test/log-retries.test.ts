import { compose, observe, type SteadfetchEvent } from '@steadfetch/core';
import { use } from '@steadfetch/ky';
import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import fc from 'fast-check';
import ky from 'ky';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { anyText } from '../../search-tests/test/support/any-text.ts';
import { logRetries } from '../src/index.ts';
import { fakeLogger, giveUpEvent, recoverEvent, waitEvent } from './events.ts';

/** What is written besides the message. */
function fieldsOf({ type: _, ...fields }: SteadfetchEvent) {
  return fields;
}

describe('logRetries', () => {
  it('writes one line per retry, per give-up and per recovery', () => {
    const logger = fakeLogger();
    const log = logRetries(logger);

    log(waitEvent());
    log(giveUpEvent());
    log(recoverEvent());

    expect(logger.warn.mock.calls).toEqual([
      ['GET https://api.example.com/items failed with 503 (attempt 1 of 3), retrying in 250 ms (backoff)'],
    ]);
    expect(logger.error.mock.calls).toEqual([
      ['GET https://api.example.com/items failed with 503 (attempt 3), giving up: limit (no retries are left)'],
    ]);
    expect(logger.info.mock.calls).toEqual([
      ['GET https://api.example.com/items ended with 200 after 3 attempts and 1235 ms'],
    ]);
  });

  it('says which wait was not taken', () => {
    const logger = fakeLogger();

    logRetries(logger)(giveUpEvent({ reason: 'server-delay', ms: 120_000, source: 'retry-after' }));

    expect(logger.error.mock.calls[0]![0]).toMatch(/giving up: server-delay, not waiting 120000 ms \(retry-after\)$/);
  });

  it('passes the message alone to a logger like Sentry, LogTape and Nest', () => {
    const logger = fakeLogger({ fatal: () => {} });

    logRetries(logger)(waitEvent());

    expect(logger.warn.mock.calls).toEqual([[expect.stringContaining('retrying in 250 ms')]]);
  });

  it('writes to console', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

    logRetries(console)(waitEvent());
    const calls = warn.mock.calls;
    warn.mockRestore();

    expect(calls).toEqual([[expect.stringContaining('retrying in 250 ms')]]);
  });

  it.each([
    ['pino', { bindings: () => ({}) }],
    ['bunyan', { fatal: () => {}, child: () => {} }],
  ])('passes fields, then the message, to a logger like %s', (_, more) => {
    const logger = fakeLogger(more);

    logRetries(logger)(waitEvent());

    expect(logger.warn).toHaveBeenCalledWith(
      { event: 'wait', ...fieldsOf(waitEvent()), ms: 250 },
      expect.stringContaining('retrying in 250 ms'),
    );
  });

  it('passes the message, then fields, to a logger like winston', () => {
    const logger = fakeLogger({ transports: [] });

    logRetries(logger)(recoverEvent({ idempotencyKey: '"k"' }));

    expect(logger.info).toHaveBeenCalledWith(expect.stringContaining('after 3 attempts'), {
      event: 'recover',
      ...fieldsOf(recoverEvent({ idempotencyKey: '"k"' })),
      elapsed: 1_235,
    });
  });

  it('writes times in whole milliseconds, in lines and in fields', () => {
    const logger = fakeLogger({ transports: [] });
    const log = logRetries(logger);

    log(waitEvent({ ms: 162.8724842662383, elapsed: 20.000_01 }));
    log(giveUpEvent({ ms: 162.8724842662383, elapsed: 20.000_01 }));
    log(recoverEvent({ elapsed: 20.000_01 }));

    const written = [...logger.warn.mock.calls, ...logger.error.mock.calls, ...logger.info.mock.calls].flat();
    expect(written).toHaveLength(6);
    expect(JSON.stringify(written)).not.toMatch(/\d\.\d/);
    expect(written[1]).toMatchObject({ ms: 163, elapsed: 20 });
  });

  it.each([
    ['limit', 'no retries are left'],
    ['aborted', 'its caller, the limit for the whole call, or drain() has ended it'],
    ['budget', 'most requests to this server fail, so its retries are paused until some succeed'],
    ['rate-limited', 'not sent: rateLimit() would make it wait too long'],
    ['circuit-open', 'not sent: circuitBreaker() considers the server down'],
    ['queue-full', 'not sent: too many calls are waiting'],
    ['draining', 'not sent: the client is shutting down'],
  ])('says what the reason %s means', (reason, words) => {
    const logger = fakeLogger();

    logRetries(logger)(giveUpEvent({ reason, ms: 250, source: 'backoff' }));

    expect(logger.error.mock.calls[0]![0]).toBe(
      `GET https://api.example.com/items failed with 503 (attempt 3), giving up: ${reason} (${words}), not waiting 250 ms (backoff)`,
    );
  });

  it.each([
    ['info', 'AbortError'],
    ['error', 'TimeoutError'],
    ['error', 'DrainError'],
  ] as const)('writes at the level %s what %s ends', async (level, name) => {
    const logger = fakeLogger();
    const controller = new AbortController();
    const stop = observe(({ type }) => type === 'wait' && controller.abort(new DOMException('', name)));
    const steady = compose(observe(logRetries(logger)), stop, retry())(fakeFetch(503));

    await expect(steady('https://api.example.com/a', { signal: controller.signal })).rejects.toMatchObject({ name });

    const lines = { info: logger.info.mock.calls, error: logger.error.mock.calls };
    expect(lines).toEqual({ info: [], error: [], [level]: [[expect.stringContaining('giving up: aborted')]] });
  });

  it('writes as an error what the timeout of ky ends', async () => {
    vi.useFakeTimers();
    vi.setTimerTickMode('nextTimerAsync');
    onTestFinished(() => void vi.useRealTimers());
    const logger = fakeLogger();
    const fetch = fakeFetch([503, { fault: 'stall-headers' }]);
    const api = ky.extend({
      ...use(observe(logRetries(logger)), retry({ delay: () => 1 }), () => fetch),
      timeout: 300,
    });

    await expect(api('https://api.example.com/a')).rejects.toMatchObject({ name: 'TimeoutError' });

    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it('takes the style and the levels of the options', () => {
    const notice = vi.fn();
    const logger = fakeLogger({ notice });
    const log = logRetries(logger, { style: 'pino', levels: { retry: 'notice', giveUp: false } });

    log(waitEvent());
    log(giveUpEvent());

    expect(notice).toHaveBeenCalledWith(expect.objectContaining({ event: 'wait' }), expect.any(String));
    expect(logger.error).not.toHaveBeenCalled();
  });

  it('leaves responses and errors out of the fields', () => {
    const logger = fakeLogger({ transports: [] });

    logRetries(logger)(waitEvent({ response: new Response() }));

    expect(logger.warn.mock.calls[0]![1]).not.toHaveProperty('response');

    logRetries(logger)(giveUpEvent({ error: 'a text that was thrown' }));

    expect(logger.error.mock.calls[0]![1]).not.toHaveProperty('error');
  });

  it('keeps whatever a server or a URL says in one line of plain text', () => {
    const logger = fakeLogger({ transports: [] });
    const log = logRetries(logger);

    fc.assert(
      fc.property(anyText, anyText, anyText, (cause, url, source) => {
        logger.warn.mockClear();
        log(waitEvent({ cause, url, source }));
        const written = logger.warn.mock.calls[0]!;
        expect([written[0], ...Object.values(written[1])].join('')).not.toMatch(
          /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u,
        );
      }),
    );
  });

  it('leaves out a line break and cuts what is very long', () => {
    const logger = fakeLogger();

    logRetries(logger)(waitEvent({ cause: 'x\r\n2026 ERROR forged' }));
    logRetries(logger)(waitEvent({ cause: 'y'.repeat(50_000) }));

    expect(logger.warn.mock.calls[0]![0]).toContain('x2026 ERROR forged');
    expect(logger.warn.mock.calls[1]![0].length).toBeLessThan(1_500);
  });

  it.each(['\u061c', '\u200b', '\u202e', '\u2066', '\ufeff'])('leaves out the invisible mark %j', (mark) => {
    const logger = fakeLogger();

    logRetries(logger)(waitEvent({ cause: `x${mark}y` }));

    expect(logger.warn.mock.calls[0]![0]).toContain('xy');
  });

  it('ignores a logger that throws or rejects', async () => {
    const broken = fakeLogger({
      warn: () => {
        throw new Error('full disk');
      },
      error: () => Promise.reject(new Error('full disk')),
    });
    const log = logRetries(broken);

    expect(() => log(waitEvent())).not.toThrow();
    expect(() => log(giveUpEvent())).not.toThrow();
  });

  it('listens to a stack', async () => {
    const logger = fakeLogger();
    const fetch = fakeFetch([503, { error: 'ECONNRESET' }, 200]);
    const clock = instantClock();
    const steady = compose(observe(logRetries(logger), { clock }), retry({ clock, delay: () => 10 }))(fetch);

    await steady('https://api.example.com/a?token=secret');

    expect(logger.warn.mock.calls.flat()).toEqual([
      'GET https://api.example.com/a failed with 503 (attempt 1 of 3), retrying in 10 ms (backoff)',
      'GET https://api.example.com/a failed with ECONNRESET (attempt 2 of 3), retrying in 10 ms (backoff)',
    ]);
    expect(logger.info).toHaveBeenCalledTimes(1);
  });

  it.each([
    [{}, {}, /logger: expected a method 'warn'/],
    [null, {}, /logger: expected a method 'warn'/],
    [fakeLogger(), { levels: { retry: 'shout' } }, /expected a method 'shout'/],
    [fakeLogger(), { levels: { retry: null } }, /expected a method 'null'/],
    [fakeLogger(), { levels: { giveUp: Symbol('no') } }, /expected a method 'Symbol/],
    [fakeLogger(), { minWait: -1 }, /^logRetries: minWait/],
    [fakeLogger(), { style: 'log4j' }, /style: expected one of console, pino, winston, got "log4j"/],
    [fakeLogger(), { level: 'warn' }, /unknown option 'level'/],
    [fakeLogger(), { levels: { onRetry: 'warn' } }, /unknown option 'onRetry'/],
  ])('refuses %o with %o', (logger, options, message) => {
    expect(() => logRetries(logger as object, options as never)).toThrow(message);
  });
});
