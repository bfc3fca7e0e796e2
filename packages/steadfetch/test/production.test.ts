import { fakeFetch } from '@steadfetch/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { bufferBody, circuitBreaker, compose, type Middleware, rateLimit, retry, standard } from '../src/index.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it.each<[string, () => Middleware]>([
  ['bufferBody', () => bufferBody()],
  ['circuitBreaker', () => circuitBreaker()],
  ['rateLimit', () => rateLimit()],
])('says nothing in production of %s outside retry', async (_name, make) => {
  vi.stubEnv('NODE_ENV', 'production');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

  expect((await compose(make(), retry())(fakeFetch(200))('https://api.test/')).status).toBe(200);

  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

it('works if the environment may not be read, as in Deno without --allow-env', async () => {
  const env = new Proxy(process.env, {
    get: () => {
      throw new Error('Requires env access');
    },
  });
  vi.stubGlobal('process', new Proxy(process, { get: (own, name) => (name === 'env' ? env : Reflect.get(own, name)) }));
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const all = {
    rateLimit: true,
    circuitBreaker: true,
    concurrency: 5,
    idempotencyKey: true,
    retry: { delay: () => 0 },
  };

  const steady = compose(bufferBody(), standard(all))(fakeFetch([503, 200]));
  expect((await steady('https://api.test/')).status).toBe(200);
  expect(() => retry({ maxRetires: 1 } as never)).toThrow("unknown option 'maxRetires'");

  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

it('does not describe an option that is an instance of a class', () => {
  class Statuses extends Set<number> {}
  const retryOptions = { statuses: [503], custom: new Statuses() };

  expect(() => standard({ retry: retryOptions as never }).describe()).toThrow("unknown option 'custom'");
  expect(standard({ attemptTimeout: { headers: 5_000 } }).describe()).toContain('attempt headers 5000');
});
