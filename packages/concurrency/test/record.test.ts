import { inspect } from 'node:util';
import { type Call, type CallRecord, compose, defineMiddleware, observe } from '@steadfetch/core';
import { describe, expect, it } from 'vitest';
import { concurrency, type QueueFullError } from '../src/index.ts';
import { heldFetch, settled, URL } from './held-fetch.ts';

/** Collects the records of the calls. */
function recording() {
  const records: CallRecord[] = [];
  const middleware = defineMiddleware((call: Call, next) => {
    records.push(call.record);
    return next(call);
  });
  return { middleware, records };
}

const closing = () => {
  const stream = { cancelled: false };
  const cancel = () => {
    stream.cancelled = true;
  };
  const init = { method: 'PUT', body: new ReadableStream({ cancel }), duplex: 'half' } as RequestInit;
  return { stream, init };
};

const errorOf = (call: Promise<unknown>) => call.catch((error: unknown) => error) as Promise<QueueFullError>;

describe('concurrency', () => {
  it('records in a call that it waits, until it gets its slot', async () => {
    const { middleware, records } = recording();
    const fetch = heldFetch();
    const send = compose(middleware, concurrency(1))(fetch);
    void send(URL);
    const second = send(URL);
    const waits = records.map(({ waitingFor }) => waitingFor);

    await fetch.answer();
    const inFlight = records.map(({ waitingFor }) => waitingFor);
    await fetch.answer();
    await second;

    expect(waits).toEqual([undefined, 'a slot of concurrency()']);
    expect(inFlight).toEqual([undefined, undefined]);
  });

  it('clears that record when the call is aborted', async () => {
    const { middleware, records } = recording();
    const send = compose(middleware, concurrency(1))(heldFetch());
    void send(URL);
    const controller = new AbortController();
    const waiting = errorOf(send(URL, { signal: controller.signal }));

    controller.abort('gone');
    await waiting;

    expect(records[1]!.waitingFor).toBeUndefined();
  });

  it('has the last answer in the error of a full queue, and does not print it', async () => {
    const lastAnswer = { status: 503, headers: new Headers({ 'set-cookie': 'secret' }) };
    const answered = defineMiddleware((call, next) => {
      call.record.lastAnswer = lastAnswer;
      return next(call);
    });
    const send = compose(answered, concurrency(1, { maxQueue: 0 }))(heldFetch());
    void send(URL);

    const error = await errorOf(send(URL));

    expect(error.lastAnswer).toBe(lastAnswer);
    expect(inspect(error)).not.toContain('secret');
  });

  it('puts an untrusted key on one line', async () => {
    const send = concurrency(1, { maxQueue: 0, key: () => 'a\r\nFAKE\u001b[31m' })(heldFetch());
    void send(URL);

    expect((await errorOf(send(URL))).message).toBe('aFAKE[31m: 1 in flight and 0 waiting already');
  });

  it('cancels the stream of a call that is aborted before or in the queue, but not that of a rejected call', async () => {
    const [before, inLine, refused] = [closing(), closing(), closing()];
    const controller = new AbortController();
    const send = concurrency(1, { maxQueue: 1 })(heldFetch());
    void send(URL);

    await errorOf(send(URL, { ...before.init, signal: AbortSignal.abort('early') }));
    const waiting = errorOf(send(URL, { ...inLine.init, signal: controller.signal }));
    await errorOf(send(URL, refused.init));
    controller.abort('late');
    await waiting;

    expect([before, inLine, refused].map(({ stream }) => stream.cancelled)).toEqual([true, true, false]);
  });
});

describe('concurrency().reset', () => {
  it('frees the slots of calls in flight, so that waiting calls start, and keeps the bound', async () => {
    const fetch = heldFetch();
    const limit = concurrency(2);
    const calls = Array.from({ length: 7 }, (_, call) => limit(fetch)(URL + call));

    limit.reset();
    const afterReset = limit.snapshot();
    await settled();
    const started = fetch.started.length;
    for (const _forgotten of [0, 1]) await fetch.answer();
    const afterAnswers = limit.snapshot();
    while (fetch.started.length < 7 || limit.snapshot().active > 0) await fetch.answer();

    expect([afterReset, started, afterAnswers]).toEqual([{ active: 2, queued: 3 }, 4, { active: 2, queued: 3 }]);
    expect(await Promise.all(calls)).toHaveLength(7);
    expect(limit.snapshot()).toEqual({ active: 0, queued: 0 });
  });

  it('starts a call whose observer resets the slots when the wait begins', async () => {
    const fetch = heldFetch();
    const limit = concurrency(1);
    const send = observe(({ type }) => type === 'queue' && limit.reset())(limit(fetch));
    const calls = [send(`${URL}a`), send(`${URL}b`)];
    await settled();

    expect(fetch.started).toEqual([`${URL}a`, `${URL}b`]);
    await fetch.answer();
    await fetch.answer();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('forgets only the given key', () => {
    const limit = concurrency(1, { key: ({ url }) => url });
    const send = limit(heldFetch());
    for (const name of ['a', 'b']) void send(URL + name);

    limit.reset(`${URL}a`);
    limit.reset(`${URL}unknown`);

    expect([limit.snapshot(`${URL}a`).active, limit.snapshot(`${URL}b`).active]).toEqual([0, 1]);
  });

  it('does not count a forgotten call in a lane that was made later', async () => {
    const fetch = heldFetch();
    const limit = concurrency(1);
    const forgotten = limit(fetch)(URL);
    limit.reset();
    void limit(fetch)(URL);
    void limit(fetch)(URL);

    await fetch.answer();
    await forgotten;

    expect(limit.snapshot()).toEqual({ active: 1, queued: 1 });
    expect(fetch.started).toHaveLength(2);
  });

  it('starts no call that is aborted at the moment when it gets a slot', async () => {
    const fetch = heldFetch();
    const limit = concurrency(1);
    const controller = new AbortController();
    void limit(fetch)(URL);
    const second = errorOf(limit(fetch)(URL, { signal: controller.signal }));
    limit.reset();

    controller.abort('gone');

    expect(await second).toBe('gone');
    expect(limit.snapshot()).toEqual({ active: 0, queued: 0 });
    expect(fetch.started).toHaveLength(1);
  });
});
