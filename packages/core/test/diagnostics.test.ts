import { tracingChannel } from 'node:diagnostics_channel';
import { compose, defineMiddleware, diagnostics, observe, type SteadfetchEvent } from '@steadfetch/core';
import { observerOf, toNext } from '@steadfetch/core/kit';
import { fakeFetch } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { callInLoop } from './support/loop.ts';

type Message = { callId: number; attempt: number; url: string; result?: Response; error?: unknown };

/** What a channel publishes until the test ends. */
function subscribed(name: string): string[] {
  const told: string[] = [];
  const channel = tracingChannel<Message>(name);
  const note = (what: string) => (message: object) => {
    const { attempt, url, result, error } = message as Message;
    told.push(`${what} ${attempt} ${url} ${result?.status ?? (error as Error | undefined)?.message ?? ''}`.trim());
  };
  const subscribers = {
    start: note('start'),
    end: () => {},
    asyncStart: () => {},
    asyncEnd: note('end'),
    error: note('error'),
  };
  channel.subscribe(subscribers);
  onTestFinished(() => void channel.unsubscribe(subscribers));
  return told;
}

/** Sends the call twice, as a retry does. */
const twice = defineMiddleware(async (call, next) => {
  await next(call.asAttempt(1));
  return next(call.asAttempt(2, 'last'));
});

describe('diagnostics', () => {
  it('publishes a call and its attempts', async () => {
    const [calls, attempts] = [subscribed('steadfetch.call'), subscribed('steadfetch.attempt')];

    await compose(diagnostics(), twice)(fakeFetch([503, 200]))('https://api.test/x?token=1');

    expect(calls).toEqual(['start 1 https://api.test/x', 'end 1 https://api.test/x 200']);
    expect(attempts).toEqual([
      'start 1 https://api.test/x',
      'end 1 https://api.test/x 503',
      'start 2 https://api.test/x',
      'end 2 https://api.test/x 200',
    ]);
  });

  it('publishes attempts also where only they have subscribers, and errors', async () => {
    const attempts = subscribed('steadfetch.attempt');
    const error = new Error('broken');

    await expect(diagnostics()(() => Promise.reject(error))('https://api.test/')).rejects.toBe(error);

    expect(attempts).toEqual([
      'start 1 https://api.test/',
      'error 1 https://api.test/ broken',
      'end 1 https://api.test/ broken',
    ]);
  });

  it('has the meta of a call, and takes no event from observers', async () => {
    const [calls, metas]: [string[], unknown[]] = [subscribed('steadfetch.call'), []];
    const channel = tracingChannel('steadfetch.call');
    const note = (message: object) => void metas.push((message as { meta?: unknown }).meta);
    const subscribers = { start: note, end: note, asyncStart: note, asyncEnd: note, error: note };
    channel.subscribe(subscribers);
    const events: SteadfetchEvent[] = [];

    await compose(
      diagnostics(),
      observe((event) => events.push(event)),
    )(fakeFetch([200]))('https://api.test/', {
      steadfetch: { meta: 'job' },
    });
    channel.unsubscribe(subscribers);

    expect(calls).toHaveLength(2);
    expect(metas).toEqual(['job', 'job', 'job', 'job']);
    expect(events.map(({ type }) => type)).toEqual(['start', 'attempt', 'end']);
  });

  it('hides the loop of ky from no observer inside of it, such as one that logs retries or ends waits', async () => {
    const heard: string[] = [];
    const below = compose(
      diagnostics(),
      observe(({ type }) => heard.push(type)),
    )(fakeFetch([200]));

    await callInLoop(below);

    expect(heard).toEqual(['start', 'end']);
  });

  it('hides it also where the runtime has no such module, as in a browser', () => {
    vi.stubGlobal('process', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());

    expect(observerOf(compose(diagnostics(), observe(console.debug))(fetch))).toBeDefined();
  });

  it('reports nothing twice to an observer where another copy of the package observes the loop of ky', async () => {
    subscribed('steadfetch.attempt');
    vi.resetModules();
    const other = await import('@steadfetch/core');
    const heard: string[] = [];
    const below = compose(
      other.observe(() => {}),
      diagnostics(),
      observe(({ type }) => heard.push(type)),
    )(fakeFetch([200]));

    await callInLoop(below, toNext(below));

    expect(heard).toEqual(['start', 'attempt', 'end']);
  });

  it('publishes attempts also inside of an observer', async () => {
    const attempts = subscribed('steadfetch.attempt');

    await compose(
      observe(() => {}),
      diagnostics(),
    )(fakeFetch([200]))('https://api.test/');

    expect(attempts).toEqual(['start 1 https://api.test/', 'end 1 https://api.test/ 200']);
  });

  it('passes calls through without subscribers', async () => {
    const inits: unknown[] = [];

    await diagnostics()(async (_, init) => {
      inits.push(init);
      return new Response();
    })('https://api.test/');

    expect(inits).toEqual([undefined]);
  });

  it('publishes also where a channel does not know whether it has subscribers, as in Bun', async () => {
    const channelOf = (name: string) => {
      const channel = tracingChannel<Message>(name);
      return { asyncEnd: channel.asyncEnd, tracePromise: channel.tracePromise.bind(channel) };
    };
    vi.stubGlobal('process', { ...process, getBuiltinModule: () => ({ tracingChannel: channelOf }) });
    onTestFinished(() => void vi.unstubAllGlobals());
    const layer = diagnostics();
    vi.unstubAllGlobals();
    const [calls, attempts] = [subscribed('steadfetch.call'), subscribed('steadfetch.attempt')];

    await layer(fakeFetch([200]))('https://api.test/');

    expect([calls, attempts]).toEqual(Array(2).fill(['start 1 https://api.test/', 'end 1 https://api.test/ 200']));
  });

  it('passes calls through where the runtime has no such module', async () => {
    vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
    onTestFinished(() => void vi.unstubAllGlobals());
    const without = diagnostics();
    vi.stubGlobal('process', undefined);
    const browser = diagnostics();
    vi.unstubAllGlobals();
    const calls = subscribed('steadfetch.call');

    for (const layer of [without, browser]) await layer(fakeFetch([200]))('https://api.test/');

    expect(calls).toEqual([]);
  });
});
