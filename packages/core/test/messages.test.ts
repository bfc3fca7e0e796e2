import { compose, type Fetch, type Middleware } from '@steadfetch/core';
import { checkFunction, checkNames, checkNumber, clockOption } from '@steadfetch/core/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const pass: Middleware = (next) => next;
const stub: Fetch = async () => new Response();

describe('compose', () => {
  const unhandled = vi.fn();
  beforeEach(() => void process.on('unhandledRejection', unhandled));
  afterEach(() => void process.off('unhandledRejection', unhandled));

  it('says how layers in an array are given', () => {
    expect(() => compose([pass, pass] as never)).toThrow(
      new TypeError('compose: position 0 is an array, spread it: compose(...layers)'),
    );
  });

  it('says where fetch itself goes', () => {
    expect(() => compose(pass, fetch as never)).toThrow(
      new TypeError('compose: position 1 is fetch itself, write compose(retry())(fetch)'),
    );
    expect(() => compose(fetch as never)).toThrow('compose: position 0 is fetch itself, write compose()(fetch)');
  });

  it.each<[string, Fetch]>([
    ['bound', fetch.bind(globalThis)],
    ['wrapped', (input, init) => fetch(input, init)],
    ['rejecting', () => Promise.reject(new Error('no'))],
    ['handler of a', async (call: unknown, next: (call: unknown) => Promise<Response>) => next(call)] as never,
  ])('recognises a %s fetch by the promise that it returns, and ignores its rejection', async (_, theirs) => {
    expect(() => compose(pass, theirs as never)(stub)).toThrow(
      new TypeError(
        'compose: position 1 is fetch itself or a handler, write compose(retry())(fetch), or defineMiddleware(handler)',
      ),
    );

    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('names the middleware that makes no fetch', () => {
    expect(() => compose(pass, (() => undefined) as never)(stub)).toThrow(
      new TypeError('compose: the middleware at position 1 returned undefined, expected a fetch function'),
    );
  });
});

describe('a value in an error message', () => {
  const shown = (value: unknown): string => {
    try {
      checkNumber('x', value);
      return 'a number';
    } catch (error) {
      return String(error).replace(/^.*, got /s, '');
    }
  };

  it.each<[unknown, string]>([
    [{ maxRetries: 3, delay: '1s' }, '{ maxRetries: 3, delay: "1s" }'],
    [{ hooks: { onRetry: 1 }, list: [1], at: new Date(0) }, '{ hooks: {…}, list: […], at: [object Date] }'],
    [[1, 'a', undefined, Symbol('s'), 5n], '[1, "a", undefined, Symbol(s), 5]'],
    [{ apiKey: 'k', Authorization: 'Bearer b', ok: true }, '{ apiKey: …, Authorization: …, ok: true }'],
    ['redis://user:p@ss#w@cache.test:6379', '"redis://"'],
    [{ url: 'https://api.test/x?code=c#d' }, '{ url: "https://api.test/x" }'],
    [['https://api.test/x?mail=a@b.test&code=c'], '["https://"]'],
    [{ text: 'x'.repeat(100) }, `{ text: "${'x'.repeat(23)}…" }`],
    [new Map([['a', 1]]), '[object Map]'],
    [new Error('secret'), '[object Error]'],
    [new (class Policy {})(), '[object Object]'],
    [function named() {}, 'function named'],
    [(() => () => {})(), 'function (anonymous)'],
    ['a\u2028b\u0085\n', '"a%E2%80%A8b%C2%85\\n"'],
  ])('is shown, not named: %o', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('takes 80 characters at most, and runs none of its code', () => {
    const getter = vi.fn();
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('no');
        },
      },
    );

    expect(shown('x'.repeat(10_000))).toHaveLength(80);
    expect(shown(Array(10_000).fill(1))).toHaveLength(80);
    expect(shown(Object.defineProperty({ a: 1 }, 'b', { get: getter, enumerable: true }))).toBe('{ a: 1, b: … }');
    expect(getter).not.toHaveBeenCalled();
    expect(shown(hostile)).toBe('[object]');
    expect(() => checkFunction('x', hostile)).toThrow('x: expected a function, got [object]');
  });
});

