import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeFetch, manualClock, startServer } from '../src/index.ts';

const URL_ = 'http://api.test/things';

describe('fakeFetch', () => {
  it('answers with status, headers, body and address', async () => {
    const fetch = fakeFetch({ status: 201, headers: { 'x-id': '7' }, body: 'made' });

    const response = await fetch(URL_);

    expect(response.status).toBe(201);
    expect(response.headers.get('x-id')).toBe('7');
    expect(response.url).toBe(URL_);
    expect(await response.text()).toBe('made');
  });

  it('sends JSON with its content type, and bytes as they are', async () => {
    const fetch = fakeFetch([{ json: { a: 1 } }, { body: new Uint8Array([1, 2]) }, { status: 204 }]);

    const first = await fetch(URL_);
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(await first.json()).toEqual({ a: 1 });
    expect([...new Uint8Array(await (await fetch(URL_)).arrayBuffer())]).toEqual([1, 2]);
    expect((await fetch(URL_)).body).toBeNull();
  });

  it('knows a field by any case of its name, and sends it once', async () => {
    const headers = {
      'Content-Type': 'application/problem+json',
      'Content-Length': '7',
      Date: 'Tue, 31 Dec 2024 00:00:00 GMT',
    };
    const reply = { json: { a: 1 }, headers };
    const server = await startServer(reply);
    onTestFinished(() => server.close());

    for (const response of [await fakeFetch(reply)(URL_), await fetch(server.url)]) {
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('content-length')).toBe('7');
      expect(response.headers.get('date')).toBe('Tue, 31 Dec 2024 00:00:00 GMT');
      expect(await response.json()).toEqual({ a: 1 });
    }
  });

  it('tells a HEAD the length of the body that it does not get, as a server does', async () => {
    const response = await fakeFetch({ body: 'made' })(URL_, { method: 'HEAD' });

    expect([response.headers.get('content-length'), await response.text()]).toEqual(['4', '']);
  });

  it('has headers that cannot be changed, also those of a clone, while those of a copy can', async () => {
    const response = await fakeFetch({ headers: { 'x-a': '1' } })(URL_);
    const { headers } = response;
    const clones = [response.clone(), response.clone().clone()];

    for (const given of [headers, ...clones.map((clone) => clone.headers)]) {
      for (const change of ['append', 'set'] as const) {
        expect(() => given[change]('x-a', '2')).toThrow(new TypeError('immutable'));
      }
      expect(() => given.delete('x-a')).toThrow(TypeError);
    }
    expect(clones.map(({ url }) => url)).toEqual([URL_, URL_]);
    const copy = new Headers(headers);
    copy.set('x-a', '2');
    expect([...copy, ...headers]).toEqual([
      ['x-a', '2'],
      ['x-a', '1'],
    ]);
  });

  it('has headers that can be changed where those of the platform can, as in Bun', async () => {
    vi.spyOn(Response, 'error').mockReturnValue(new Response());
    const { headers } = await fakeFetch({ headers: { 'x-a': '1' } })(URL_);
    vi.restoreAllMocks();

    headers.set('x-a', '2');

    expect(headers.get('x-a')).toBe('2');
  });

  it('sends the bytes of any view', async () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const bodies = [new DataView(buffer, 2, 3), new Uint16Array(buffer, 2, 1)] as unknown as Uint8Array[];
    const fetch = fakeFetch(bodies.map((body) => ({ body })));

    for (const expected of [
      [3, 4, 5],
      [3, 4],
    ]) {
      expect([...new Uint8Array(await (await fetch(URL_)).arrayBuffer())]).toEqual(expected);
    }
  });

  it.each([301, 302, 303, 307, 308])('refuses a %i where the caller wants no redirect', async (status) => {
    const fetch = fakeFetch({ status });

    await expect(fetch(URL_, { redirect: 'error' })).rejects.toThrow(new TypeError('fetch failed'));
    await expect(fetch(new Request(URL_, { redirect: 'error' }))).rejects.toThrow(TypeError);
    expect((await fetch(URL_, { redirect: 'manual' })).status).toBe(status);
    expect(fetch.calls[0]!.status).toBe(status);
  });

  it.each([200, { status: 503, body: '' }])('gives a body without bytes that is read once: %o', async (reply) => {
    const { signal } = new AbortController();

    for (const init of [{}, { signal }]) {
      const [one, two] = await Promise.all([fakeFetch(reply)(URL_, init), fakeFetch(reply)(URL_, init)]);
      expect(await one.text()).toBe('');
      await expect(one.text()).rejects.toThrow(TypeError);
      expect(await two.body!.getReader({ mode: 'byob' }).read(new Uint8Array(10))).toMatchObject({ done: true });
    }
  });

  it.each([true, false])(
    'gives bodies of a caller with a signal as those of one without: byte streams %s',
    async (are) => {
      if (!are) {
        const { Response: Platform } = globalThis;
        const streamOf = (body: Uint8Array) =>
          new ReadableStream({
            start: (stream) => {
              stream.enqueue(body);
              stream.close();
            },
          });
        class OldResponse extends Platform {
          constructor(body?: BodyInit | null, init?: ResponseInit) {
            super(body instanceof Uint8Array ? streamOf(body) : (body ?? null), init);
          }
        }
        vi.stubGlobal('Response', OldResponse);
        onTestFinished(() => void vi.unstubAllGlobals());
      }
      const fetch = fakeFetch({ body: 'whole' });
      const { signal } = new AbortController();

      for (const init of [{}, { signal }]) {
        const [one, two] = await Promise.all([fetch(URL_, init), fetch(URL_, init)]);
        expect(await one.text()).toBe('whole');
        const read = () => two.body!.getReader({ mode: 'byob' }).read(new Uint8Array(10));
        if (are) expect(await read()).toMatchObject({ done: false, value: { length: 5 } });
        else expect(read).toThrow(TypeError);
      }
    },
  );

  it('takes its time on the clock it is given', async () => {
    const clock = manualClock();
    const call = fakeFetch({ delay: 250 }, { clock })(URL_);
    let done = false;
    call.then(() => (done = true));

    await clock.advance(249);
    expect(done).toBe(false);
    await clock.advance(1);
    expect((await call).status).toBe(200);
  });

  it('rejects with what the script throws, and writes it down', async () => {
    const mistake = new Error('no such case');
    const fetch = fakeFetch(() => {
      throw mistake;
    });

    await expect(fetch(URL_)).rejects.toBe(mistake);
    expect(fetch.calls[0]!.problem).toBe(mistake);
  });

  it('refuses options it does not know', () => {
    expect(() => fakeFetch(200, { clok: 1 } as never)).toThrow("fakeFetch: unknown option 'clok'");
    expect(() => fakeFetch(200, { clock: { now: Date.now } as never })).toThrow(
      'fakeFetch: clock.sleep: expected a function',
    );
  });
});
