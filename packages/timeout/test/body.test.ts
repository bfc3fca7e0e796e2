import { compose } from '@steadfetch/core';
import { manualClock, startServer } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeout } from '../src/index.ts';
import { handFed, settled, URL } from './stubs.ts';

describe('timeout', () => {
  it('starts no timer before the body is read', async () => {
    const clock = manualClock();
    const { body } = handFed();
    const response = await timeout({ body: 100 }, { clock })(async () => new Response(body))(URL);

    await clock.advance(10_000);

    expect(clock.pending).toBe(0);
    expect(response.bodyUsed).toBe(false);
  });

  it('rejects the read of a body that stalls, and cancels the body with the same error', async () => {
    const clock = manualClock();
    const fed = handFed();
    let signal: AbortSignal | null | undefined;
    const fetch = timeout(
      { headers: 1_000, body: 100 },
      { clock },
    )(async (_input, init) => {
      signal = init?.signal;
      return new Response(fed.body);
    });
    const result = settled((await fetch(URL, { method: 'POST' })).text());

    await clock.advance(60);
    fed.send('one');
    await clock.advance(100);

    const { error } = (await result) as { error: Error };
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'body', limit: 100 });
    expect(error.message).toBe('no part of the body within 100 ms from POST https://api.example.com/reports');
    expect(fed.cancelled).toBe(error);
    expect(signal!.reason).toBe(error);
    expect(clock.pending).toBe(0);
  });

  it('does not end a long body while chunks keep coming', async () => {
    const clock = manualClock();
    const fed = handFed();
    const fetch = timeout({ headers: 100, body: 100 }, { clock })(async () => new Response(fed.body));
    const text = (await fetch(URL)).text();

    for (let part = 0; part < 10; part++) {
      await clock.advance(90);
      fed.send('.');
    }
    fed.end();

    expect(await text).toBe('..........');
    expect(clock.pending).toBe(0);
  });

  it('passes on every byte in order, or an error if a gap was too long', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 }), async (gaps) => {
        const clock = manualClock();
        const fed = handFed();
        const fetch = timeout({ body: 100 }, { clock })(async () => new Response(fed.body));
        const result = settled((await fetch(URL)).text());
        const tooLong = gaps.findIndex((gap) => gap >= 100);

        for (const gap of tooLong < 0 ? gaps : gaps.slice(0, tooLong + 1)) {
          await clock.advance(gap);
          if (gap < 100) fed.send(`${gap},`);
        }
        if (tooLong < 0) fed.end();

        const expected = tooLong < 0 ? { value: gaps.map((gap) => `${gap},`).join('') } : { error: { limit: 100 } };
        expect(await result).toMatchObject(expected);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('does not limit a slow reader', async () => {
    const clock = manualClock();
    const fed = handFed();
    const fetch = timeout({ body: 100 }, { clock })(async () => new Response(fed.body));
    const reader = (await fetch(URL)).body!.getReader();

    fed.send('one');
    await reader.read();
    await clock.advance(10_000);
    fed.send('two');

    expect(new TextDecoder().decode((await reader.read()).value)).toBe('two');
  });

  it('passes on the original error of a broken body', async () => {
    const fed = handFed();
    const error = new TypeError('terminated');
    const fetch = timeout({ body: 100 })(async () => new Response(fed.body));
    const result = settled((await fetch(URL)).text());

    fed.fail(error);

    expect(((await result) as { error: unknown }).error).toBe(error);
  });

  it('rejects with the parser error if a complete body is not JSON', async () => {
    const response = await timeout({ body: 100 })(async () => new Response('oops'))(URL);

    await expect(response.json()).rejects.toBeInstanceOf(SyntaxError);
  });

  it('passes a cancel on to the body, read or not', async () => {
    const [read, unread] = [handFed(), handFed()];
    const bodies = [read.body, unread.body];
    const fetch = timeout({ body: 100 })(async () => new Response(bodies.shift()));
    const reader = (await fetch(URL)).body!.getReader();
    read.send('one');
    await reader.read();

    await reader.cancel('enough');
    await (await fetch(URL)).body!.cancel('never mind');

    expect([read.cancelled, unread.cancelled]).toEqual(['enough', 'never mind']);
  });

  it('keeps the status, URL and type of the network response, also in clones', async () => {
    await using server = await startServer({ status: 201, headers: { 'x-one': '1' }, body: '{"a":1}' });

    const response = await timeout({ headers: 1_000, body: 1_000 })(fetch)(`${server.url}things`);
    const copy = response.clone();

    for (const each of [response, copy]) {
      expect(each).toBeInstanceOf(Response);
      expect(each).toMatchObject({ url: `${server.url}things`, status: 201, redirected: false, type: 'basic' });
      expect(each.headers.get('x-one')).toBe('1');
      expect(await each.json()).toEqual({ a: 1 });
    }
  });

  it('can be read with a BYOB reader if the body is a byte stream', async () => {
    const fed = handFed('bytes');
    const fetch = timeout({ body: 100 })(async () => new Response(fed.body));
    const reader = (await fetch(URL)).body!.getReader({ mode: 'byob' });

    fed.send('one');
    const first = await reader.read(new Uint8Array(8));
    const second = reader.read(new Uint8Array(8));
    fed.end();

    expect(new TextDecoder().decode(first.value)).toBe('one');
    expect(await second).toMatchObject({ done: true });
  });

  it.each([
    ['none', null],
    ['one that is locked', 'locked'],
    ['one that is used', 'used'],
  ])('leaves a response alone whose body is %s', async (_kind, state) => {
    const response = new Response(state);
    if (state === 'locked') response.body!.getReader();
    if (state === 'used') await response.text();

    const result = await timeout({ body: 100 })(async () => response)(URL, { signal: new AbortController().signal });

    expect(result).toBe(response);
  });

  it('ends a read from a server that stalls, and closes the connection', async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const response = await timeout({ headers: 5_000, body: 20 })(fetch)(server.url);

    await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError', phase: 'body' });

    await expect.poll(() => server.openSockets).toBe(0);
  });

  it('aborts the real fetch when the outer of two timeouts detects a stall', async () => {
    await using server = await startServer({ fault: 'stall-body' });
    const stack = compose(timeout({ headers: 5_000, body: 20 }), timeout(1_000));
    const response = await stack(fetch)(server.url);

    await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError', limit: 20 });

    await expect.poll(() => server.openSockets).toBe(0);
  });
});
