import { compose, defineMiddleware, type Fetch, type Middleware } from '@steadfetch/core';
import { describe, expect, it } from 'vitest';
import { contractChecks, middlewareContract } from '../src/index.ts';
import { loadRunner, testRunner } from '../src/test-runner.ts';

const pass: Middleware = defineMiddleware((call, next) => next(call));

middlewareContract(() => pass);
middlewareContract(() => (next) => (input, init) => Promise.resolve(next(input, init)), {
  name: 'the contract of a plain wrapper',
  except: ['rejects when next throws instead of rejecting'],
});
middlewareContract(() => compose(pass, pass), { name: 'the contract of a stack' });
middlewareContract(() => (next) => next, { name: 'the contract of one that does nothing' });
middlewareContract(() => compose(), { name: 'the contract of an empty stack' });

const faulty: Record<string, (next: Fetch) => Fetch> = {
  'gives the response of next itself':
    (next) =>
    async (...call) =>
      (await next(...call)).clone(),
  'takes a string, a URL and a Request': (next) => (input, init) => next(String(input), init),
  'hands on by reference what a Request cannot hold': (next) => (input, init) => next(new Request(input, init)),
  'builds no Request and clones nothing for a plain call': (next) => (input, init) =>
    next(new Request(input, init), init),
  "rejects with the caller's abort reason": (next) => (input, init) =>
    next(input, init).catch(() => Promise.reject(new Error('aborted'))),
  'rejects when next throws instead of rejecting': (next) => (input, init) => next(input, init),
  'rejects with the error of next itself': (next) => (input, init) =>
    next(input, init).catch((cause) => Promise.reject(new Error('failed', { cause }))),
  "leaves no listener on the caller's signal": (next) => (input, init) => {
    init?.signal?.addEventListener('abort', () => {});
    return next(input, init);
  },
  'sends what was asked for, whatever the caller changes afterwards': (next) => async (input, init) => {
    await Promise.resolve();
    return next(input, init);
  },
  'keeps concurrent calls apart': (next) => {
    let shared: Promise<Response> | undefined;
    return async (...call) => {
      shared ??= next(...call);
      return (await shared).clone();
    };
  },
  'serves two fetches at once': (() => {
    let first: Fetch | undefined;
    return (next: Fetch) => {
      first ??= next;
      return first;
    };
  })(),
};

describe('contractChecks', () => {
  it.each(Object.keys(contractChecks))('notices a middleware that breaks one: %s', async (title) => {
    await expect(contractChecks[title]!(() => faulty[title]!)).rejects.toThrow();
  });

  it('counts what is copied, and what is taken off a signal again', async () => {
    const listening: Middleware = (next) => async (input, init) => {
      const stop = () => {};
      init?.signal?.addEventListener('abort', stop);
      const response = await next(input, init);
      init?.signal?.removeEventListener('abort', stop);
      return response;
    };
    const copying: Middleware = (next) => async (input, init) => {
      const response = await next(new Request(new Request(input, init).clone()));
      return response.clone();
    };
    const title = 'builds no Request and clones nothing for a plain call';

    await expect(contractChecks[title]!(() => copying)).rejects.toThrow('expected 0, got 8');
    await expect(contractChecks["leaves no listener on the caller's signal"]!(() => listening)).rejects.toThrow(
      'the number of listeners after an error: expected 0, got 1',
    );
  });

  it('says that a call should have been rejected', async () => {
    const deaf: Middleware = () => async () => new Response('ok');

    await expect(contractChecks["rejects with the caller's abort reason"]!(() => deaf)).rejects.toThrow(
      'expected the call to reject, but it gave a response',
    );
  });

  it('says that a call threw', async () => {
    const wrapper: Middleware = (next) => (input, init) => next(input, init);

    await expect(contractChecks['rejects when next throws instead of rejecting']!(() => wrapper)).rejects.toThrow(
      'expected the call to reject, but it threw what next threw',
    );
  });

  it('leaves the globals as they were', async () => {
    const before = [Request, Request.prototype.clone, Response.prototype.clone];

    await contractChecks['builds no Request and clones nothing for a plain call']!(() => pass);

    expect([Request, Request.prototype.clone, Response.prototype.clone]).toEqual(before);
  });
});

describe('middlewareContract', () => {
  it('registers its checks with any runner, but for the exceptions', async () => {
    const tests: [string, () => Promise<void>][] = [];
    const suites: string[] = [];
    const runner = {
      describe: (name: string, body: () => void) => {
        suites.push(name);
        body();
      },
      it: (name: string, test: () => Promise<void>) => tests.push([name, test]),
    };

    middlewareContract(() => pass, { runner, except: ['serves two fetches at once'] });

    expect(suites).toEqual(['the middleware contract']);
    expect(tests).toHaveLength(Object.keys(contractChecks).length - 1);
    await tests[0]![1]();
  });

  it('does without vitest where it is missing', async () => {
    expect(await loadRunner('no-such-runner')).toBeNull();
  });

  it('finds global test functions where vitest is not, and says so where there are none', () => {
    const globals = { describe: () => {}, it: () => {} };

    expect(testRunner(null, globals)).toEqual(globals);
    expect(() => testRunner(null, {})).toThrow('no test runner found: pass { runner: { describe, it } }');
  });

  it('refuses what it does not know', () => {
    expect(() => middlewareContract(pass(fetch) as never, { nam: 'x' } as never)).toThrow("unknown option 'nam'");
    expect(() => middlewareContract('x' as never)).toThrow(TypeError);
    expect(() => middlewareContract(() => pass, { except: ['nothing'] })).toThrow("no check is called 'nothing'");
    expect(() => middlewareContract(() => pass, { except: ['toString'] })).toThrow("no check is called 'toString'");
  });

  it.each<[object, string]>([
    [{ except: 5 }, 'middlewareContract: except: expected an array of names of checks, got 5'],
    [{ name: 5 }, 'middlewareContract: name: expected a string, got 5'],
    [{ runner: {} }, 'middlewareContract: runner.describe: expected a function, got undefined'],
    [{ runner: null }, 'middlewareContract: runner.describe: expected a function, got undefined'],
    [{ runner: { describe } }, 'middlewareContract: runner.it: expected a function, got undefined'],
  ])('refuses options that mean nothing: %j', (options, message) => {
    expect(() => middlewareContract(() => pass, options)).toThrow(new TypeError(message));
  });
});
