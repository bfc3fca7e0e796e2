import {
  bodyFactory,
  type Call,
  compose,
  defineMiddleware,
  type Fetch,
  layersOf,
  type Middleware,
  mount,
  when,
} from '@steadfetch/core';
import { toNext } from '@steadfetch/core/kit';
import { describe, expect, it, vi } from 'vitest';

const stub: Fetch = async (input) => new Response(String(input));

function note(log: string[], name: string): Middleware {
  return defineMiddleware((call, next) => {
    log.push(name);
    return next(call);
  });
}

describe('compose', () => {
  it('runs the first middleware outermost', async () => {
    const log: string[] = [];

    await compose(note(log, 'outer'), note(log, 'inner'))(stub)('https://api.test/');

    expect(log).toEqual(['outer', 'inner']);
  });

  it('is the plain fetch when there is nothing to compose', () => {
    expect(compose()(stub)).toBe(stub);
  });

  it('names the position of a value that is not a middleware', () => {
    expect(() => compose(note([], 'a'), undefined as never)).toThrow(
      new TypeError('compose: expected a middleware at position 1, got undefined'),
    );
  });
});

describe('what could never work', () => {
  const layer = note([], 'a');

  it.each([
    [() => defineMiddleware(null as never), 'defineMiddleware: handler: expected a function, got null'],
    [() => when(true as never, layer), 'when: predicate: expected a function, got true'],
    [() => when(() => true, 1 as never), 'when: middleware: expected a function, got 1'],
    [() => mount([layer] as never), 'mount: expected an object, got [function (anonymous)]'],
    [() => bodyFactory('x' as never), 'bodyFactory: make: expected a function, got "x"'],
  ])('is refused when it is made: %#', (make, message) => {
    expect(make).toThrow(new TypeError(message));
  });
});

describe('defineMiddleware', () => {
  it('hands the same call from one middleware to the next', async () => {
    const calls: Call[] = [];
    const keep = defineMiddleware((call, next) => {
      calls.push(call);
      return next(call);
    });

    await compose(keep, keep)(stub)('https://api.test/');

    expect(calls[0]).toBe(calls[1]);
  });

  it('takes a call apart again behind a foreign wrapper', async () => {
    const log: string[] = [];
    const foreign: Middleware = (next) => (input, init) => next(input, init);

    await compose(note(log, 'a'), foreign, note(log, 'b'))(stub)('https://api.test/');

    expect(log).toEqual(['a', 'b']);
  });

  it('rejects with the error that a handler or a fetch throws synchronously', async () => {
    const broken = defineMiddleware(() => {
      throw new Error('handler');
    });
    const throwing: Fetch = () => {
      throw new Error('fetch');
    };

    await expect(broken(stub)('https://api.test/')).rejects.toThrow('handler');
    await expect(note([], 'a')(throwing)('https://api.test/')).rejects.toThrow('fetch');
  });

  it('rejects with the error that the arguments themselves throw', async () => {
    const init = Object.defineProperty({}, 'method', {
      enumerable: true,
      get: () => {
        throw new Error('hostile');
      },
    });

    await expect(note([], 'a')(stub)('https://api.test/', init)).rejects.toThrow('hostile');
  });

  it('refuses a value that is not a fetch when it is applied', () => {
    expect(() => note([], 'a')(undefined as never)).toThrow(
      new TypeError('next: expected a fetch function, as in retry()(fetch), got undefined'),
    );
  });

  it.each<[string, (steady: Fetch, wrapper: Fetch) => Fetch]>([
    ['a proxy', (steady, wrapper) => new Proxy(steady, { apply: (_target, _self, [input]) => wrapper(input) })],
    ['a function with its properties', (steady, wrapper) => Object.assign(wrapper, steady)],
    ['a function that inherits them', (steady, wrapper) => Object.setPrototypeOf(wrapper, steady)],
    ['a mock', (steady, wrapper) => vi.fn(steady).mockImplementation(wrapper) as Fetch],
    [
      'a function with its descriptors',
      (steady, wrapper) => Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(steady)) as Fetch,
    ],
  ])('does not go past what wraps a composed fetch: %s', async (_what, wrap) => {
    const steady = note([], 'inside')(stub);
    const wrapped = wrap(steady, async () => new Response('wrapped'));

    const response = await note([], 'outside')(wrapped)('https://api.test/');

    expect(await response.text()).toBe('wrapped');
  });

  it('ignores the rejection of a promise given instead of a fetch', async () => {
    const failing = Promise.reject(new Error('nobody listens'));

    expect(() => note([], 'a')(failing as never)).toThrow('got [object Promise]');
  });

  it('sends a call into any fetch', async () => {
    const response = await toNext(stub)((await captured()).with({ attempt: 2 }));

    expect(await response.text()).toBe('https://api.test/');
  });
});

