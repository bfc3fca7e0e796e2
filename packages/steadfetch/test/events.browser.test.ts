import { compose, drain, observe, retry, type SteadfetchEvent } from 'steadfetch';
import { describe, expect, it } from 'vitest';

const URL = `${location.origin}/package.json`;

describe('events in a browser', () => {
  it('reports each request, the waits and the end, in order', async () => {
    const events: SteadfetchEvent[] = [];
    let requests = 0;
    const api = compose(
      observe((event) => events.push(event)),
      retry({ delay: () => 1 }),
    )((input, init) => (++requests === 1 ? Promise.resolve(new Response(null, { status: 503 })) : fetch(input, init)));

    const response = await api(`${URL}?token=1`, { steadfetch: { meta: 'job' } });

    expect(await response.json()).toHaveProperty('name');
    expect(events.map(({ type }) => type)).toEqual(['start', 'attempt', 'wait', 'attempt', 'recover', 'end']);
    for (const event of events) expect(event).toMatchObject({ url: URL, origin: location.origin, meta: 'job' });
    expect(events.every(Object.isFrozen)).toBe(true);
  });

  it('reports the network error of a page, and lets a listener cancel', async () => {
    const names: string[] = [];
    const api = compose(
      observe((event) => {
        if (event.type === 'attempt') names.push((event.error as Error).name);
        if (event.type === 'wait') event.cancel();
      }),
      retry(),
    )(fetch);

    const error: unknown = await api('http://127.0.0.1:9/').catch((thrown: unknown) => thrown);

    expect([names, (error as Error).name]).toEqual([['TypeError'], 'AbortError']);
  });

  it('ends a call that waits for a retry on close(), with the last answer', async () => {
    const draining = drain();
    const api = compose(draining, retry({ delay: () => 60_000 }))(async () => new Response(null, { status: 503 }));
    const call = api(URL).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setTimeout(resolve));

    expect(await draining.close()).toEqual({ finished: 0, ended: 1 });
    expect(await call).toMatchObject({ name: 'DrainError', status: 503 });
  });
});
