import { inspect } from 'node:util';
import { compose, defineMiddleware, type LastAnswer } from '@steadfetch/core';
import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { TimeoutError, timeout } from '../src/index.ts';
import { settled, slowFetch, URL } from './stubs.ts';

/** A call that is ended after a second in a layer that has written this to its record. */
async function endedIn(record: { waitingFor?: string; lastAnswer?: LastAnswer }): Promise<TimeoutError> {
  const clock = manualClock();
  const layer = defineMiddleware((call, next) => {
    Object.assign(call.record, record);
    return next(call);
  });
  const result = settled(compose(timeout(1_000, { clock }), layer)(slowFetch())(URL));
  await clock.advance(1_000);
  return ((await result) as { error: TimeoutError }).error;
}

const messageFor = async (url: string, init: RequestInit = {}) => {
  const clock = manualClock();
  const result = settled(timeout(1, { clock })(slowFetch())(url, init));
  await clock.advance(1);
  return ((await result) as { error: Error }).error.message;
};

const answer = (retryAfter?: number): LastAnswer => ({
  status: 429,
  headers: new Headers({ 'set-cookie': 'secret' }),
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

describe('a TimeoutError', () => {
  it('says what the call was waiting for, and what the server answered last', async () => {
    const lastAnswer = answer(12_000.4);

    const error = await endedIn({ waitingFor: 'its turn in rateLimit()', lastAnswer });

    expect(error.message).toBe(
      'no response within 1000 ms from GET https://api.example.com/reports; it was waiting for its turn in ' +
        'rateLimit(); the last answer was 429, and asked to wait 12000 ms',
    );
    expect(error.waitingFor).toBe('its turn in rateLimit()');
    expect(error.lastAnswer).toBe(lastAnswer);
    expect(error.retryAfter).toBe(12_000.4);
  });

  it('omits what is not known', async () => {
    const sent = await endedIn({});
    const answered = await endedIn({ lastAnswer: answer() });

    expect(sent.message).toBe('no response within 1000 ms from GET https://api.example.com/reports');
    expect([sent.waitingFor, sent.lastAnswer, sent.retryAfter]).toEqual([undefined, undefined, undefined]);
    expect(answered.message).toMatch(/reports; the last answer was 429$/);
    expect(answered.retryAfter).toBeUndefined();
  });

  it('does not print the headers of the last answer', async () => {
    const error = await endedIn({ lastAnswer: answer() });

    expect(inspect(error, { depth: 9 })).not.toContain('secret');
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('does not mention the wait for the headers if the body stalled', () => {
    const record = { waitingFor: 'something', lastAnswer: answer(5) };

    const error = new TimeoutError('body', 10, { method: 'GET', url: URL, record });

    expect(error.message).toBe('no part of the body within 10 ms from GET https://api.example.com/reports');
    expect([error.waitingFor, error.lastAnswer]).toEqual([undefined, undefined]);
  });

  it.each([
    ['line breaks', 'http://h.test/a\n2026-01-01 ERROR admin\r\u2028\u001b[31m', {}],
    ['a secret behind control characters', '\u0001ht\ntps://user:secret@h.test/?secret', {}],
    ['a long password', `https://user:${'secret'.repeat(100)}@h.test/`, {}],
    ['a long path', `https://h.test/${'x'.repeat(100_000)}`, {}],
    ['a long method with line breaks', 'https://h.test/', { method: `\r\n${'x'.repeat(100_000)}` }],
    ['a method that is no string', 'https://h.test/', { method: ['post'] as never }],
  ])('stays one short line, and keeps secrets: %s', async (_what, url, init) => {
    const message = await messageFor(url, init);

    expect(message).toMatch(/^no response within 1 ms from /);
    expect(message).not.toMatch(/[\p{Cc}\u2028\u2029]|secret/u);
    expect(message.length).toBeLessThan(300);
  });

  it('ends a call whose method cannot be read', async () => {
    expect(await messageFor(URL, { method: Symbol('odd') as never })).toBe('no response within 1 ms from the server');
  });

  it('stays on one line, whatever text a layer gives for its wait', async () => {
    const error = await endedIn({ waitingFor: 'a\nFAKE'.repeat(1_000) });

    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(400);
  });
});