async function captured(): Promise<Call> {
  let kept: Call | undefined;
  const keep = defineMiddleware((call, next) => {
    kept = call;
    return next(call);
  });
  await keep(stub)('https://api.test/');
  return kept!;
}

describe('when', () => {
  it('applies the middleware to the calls that the predicate picks', async () => {
    const log: string[] = [];
    const fetch = when((call) => call.method === 'GET', note(log, 'picked'))(stub);

    await fetch('https://api.test/');
    await fetch('https://api.test/', { method: 'POST' });

    expect(log).toEqual(['picked']);
  });

  it('refuses a promise from the predicate, and ignores its rejection', async () => {
    const predicate = (() => Promise.reject(new Error('late'))) as never;

    await expect(when(predicate, note([], 'a'))(stub)('https://api.test/')).rejects.toThrow(
      'when: predicate: expected it to return true or false, got [object Promise]',
    );
  });

  it('refuses a predicate that is no function', () => {
    expect(() => when(true as never, note([], 'a'))).toThrow(TypeError);
  });
});

describe('mount', () => {
  const pick = async (prefixes: string[], url: string) => {
    const log: string[] = [];
    const stacks = Object.fromEntries(prefixes.map((prefix) => [prefix, note(log, prefix)]));
    await mount(stacks)(stub)(url);
    return log[0];
  };

  it('uses the stack of the longest prefix that matches', async () => {
    const prefixes = ['https://', 'https://api.test/', 'https://api.test/v1'];

    expect(await pick(prefixes, 'https://api.test/v1/users')).toBe('https://api.test/v1');
    expect(await pick(prefixes, 'https://api.test/v2')).toBe('https://api.test/');
    expect(await pick(prefixes, 'https://other.test/')).toBe('https://');
    expect(await pick(prefixes, 'http://other.test/')).toBeUndefined();
  });

  it('ends a prefix at a boundary, so that another host or path does not match', async () => {
    expect(await pick(['https://api.test'], 'https://api.test.evil.test/')).toBeUndefined();
    expect(await pick(['https://api.test/v1'], 'https://api.test/v10')).toBeUndefined();
    expect(await pick(['https://api.test/v1'], 'https://api.test/v1?a=1')).toBe('https://api.test/v1');
    expect(await pick(['https://api.test/v1'], 'https://api.test/v1')).toBe('https://api.test/v1');
    expect(await pick([''], 'https://api.test/v1')).toBe('');
  });

  it('matches scheme and host in any case, the path as written', async () => {
    expect(await pick(['HTTPS://API.test/V1'], 'https://api.TEST/V1/x')).toBe('HTTPS://API.test/V1');
    expect(await pick(['https://api.test/V1'], 'https://api.test/v1')).toBeUndefined();
  });

  it('names the prefix whose stack is no middleware', () => {
    expect(() => mount({ 'https://a.test/': 5 as never })).toThrow(
      new TypeError("mount: expected a middleware at 'https://a.test/', got 5"),
    );
    expect(() => mount(null as never)).toThrow(new TypeError('mount: expected an object, got null'));
  });
});

describe('layersOf', () => {
  const named = (name: string) => defineMiddleware((call, next) => next(call), name);

  it('names the layers of a composed fetch, outermost first', () => {
    const fetch = compose(named('a'), note([], 'nameless'), named('b'))(stub);

    expect(layersOf(fetch)).toEqual(['a', 'b']);
    expect(layersOf(stub)).toEqual([]);
  });

  it('causes one warning about a wrong order, but not in production', async () => {
    vi.resetModules();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const fresh = await import('@steadfetch/core');
    const layer = (name: string) =>
      fresh.defineMiddleware((call, next) => next(call), {
        name,
        mustBeInside: name === 'retry' ? [] : [['retry', 'why']],
      });
    const wrong = () => compose(layer('circuitBreaker'), layer('retry'))(stub);

    vi.stubEnv('NODE_ENV', 'production');
    wrong();
    expect(warn).not.toHaveBeenCalled();
    vi.unstubAllEnvs();
    wrong();
    wrong();
    compose(layer('retry'), layer('circuitBreaker'))(stub);

    expect(warn.mock.calls).toEqual([[expect.stringContaining('Put retry() first.')]]);
    vi.stubGlobal('process', {});
    expect(wrong).not.toThrow();
    vi.unstubAllGlobals();
    warn.mockRestore();
  });
});
