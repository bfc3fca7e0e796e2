import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type FaultyServer,
  instantClock,
  manualClock,
  type Reply,
  type Script,
  type ServerOptions,
  startServer,
} from '../src/index.ts';

const servers: FaultyServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
    expect(server.openSockets).toBe(0);
  }
});

async function start(script: Script, options?: ServerOptions): Promise<FaultyServer> {
  const server = await startServer(script, options);
  servers.push(server);
  return server;
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** What the caller of `fetch` sees: a status and a body, or the code of an error, before or in the body. */
async function seen(url: string, init?: RequestInit): Promise<string> {
  try {
    const response = await fetch(url, init);
    return await response.text().then(
      (text) => `${response.status} ${text}`,
      (error) => `${response.status}, then ${code(error)}`,
    );
  } catch (error) {
    return code(error);
  }
}

const code = (error: unknown): string => ((error as Error).cause as { code: string }).code;

describe('startServer', () => {
  it('plays statuses, headers and bodies in order', async () => {
    const server = await start([503, { status: 429, headers: { 'retry-after': '7' } }, { body: 'fine' }]);

    expect(await seen(server.url)).toBe('503 ');
    const limited = await fetch(server.url);
    expect(limited.headers.get('retry-after')).toBe('7');
    await limited.text();
    expect(await seen(`${server.origin}/path?q=1`)).toBe('200 fine');
    expect(server.requests.map(({ url, status }) => [url, status])).toEqual([
      [server.url, 503],
      [server.url, 429],
      [`${server.url}path?q=1`, 200],
    ]);
    expect(server.connections).toBeGreaterThan(0);
    expect(server.openSockets).toBe(server.connections);
  });

  it('writes down method, headers and body', async () => {
    const clock = instantClock();
    const server = await start([{ delay: 30 }, 204, 304], { clock });

    const response = await fetch(server.url, { method: 'POST', body: 'pay', headers: { 'Idempotency-Key': 'k1' } });
    await fetch(server.url);
    await fetch(server.url);

    expect(server.requests[0]).toMatchObject({ method: 'POST', body: 'pay', size: 3, elapsed: 0, status: 200 });
    expect(server.requests[0]!.headers.get('idempotency-key')).toBe('k1');
    expect(response.headers.get('date')).toBe('Wed, 01 Jan 2025 00:00:00 GMT');
    expect(server.requests.map(({ status }) => status)).toEqual([200, 204, 304]);
  });

  it.each<[Script, string]>([
    [{ fault: 'reset' }, 'ECONNRESET'],
    ['network-error', 'ECONNRESET'],
    [{ error: 'ECONNRESET' }, 'ECONNRESET'],
    [{ fault: 'reset-after-headers' }, '200, then ECONNRESET'],
    [{ fault: 'reset-mid-body', body: 'half of it' }, '200, then ECONNRESET'],
    [{ fault: 'truncate', body: 'half of it' }, '200, then UND_ERR_SOCKET'],
    [{ fault: 'close', body: 'all of it' }, '200 all of it'],
    [{ fault: 'drip', body: 'all of it', every: 0 }, '200 all of it'],
  ])('breaks connections for real: %j', async (script, result) => {
    const server = await start(script);

    for (let i = 0; i < 10; i++) expect(await seen(server.url)).toBe(result);
    expect(server.requests).toHaveLength(10);
  });

  it('sends half of a truncated body', async () => {
    const server = await start({ fault: 'truncate', body: '0123456789' });
    const reader = (await fetch(server.url)).body!.getReader();

    expect(new TextDecoder().decode((await reader.read()).value)).toBe('01234');
    await expect(reader.read()).rejects.toThrow('terminated');
  });

  it('takes a new connection after it closed a kept-alive one', async () => {
    const server = await start([{ fault: 'close', body: 'bye' }, 200]);

    await seen(server.url);
    while (server.openSockets > 0) await tick();
    await seen(server.url);

    expect(server.connections).toBe(2);
  });

  it.each(['stall-headers', 'stall-body'] as const)('leaves the caller waiting for %s', async (fault) => {
    const server = await start({ fault });
    const controller = new AbortController();
    const call = fetch(server.url, { signal: controller.signal }).then((response) => response.text());
    const end = call.catch((error: unknown) => error);
    while (server.requests.length === 0) await tick();

    controller.abort('enough');

    expect(await end).toBe('enough');
    while (server.openSockets > 0) await tick();
  });

  it('stops waiting when the caller has gone', async () => {
    const clock = manualClock();
    const server = await start({ delay: 1_000 }, { clock });
    const controller = new AbortController();
    const end = fetch(server.url, { signal: controller.signal }).catch((error: unknown) => error);
    while (clock.pending === 0) await tick();

    controller.abort('enough');

    expect(await end).toBe('enough');
    while (clock.pending > 0) await tick();
  });

  it('records no status for a request whose caller has gone', async () => {
    const clock = manualClock();
    let decide = (_: Reply) => {};
    const decision = new Promise<Reply>((resolve) => (decide = resolve));
    const server = await start((_, index) => (index === 0 ? { delay: 1_000 } : decision), { clock });
    for (const index of [0, 1]) {
      const controller = new AbortController();
      const call = fetch(server.url, { signal: controller.signal }).catch((error: unknown) => error);
      while (server.requests.length <= index || clock.pending < 1 - index) await tick();
      controller.abort('enough');
      expect(await call).toBe('enough');
      while (server.openSockets > 0 || clock.pending > 0) await tick();
    }
    decide(200);
    await tick();

    expect(server.requests.map(({ status, problem }) => [status, problem])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('answers 599 and says why when the script has no reply', async () => {
    const server = await start([200], { repeat: 'none' });
    await seen(server.url);

    expect(await seen(server.url)).toBe('599 Error: script: call 2 came after the 1 replies were used up');
    expect(server.requests[1]).toMatchObject({ status: 599, problem: expect.any(Error) });
  });

  it('lets go when the caller breaks off its own body', async () => {
    const server = await start(200);
    const controller = new AbortController();
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(8)) });
    const init = { method: 'POST', body, duplex: 'half', signal: controller.signal } as RequestInit;
    const end = fetch(server.url, init).catch((error: unknown) => error);
    while (server.requests.length === 0) await tick();

    controller.abort('enough');

    expect(await end).toBe('enough');
    while (server.openSockets > 0) await tick();
  });

  it('needs node:http, and says so', async () => {
    const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);

    await expect(startServer(200)).rejects.toThrow('startServer: needs node:http (Node >= 22.3, Deno or Bun)');
    builtin.mockRestore();
  });

  it('refuses an error that a server cannot cause, and options it does not know', async () => {
    await expect(startServer([{ error: 'ENOTFOUND' }])).rejects.toThrow('startServer: a server cannot cause ENOTFOUND');
    await expect(startServer(200, { clock: {} as never })).rejects.toThrow('startServer: clock.now');
    await expect(startServer(200, { port: 80 } as never)).rejects.toThrow("startServer: unknown option 'port'");
  });
});

