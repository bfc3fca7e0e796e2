import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { logRetries } from '../src/index.ts';
import { fakeLogger, giveUpEvent, recoverEvent, retryEvent } from './events.ts';

describe('logRetries', () => {
  it('writes one line per retry, per give-up and per recovery', () => {
    const logger = fakeLogger();
    const hooks = logRetries(logger);

    hooks.onRetry(retryEvent());
    hooks.onGiveUp(giveUpEvent());
    hooks.onRecover(recoverEvent());

    expect(logger.warn.mock.calls).toEqual([
      ['GET https://api.example.com/items failed with 503 (attempt 1 of 3), retrying in 250 ms (backoff)'],
    ]);
    expect(logger.error.mock.calls).toEqual([
      ['GET https://api.example.com/items failed with 503 (attempt 3), giving up: limit'],
    ]);
    expect(logger.info.mock.calls).toEqual([
      ['GET https://api.example.com/items ended with 200 after 3 attempts and 1235 ms'],
    ]);
  });

  it('says which wait was not taken', () => {
    const logger = fakeLogger();

    logRetries(logger).onGiveUp(giveUpEvent({ reason: 'server-delay', delay: 120_000, delaySource: 'retry-after' }));

    expect(logger.error.mock.calls[0]![0]).toMatch(/giving up: server-delay, not waiting 120000 ms \(retry-after\)$/);
  });

  it('writes to console', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

    logRetries(console).onRetry(retryEvent());
    const calls = warn.mock.calls;
    warn.mockRestore();

    expect(calls).toEqual([[expect.stringContaining('retrying in 250 ms')]]);
  });

  it.each([
    ['pino', { bindings: () => ({}) }],
    ['bunyan', { fatal: () => {} }],
  ])('passes fields, then the message, to a logger like %s', (_, more) => {
    const logger = fakeLogger(more);

    logRetries(logger).onRetry(retryEvent());

    expect(logger.warn).toHaveBeenCalledWith(
      { event: 'retry', ...retryEvent(), delay: 250 },
      expect.stringContaining('retrying in 250 ms'),
    );
  });

  it('passes the message, then fields, to a logger like winston', () => {
    const logger = fakeLogger({ transports: [] });

    logRetries(logger).onRecover(recoverEvent({ idempotencyKey: '"k"' }));

    expect(logger.info).toHaveBeenCalledWith(expect.stringContaining('after 3 attempts'), {
      event: 'recover',
      ...recoverEvent({ idempotencyKey: '"k"' }),
      elapsed: 1_235,
    });
  });

  it('writes times in whole milliseconds, in lines and in fields', () => {
    const logger = fakeLogger({ transports: [] });
    const hooks = logRetries(logger);

    hooks.onRetry(retryEvent({ delay: 162.8724842662383, elapsed: 20.000_01 }));
    hooks.onGiveUp(giveUpEvent({ delay: 162.8724842662383, elapsed: 20.000_01 }));
    hooks.onRecover(recoverEvent({ elapsed: 20.000_01 }));

    const written = [...logger.warn.mock.calls, ...logger.error.mock.calls, ...logger.info.mock.calls].flat();
    expect(written).toHaveLength(6);
    expect(JSON.stringify(written)).not.toMatch(/\d\.\d/);
    expect(written[1]).toMatchObject({ delay: 163, elapsed: 20 });
  });

  it.each([
    ['budget', 'most requests to this server fail, so its retries are paused until some succeed'],
    ['rate-limited', 'not sent: rateLimit() would have had to hold it for too long'],
    ['circuit-open', 'not sent: circuitBreaker() takes the server for down'],
    ['queue-full', 'not sent: too many calls are waiting in concurrency()'],
  ])('says what the reason %s means', (reason, words) => {
    const logger = fakeLogger();

    logRetries(logger).onGiveUp(giveUpEvent({ reason, delay: 250, delaySource: 'backoff' }));

    expect(logger.error.mock.calls[0]![0]).toBe(
      `GET https://api.example.com/items failed with 503 (attempt 3), giving up: ${reason} (${words}), not waiting 250 ms (backoff)`,
    );
  });

  it('takes the style and the levels of the options', () => {
    const notice = vi.fn();
    const logger = fakeLogger({ notice });
    const hooks = logRetries(logger, { style: 'pino', levels: { retry: 'notice', giveUp: false } });

    hooks.onRetry(retryEvent());
    hooks.onGiveUp(giveUpEvent());

    expect(notice).toHaveBeenCalledWith(expect.objectContaining({ event: 'retry' }), expect.any(String));
    expect(logger.error).not.toHaveBeenCalled();
  });

  it('leaves responses and errors out of the fields', () => {
    const logger = fakeLogger({ transports: [] });

    logRetries(logger).onRetry(retryEvent({ response: new Response() }));

    expect(logger.warn.mock.calls[0]![1]).not.toHaveProperty('response');
  });

  it('redacts URLs unless fullUrls is set', () => {
    const logger = fakeLogger();
    const event = retryEvent({ url: 'https://me:pw@api.example.com/a?token=secret#x' });

    logRetries(logger).onRetry(event);
    logRetries(logger, { fullUrls: true }).onRetry(event);

    expect(logger.warn.mock.calls[0]![0]).toContain('GET https://api.example.com/a failed');
    expect(logger.warn.mock.calls[1]![0]).toContain(event.url);
  });

  it('keeps whatever a server or a URL says in one line of plain text', () => {
    const text = fc.string({ unit: 'binary' });
    const logger = fakeLogger({ transports: [] });
    const hooks = logRetries(logger, { fullUrls: true });

    fc.assert(
      fc.property(text, text, text, (cause, url, delaySource) => {
        logger.warn.mockClear();
        hooks.onRetry(retryEvent({ cause, url, delaySource }));
        const written = logger.warn.mock.calls[0]!;
        expect([written[0], ...Object.values(written[1])].join('')).not.toMatch(
          /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u,
        );
      }),
    );
  });

  it('spells out a line break and cuts what is very long', () => {
    const logger = fakeLogger();

    logRetries(logger).onRetry(retryEvent({ cause: 'x\r\n2026 ERROR forged' }));
    logRetries(logger).onRetry(retryEvent({ cause: 'y'.repeat(50_000) }));

    expect(logger.warn.mock.calls[0]![0]).toContain('x\\u000d\\u000a2026 ERROR forged');
    expect(logger.warn.mock.calls[1]![0].length).toBeLessThan(1_500);
  });

  it.each(['\u061c', '\u200e', '\u200f', '\u202e', '\u2066'])('spells out the mark of direction %j', (mark) => {
    const logger = fakeLogger();

    logRetries(logger).onRetry(retryEvent({ cause: `x${mark}y` }));

    expect(logger.warn.mock.calls[0]![0]).toContain(`x\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}y`);
  });

  it('ignores a logger that throws or rejects', async () => {
    const broken = fakeLogger({
      warn: () => {
        throw new Error('full disk');
      },
      error: () => Promise.reject(new Error('full disk')),
    });
    const hooks = logRetries(broken);

    expect(() => hooks.onRetry(retryEvent())).not.toThrow();
    expect(() => hooks.onGiveUp(giveUpEvent())).not.toThrow();
  });

  it('fits the hooks option of retry', async () => {
    const logger = fakeLogger();
    const fetch = fakeFetch([503, { error: 'ECONNRESET' }, 200]);
    const steady = retry({ hooks: logRetries(logger), clock: instantClock(), delay: () => 10 })(fetch);

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
    [fakeLogger(), { fullUrls: 'yes' }, /^logRetries: fullUrls: expected true or false, got "yes"/],
    [fakeLogger(), { style: 'log4j' }, /style: expected one of console, pino, winston, got "log4j"/],
    [fakeLogger(), { level: 'warn' }, /unknown option 'level'/],
    [fakeLogger(), { levels: { onRetry: 'warn' } }, /unknown option 'onRetry'/],
  ])('refuses %o with %o', (logger, options, message) => {
    expect(() => logRetries(logger as object, options as never)).toThrow(TypeError);
    expect(() => logRetries(logger as object, options as never)).toThrow(message);
  });
});