describe('in production, where explanations would only add bytes', () => {
  beforeEach(() => void vi.stubEnv('NODE_ENV', 'production'));
  afterEach(() => void vi.unstubAllEnvs());

  it.each<[unknown, string]>([
    ['3', 'string'],
    [true, 'true'],
    [undefined, 'undefined'],
    [{ apiKey: 'k', delay: 1 }, 'object'],
    [[1, 2], 'object'],
  ])('an error still names the option and what is allowed: %o', (value, text) => {
    expect(() => checkNumber('retry: maxRetries', value)).toThrow(
      new TypeError(`retry: maxRetries: expected a number >= 0, got ${text}`),
    );
  });

  it('a clock that is none is not shown', () => {
    expect(() => clockOption.check('retry: clock', 5 as never)).toThrow(
      new TypeError('retry: clock.now: expected a function, got undefined'),
    );
  });

  it('a misspelt option is refused without a guess', () => {
    expect(() => checkNames('retry', { retries: 1 }, ['maxRetries', 'delay'])).toThrow(
      new TypeError("retry: unknown option 'retries', expected one of maxRetries, delay"),
    );
  });

  it.each<unknown>([[[pass]], undefined, 5])('compose names the position alone: %#', (value) => {
    expect(() => compose(pass, value as never)).toThrow(new TypeError('compose: no middleware at position 1'));
    expect(() => compose(pass, (() => value) as never)(stub)).toThrow(TypeError);
  });

  it('a runtime with a process that has no environment counts as one', () => {
    vi.stubGlobal('process', {});

    expect(() => checkNames('retry', { retries: 1 }, ['maxRetries'])).toThrow(/expected one of maxRetries$/);
    expect(() => compose(5 as never)).toThrow('compose: no middleware at position 0');
    vi.unstubAllGlobals();
  });
});

describe('an option that does not exist', () => {
  const RETRY = ['maxRetries', 'delay', 'maxDelay', 'methods', 'statuses', 'hooks', 'clock', 'onRetry'];

  it.each([
    ['retries', 'maxRetries'],
    ['limit', 'maxRetries'],
    ['attempts', 'maxRetries'],
    ['maxAttempts', 'maxRetries'],
    ['total', 'maxRetries'],
    ['maxretries', 'maxRetries'],
    ['max_retries', 'maxRetries'],
    ['maxRetrys', 'maxRetries'],
    ['statusCodes', 'statuses'],
    ['status_forcelist', 'statuses'],
    ['retryDelay', 'delay'],
    ['dealy', 'delay'],
    ['method', 'methods'],
    ['hook', 'hooks'],
    ['clok', 'clock'],
  ])('is answered with the one that was meant: %s', (name, meant) => {
    expect(() => checkNames('retry', { [name]: 1 }, RETRY)).toThrow(
      `retry: unknown option '${name}', expected one of ${RETRY.join(', ')}; did you mean '${meant}'?`,
    );
  });

  it.each(['retries', 'maxRetries', 'attempts'])('is answered with the layer that has the option: %s', (name) => {
    expect(() => checkNames('standard', { [name]: 3 }, ['timeout', 'retry'])).toThrow("did you mean 'retry'?");
  });

  it.each(['limit', 'concurrency'])('is answered with the number of slots: %s', (name) => {
    expect(() => checkNames('concurrency', { [name]: 3 }, ['max', 'key'])).toThrow("did you mean 'max'?");
  });

  it('is answered with the nearest of several', () => {
    expect(() => checkNames('x', { dela: 1 }, ['delays', 'delay'])).toThrow("did you mean 'delay'?");
  });

  it.each(['colour', 'x', 'y'.repeat(100)])('gets no suggestion if no name is similar: %.10s', (name) => {
    expect(() => checkNames('retry', { [name]: 1 }, RETRY)).toThrow(
      new TypeError(`retry: unknown option '${name}', expected one of ${RETRY.join(', ')}`),
    );
  });
});