describe('a refusing server', () => {
  it('has a closed port until it is restarted', async () => {
    const server = await start([{ fault: 'refuse' }, 200]);

    expect(await seen(server.url)).toBe('ECONNREFUSED');
    expect(await seen(server.url)).toBe('ECONNREFUSED');
    await server.restart();
    expect(await seen(server.url)).toBe('200 ');
    expect(server.requests).toHaveLength(1);
  });

  it('closes the port after the reply before', async () => {
    const server = await start([{ body: 'last words' }, { fault: 'refuse' }, 201]);

    expect(await seen(server.url)).toBe('200 last words');
    expect(await seen(server.url)).toBe('ECONNREFUSED');
    await server.restart();
    expect(await seen(server.url)).toBe('201 ');
  });

  it('comes back by itself after the delay', async () => {
    const clock = manualClock();
    const server = await start([{ fault: 'refuse', delay: 500 }, 200], { clock });
    expect(await seen(server.url)).toBe('ECONNREFUSED');

    await clock.advance(500);

    expect(await seen(server.url)).toBe('200 ');
  });

  it('resets the call for which a function decides it', async () => {
    const server = await start((_, index) => (index === 0 ? { fault: 'refuse' } : 200));

    expect(await seen(server.url)).toBe('ECONNRESET');
    expect(await seen(server.url)).toBe('ECONNREFUSED');
    await server.restart();
    expect(await seen(server.url)).toBe('200 ');
  });

  it('stays closed after close, and leaves no sleep behind', async () => {
    const clock = manualClock();
    const server = await startServer([{ fault: 'refuse', delay: 500 }, 200], { clock });

    await server[Symbol.asyncDispose]();
    await server.close();

    expect(clock.pending).toBe(0);
    expect(await seen(server.url)).toBe('ECONNREFUSED');
  });

  it('stays closed where a function decides to refuse after close', async () => {
    const clock = manualClock();
    let decide = (_: Reply) => {};
    const decision = new Promise<Reply>((resolve) => (decide = resolve));
    const server = await start(() => decision, { clock });
    const call = seen(server.url);
    while (server.requests.length === 0) await tick();
    await server.close();

    decide({ fault: 'refuse', delay: 30 });
    await clock.advance(30);

    expect(await call).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await seen(server.url)).toBe('ECONNREFUSED');
  });

  it('is as the last of several restarts and closes at once leaves it', async () => {
    const server = await start([200]);

    await Promise.all([server.restart(), server.restart(), server.close(), server.restart()]);
    expect(await seen(server.url)).toBe('200 ');
    await Promise.all([server.close(), server.restart(), server.close()]);
    expect(await seen(server.url)).toBe('ECONNREFUSED');
  });

  it('comes back once where two calls at once are refused for a while', async () => {
    const clock = manualClock();
    const server = await start((_, index) => (index < 2 ? { fault: 'refuse', delay: 500 } : 200), { clock });
    await Promise.all([seen(server.url), seen(server.url)]);

    await clock.advance(500);

    expect(await seen(server.url)).toBe('200 ');
    await server.close();
    expect(await seen(server.url)).toBe('ECONNREFUSED');
  });

  it('cuts what is open when it restarts', async () => {
    const server = await start([{ fault: 'stall-headers' }, 200]);
    const stalled = seen(server.url);
    while (server.requests.length === 0) await tick();

    await server.restart();

    expect(await stalled).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await seen(server.url)).toBe('200 ');
  });
});
