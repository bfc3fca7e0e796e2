import { describe, expect, it } from 'vitest';
import { type Fault, fakeFetch, instantClock, networkError, type Reply } from '../src/index.ts';

const URL_ = 'http://api.test/things';

describe('the faults of fakeFetch', () => {
  it.each([
    ['network-error', 'ECONNRESET', 'read'],
    [{ networkError: true }, 'ECONNRESET', 'read'],
    [{ error: 'ECONNREFUSED' }, 'ECONNREFUSED', 'connect'],
    [{ error: 'ENOTFOUND' }, 'ENOTFOUND', 'getaddrinfo'],
    [{ error: 'EPIPE' }, 'EPIPE', 'write'],
    [{ error: 'UND_ERR_SOCKET' }, 'UND_ERR_SOCKET', undefined],
    [{ error: 'CERT_HAS_EXPIRED' }, 'CERT_HAS_EXPIRED', undefined],
    [{ fault: 'refuse' }, 'ECONNREFUSED', 'connect'],
    [{ fault: 'reset' }, 'ECONNRESET', 'read'],
  ] satisfies [Reply, string, string | undefined][])('fails as the real one for %j', async (reply, code, syscall) => {
    const error = await fakeFetch(reply)(URL_).catch((e: unknown) => e);

    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe('fetch failed');
    expect((error as Error).cause).toMatchObject(syscall === undefined ? { code } : { code, syscall });
  });

  it.each([
    ['reset-after-headers', '', 'ECONNRESET'],
    ['reset-mid-body', '01234', 'ECONNRESET'],
    ['truncate', '01234', 'UND_ERR_SOCKET'],
  ] as const)('breaks off the body for %s', async (fault, before, code) => {
    const response = await fakeFetch({ fault, body: '0123456789' })(URL_);
    let text = '';
    const read = async () => {
      for await (const chunk of response.body!) text += new TextDecoder().decode(chunk);
    };

    await expect(read()).rejects.toMatchObject({ message: 'terminated', cause: { code } });
    expect(text).toBe(before);
  });

  it.each(['reset-after-headers', 'truncate'] as const)(
    'fails with the reason of an abort where the reading has only begun: %s',
    async (fault) => {
      const controller = new AbortController();
      const response = await fakeFetch({ fault, body: 'a' })(URL_, { signal: controller.signal });

      const reading = response.body!.getReader().read();
      controller.abort('enough');
      await expect(reading).rejects.toBe('enough');
    },
  );

  it('lets a broken and a slow body be read into the memory of the reader, as fetch does', async () => {
    const read = async (fault: Fault) => {
      const response = await fakeFetch({ fault, body: 'x'.repeat(100), every: 0 })(URL_);
      const reader = response.body!.getReader({ mode: 'byob' });
      let size = 0;
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(8));
        if (done) return size;
        size += value!.length;
      }
    };

    expect(await read('drip')).toBe(100);
    await expect(read('truncate')).rejects.toThrow('terminated');
  });

  it('drips the whole body in pieces', async () => {
    const clock = instantClock();
    const response = await fakeFetch({ fault: 'drip', body: 'abcdefghijklmnopqrst', every: 100 }, { clock })(URL_);

    expect(await response.text()).toBe('abcdefghijklmnopqrst');
    expect(clock.sleeps).toEqual(Array(10).fill(100));
  });

  it.each([undefined, '', new Uint8Array()])('gives faults of the body something to break: %o', async (body) => {
    const response = await fakeFetch({ fault: 'drip', every: 0, ...(body !== undefined && { body }) })(URL_);

    expect(await response.text()).toHaveLength(1_024);
  });

  it.each([
    ['breaks', new ReadableStream({ pull: () => Promise.reject(new RangeError('source')) }), 'source'],
    ['is not made of bytes', new ReadableStream({ start: (c) => c.enqueue('text') }), 'Received non-Uint8Array chunk'],
  ])('fails when the body that is sent %s', async (_, body, message) => {
    const call = fakeFetch(200)(URL_, { method: 'POST', body, duplex: 'half' } as RequestInit);

    await expect(call).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { message } });
  });
});

describe('networkError', () => {
  it('names the address that was tried', () => {
    expect(networkError('ECONNREFUSED', 'http://127.0.0.1:8080/x').cause).toMatchObject({
      message: 'connect ECONNREFUSED 127.0.0.1:8080',
      errno: -111,
      address: '127.0.0.1',
      port: 8080,
    });
    expect(networkError('ENETUNREACH', 'https://[::1]/').cause).toMatchObject({ address: '::1', port: 443 });
    expect(networkError('EHOSTDOWN', 'http://api.test/').cause).toMatchObject({ address: '127.0.0.1', port: 80 });
    expect(networkError('ENOTFOUND', 'http://api.test/').cause).toMatchObject({ hostname: 'api.test' });
    expect(networkError().cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('refuses a code and an address that are no text', () => {
    expect(() => networkError(5 as never)).toThrow('networkError: code: expected a string, got 5');
    expect(() => networkError('EPIPE', 5 as never)).toThrow('networkError: url: expected a string, got 5');
  });
});
