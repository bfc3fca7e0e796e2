import { runInNewContext } from 'node:vm';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { compose, observe } from '@steadfetch/core';
import { otel, otelAttempts } from '@steadfetch/otel';
import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { timeout } from '@steadfetch/timeout';
import { describe, expect, it } from 'vitest';
import { callInLoop } from '../../core/test/support/loop.ts';
import { startSdk } from './sdk.ts';
import { attemptsIn, stack, URL } from './stack.ts';

describe('the span of a call', () => {
  it('surrounds its attempts and has what happened as span events', async () => {
    const sdk = startSdk();

    await stack({ callSpan: true })(fakeFetch([503, 200]))('https://api.test/', {
      headers: { 'idempotency-key': '"k"' },
    });

    const call = sdk.spans().at(-1)!;
    expect(call).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: { 'http.request.method': 'GET', 'steadfetch.attempts': 2, 'http.response.status_code': 200 },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(call.events.map(({ name }) => name)).toEqual(['steadfetch.wait', 'steadfetch.recover']);
    expect(call.events[0]!.attributes).toMatchObject({ source: 'backoff', reason: 'status', cause: '503' });
    expect(
      sdk
        .spans()
        .slice(0, 2)
        .map((span) => span.parentSpanContext?.spanId),
    ).toEqual([call.spanContext().spanId, call.spanContext().spanId]);
  });

  it('does not show a text that is thrown in place of an error, nor a name that is none', async () => {
    const sdk = startSdk();
    let sends = 0;
    const thrown = async () => (sends++ === 0 ? new Response(null, { status: 503 }) : Promise.reject('a secret'));
    await expect(stack({ callSpan: true })(thrown)(URL)).rejects.toBe('a secret');
    const odd = Object.assign(new Error('odd'), { name: 'a secret' });
    await expect(stack({ callSpan: true })(() => Promise.reject(odd))(URL)).rejects.toBe(odd);

    const said = JSON.stringify(sdk.spans().map(({ attributes, events }) => [attributes, events]));
    expect(said).toContain('steadfetch.give-up');
    expect(said).not.toContain('a secret');
  });

  it('counts the requests of a call once where a foreign wrapper stands between', async () => {
    const sdk = startSdk();
    const inner = compose(otelAttempts())(fakeFetch([503, 200]));
    const outer = compose(otel({ callSpan: true }), retry({ clock: instantClock(), budget: false }));
    await outer((input, init) => inner(input, init))('https://api.test/');

    expect(attemptsIn(sdk)).toEqual([
      [503, undefined, true],
      [200, 1, false],
    ]);
    expect(sdk.spans().at(-1)!.attributes).toMatchObject({ 'steadfetch.attempts': 2 });
  });

  it('counts the attempt that a limit for the whole call ends', async () => {
    const sdk = startSdk();
    const clock = manualClock();
    const hangs = () => new Promise<Response>(() => {});
    const call = compose(otel({ callSpan: true }), timeout(1_000, { clock }))(hangs)(URL).catch(() => {});
    await clock.advance(1_000);
    await call;

    expect(sdk.spans()[0]!.attributes).toMatchObject({ 'steadfetch.attempts': 1, 'error.type': 'TimeoutError' });
  });

  it('is no error where the caller cancels the call', async () => {
    const sdk = startSdk();
    const hangs = (_: unknown, init?: RequestInit) =>
      new Promise<never>((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    const controller = new AbortController();
    const call = compose(otel({ callSpan: true }), otelAttempts())(hangs)(URL, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toThrow('aborted');

    expect(sdk.spans().map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
    expect(sdk.spans().map(({ attributes }) => attributes['error.type'])).toEqual([undefined, undefined]);
  });

  it('is an error where the call ends with a status from 400, as the span of its last attempt is', async () => {
    const sdk = startSdk();

    await stack({ callSpan: true })(fakeFetch(503))('https://api.test/');

    expect(sdk.spans().at(-1)).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: { 'error.type': '503', 'http.response.status_code': 503 },
      status: { code: SpanStatusCode.ERROR },
    });
  });

  it.each([
    ['no error', 'string'],
    [runInNewContext('new TypeError("fetch failed")'), 'TypeError'],
    [new TypeError('fetch failed', { cause: { code: 'CERT_HAS_EXPIRED' } }), 'CERT_HAS_EXPIRED'],
    [new TypeError('fetch failed', { cause: { code: 'no word, maybe a secret' } }), 'TypeError'],
  ])('is an error where the call ends in %o', async (thrown, type) => {
    const sdk = startSdk();

    await expect(compose(otel({ callSpan: true }))(() => Promise.reject(thrown))(URL)).rejects.toBe(thrown);

    expect(sdk.spans()[0]).toMatchObject({
      attributes: { 'error.type': type },
      status: { code: SpanStatusCode.ERROR },
    });
  });

  it('hides the loop of ky from no observer inside of it, such as one that logs retries', async () => {
    const heard: string[] = [];
    const below = compose(
      otel({ callSpan: true }),
      observe(({ type }) => heard.push(type)),
    )(fakeFetch([200]));

    await callInLoop(below);

    expect(heard).toEqual(['start', 'end']);
  });

  it('is not made unless it is asked for', async () => {
    const sdk = startSdk();

    await compose(otel())(fakeFetch([200]))('https://api.test/');

    expect(sdk.spans()).toEqual([]);
  });
});
