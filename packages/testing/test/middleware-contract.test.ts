import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compose, defineMiddleware, discard, type Middleware, onAbort } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadRunner, testRunner } from '../src/contract/test-runner.ts';
import { contractChecks, middlewareContract } from '../src/index.ts';
import { faulty } from './wrong/faulty.ts';
import { reasons } from './wrong/reasons.ts';
import { sleep } from './wrong/sleep.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/robustness.md'), 'utf8');

const pass: Middleware = defineMiddleware((call, next) => next(call));

middlewareContract(() => pass);
middlewareContract(() => (next) => (input, init) => Promise.resolve(next(input, init)), {
  name: 'the contract of a plain wrapper',
  except: ['rejects when next throws instead of rejecting'],
});
middlewareContract(() => compose(pass, pass), { name: 'the contract of a stack' });
middlewareContract(() => (next) => next, { name: 'the contract of one that does nothing' });
middlewareContract(() => compose(), { name: 'the contract of an empty stack' });

describe('middlewareContract where a project runs tests at once', { concurrent: true }, () => {
  let running = 0;
  let most = 0;
  const counting = (title: string, test: () => Promise<void>) =>
    it(title, async () => {
      most = Math.max(most, ++running);
      await test().finally(() => running--);
    });

  middlewareContract(() => pass, { runner: { describe, it: counting } });

  afterAll(() => expect(most).toBe(1));
});

const mutants = Object.entries(faulty).flatMap(([title, kinds]) =>
  Object.entries(kinds).map(([what, middleware]) => [title, what, middleware] as const),
);

/** These count what happens in the whole process meanwhile, or hide it. */
const COUNTING = [
  'leaves no rejection unhandled',
  'leaves no timer behind',
  'builds no Request and clones nothing for a plain call',
  'rejects when next throws instead of rejecting',
];

describe.for([
  ['one after the other', false],
  ['at once, since they wait for what never comes', true],
] as const)('contractChecks, %s', ([, concurrent]) => {
  const some = mutants.filter(([title]) => COUNTING.includes(title) !== concurrent);

  it.each(some)('fail a wrong middleware: %s, but it %s', { concurrent }, async (title, _, middleware) => {
    await expect(contractChecks[title]!(() => middleware)).rejects.toThrow(reasons[title]);
  });
});

describe('contractChecks', () => {
  it('has wrong middlewares for each check', () => {
    expect(Object.keys(faulty).sort()).toEqual(Object.keys(contractChecks).sort());
    expect(/(\d+) in all/.exec(PAGE)?.[0]).toBe(`${mutants.length} in all`);
  });

  it('leaves no call behind that waits to be repeated', async () => {
    let waiting = 0;
    const patient: Middleware = (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      waiting++;
      await sleep(60_000, init?.signal ?? (input as Request).signal).finally(() => waiting--);
      return next(input, init);
    };

    await contractChecks['hands on the body']!(() => patient);

    await vi.waitFor(() => expect(waiting).toBe(0));
  });

  it('leaves no call of one check behind that a later one would take for its own', async () => {
    const polling = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 429 || !call.replayable) return response;
      discard(response);
      for (let turns = 0; turns < 1_000; turns++) await sleep(1, call.signal);
      return next(call);
    });

    await contractChecks["leaves the caller's arguments as they were"]!(() => polling);
    await contractChecks['leaves no timer behind']!(() => polling);
  });

  it('keeps no other check waiting where a call never ends', async () => {
    const deaf: Middleware = (next) => (input, init) => next(input, { ...init, signal: null });

    await contractChecks['leaves no timer behind']!(() => deaf);
  });

  it('fails who repeats a 500 without an end, and keeps no other check that counts copies waiting', async () => {
    const stubborn: Middleware = (next) =>
      async function repeat(input, init): Promise<Response> {
        const response = await next(input, init);
        return response.ok ? response : repeat(input, init);
      };
    const check = contractChecks['builds no Request and clones nothing for a plain call']!;

    await expect(check(() => stubborn)).rejects.toThrow('whether plain calls end, also one that gets a 500');
    await check(() => pass);
  });

  it('says of who answers without next that it was not called', async () => {
    const answering: Middleware = () => async () => new Response('ok');
    const check = contractChecks['hands on the members of init and of a Request']!;

    await expect(check(() => answering)).rejects.toThrow('the number of calls of next: expected 1, got 0');
  });

  it('fails who lets other calls wait by a timer that keeps no process alive, after a 429 or at a limit', async () => {
    const unheld = (ms: number, signal: AbortSignal | undefined) =>
      new Promise<void>((resolve, reject) => {
        const release = onAbort(signal, reject);
        setTimeout(() => resolve(release()), ms).unref();
      });
    const pausing = (): Middleware => {
      let isBusy = false;
      return defineMiddleware(async (call, next) => {
        if (isBusy) await unheld(1_000, call.signal);
        const response = await next(call);
        isBusy = response.status === 429;
        return response;
      });
    };
    const limiting = (): Middleware => {
      let left = 3;
      return defineMiddleware(async (call, next) => {
        if (left-- <= 0) await unheld(1_000, call.signal);
        return next(call);
      });
    };
    const check = contractChecks['keeps the process alive while it waits']!;

    await expect(check(pausing)).rejects.toThrow('whether Node may exit while a GET waits after a 429: ');
    await expect(check(limiting)).rejects.toThrow('whether Node may exit while a GET waits behind others: ');
  });

  it('fails who keeps the slot of a call for which next threw', async () => {
    const limited: Middleware = (next) => {
      let free = 5;
      return async (input, init) => {
        if (free === 0) await sleep(60_000, init?.signal ?? (input as Request).signal);
        free--;
        return next(input, init).finally(() => free++);
      };
    };
    const check = contractChecks['rejects when next throws instead of rejecting']!;

    await expect(check(() => limited)).rejects.toThrow('whether a call waits for ever after ten for which next threw');
  });

  it('fails who sends a call again with a signal of its own that has ended the first attempt', async () => {
    const limited: Middleware = defineMiddleware(async (call, next) => {
      const limit = new AbortController();
      const signal = call.signal ? AbortSignal.any([call.signal, limit.signal]) : limit.signal;
      const limited = call.with({ signal });
      const response = await next(keepBody(limited));
      if (response.status !== 503 || !call.replayable || call.method === 'POST') return response;
      limit.abort();
      discard(response);
      return next(limited);
    });
    const check = contractChecks['keeps concurrent calls apart']!;

    await expect(check(() => limited)).rejects.toThrow('the error of a call that is answered after a 503: ');
  });

  it('fails who sends calls again in the async context of another, after a token was renewed for all', async () => {
    let waiting: (() => void)[] | undefined;
    const renewing: Middleware = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      return new Promise((resolve, reject) => {
        const stop = onAbort(call.signal, reject);
        const go = () => void next(call).then(resolve, reject).finally(stop);
        if (waiting) return void waiting.push(go);
        const all = [go];
        waiting = all;
        setTimeout(() => {
          waiting = undefined;
          for (const one of all) one();
        }, 5);
      });
    });
    const check = contractChecks['keeps concurrent calls apart']!;

    await expect(check(() => renewing)).rejects.toThrow('the async context in which a call is sent after a 401: ');
  });

  it('fails who takes it that each call has an init, and leaves none of its rejections unhandled', async () => {
    const careless: Middleware = (next) => async (input, init) => next(input, { ...init, body: init!.body ?? null });

    await expect(contractChecks['gives a response before its body is there']!(() => careless)).rejects.toThrow('body');
  });

  it('waits for the calls that fail at the same time, and not one after the other', async () => {
    let inside = 0;
    let most = 0;
    const counting: Middleware = (next) => async (input, init) => {
      most = Math.max(most, ++inside);
      return next(input, init).finally(() => inside--);
    };

    await contractChecks['sends a POST once, also where it fails']!(() => counting);

    expect(most).toBeGreaterThan(30);
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

    await expect(contractChecks[title]!(() => copying)).rejects.toThrow('expected 0, got 16');
    await expect(contractChecks["leaves no listener on the caller's signal"]!(() => listening)).rejects.toThrow(
      'the number of listeners after an error, on the signal of a GET: expected 0, got 1',
    );
  });

  it('counts no timer that has fired or is cleared', async () => {
    const waiting: Middleware = (next) => async (input, init) => {
      const often = setInterval(() => {}, 60_000);
      await new Promise((resolve) => setTimeout(resolve, 0));
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          clearInterval(timer);
          resolve();
        }, 1);
      });
      clearInterval(often);
      return next(input, init);
    };

    await contractChecks['leaves no timer behind']!(() => waiting);
  });

  it('counts no timer that is closed, disposed of, or cleared by its number', async () => {
    let due = 0;
    const closing: Middleware = (next) => async (input, init) => {
      using _ = setTimeout(() => due++, 60_000);
      const timers = Array.from({ length: 2 }, () => setTimeout(() => due++, 60_000));
      try {
        return await next(input, init);
      } finally {
        timers[0]!.close();
        clearTimeout(Number(timers[1]));
      }
    };

    await contractChecks['leaves no timer behind']!(() => closing);
    await contractChecks['answers after calls that were aborted']!(() => closing); // where days pass
    expect(due).toBe(0);
  });

  it('lets a timer that was set meanwhile fire again later, as that of undici', async () => {
    let timer: NodeJS.Timeout | undefined;
    let fired = 0;
    const keepsTime: Middleware = (next) => (input, init) => {
      timer ??= setTimeout(() => fired++, 1);
      return next(input, init);
    };
    await contractChecks['leaves no timer behind']!(() => keepsTime);
    await vi.waitFor(() => expect(fired).toBe(1));

    timer!.refresh();

    await vi.waitFor(() => expect(fired).toBe(2));
  });

  it('says of who reads the whole answer where the call has no signal that it does not cancel it', async () => {
    const reading: Middleware = (next) => async (input, init) => {
      const response = await next(input, init);
      const hasSignal = input instanceof Request || init?.signal;
      return hasSignal ? response : new Response(await response.text(), response);
    };

    const check = contractChecks['gives a response before its body is there']!(() => reading);
    await expect(check).rejects.toThrow('whether the body of next hears that it is cancelled: expected true');
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

  it('fails a middleware that calls next in a timer and handles nothing there, and goes on', async () => {
    const bare: Middleware = (next) => (input, init) =>
      new Promise((resolve) => setTimeout(() => resolve(next(input, init)), 1));
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException'); // those of vitest, which fail the run

    try {
      await expect(contractChecks['rejects when next throws instead of rejecting']!(() => bare)).rejects.toThrow(
        'expected the call to reject, but it does not end within a second',
      );
      expect(process.listeners('uncaughtException')).toEqual([]);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('says what is wrong where no middleware is made, or one that is already around a fetch', async () => {
    const check = contractChecks['takes a string, a URL and a Request']!;

    await expect(check((async () => pass) as never)).rejects.toThrow('what it returns: expected a function, got');
    await expect(check((() => async () => new Response()) as never)).rejects.toThrow(
      'its middleware returns: expected',
    );
  });

  it('says that it got another one, where both look the same', async () => {
    const copying: Middleware = (next) => async (input, init) => (await next(input, init)).clone();

    await expect(contractChecks['gives the response of next itself']!(() => copying)).rejects.toThrow(
      'the response to a GET: expected [object Response], got another one',
    );
  });

  it('leaves no listener on the process where a middleware fails a check', async () => {
    const answering: Middleware = (next) => (input, init) =>
      next(input, init).catch(() => new Response(null, { status: 503 }));
    const events = ['unhandledRejection', 'uncaughtException'];
    const before = events.map((event) => process.listenerCount(event));

    await expect(contractChecks['leaves no rejection unhandled']!(() => answering)).rejects.toThrow('gave a response');

    expect(events.map((event) => process.listenerCount(event))).toEqual(before);
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

  it('gives each check a minute: on a busy machine one takes longer than the five seconds of most runners', () => {
    const it = vi.fn();

    middlewareContract(() => pass, { runner: { describe: (_, body) => body(), it } });

    expect(new Set(it.mock.calls.map(([, , limit]) => limit))).toEqual(new Set([60_000]));
  });

  it('takes the functions of Deno, whose third argument is never a number', () => {
    type Test = () => Promise<void>;
    const it = vi.fn<(...args: [name: string, test: Test] | [name: string, options: object, test: Test]) => void>();

    middlewareContract(() => pass, { runner: { describe: (_, body) => body(), it } });

    expect(it).toHaveBeenCalledTimes(Object.keys(contractChecks).length);
  });

  it('runs its checks one after the other where the runner can', () => {
    const sequential = vi.fn();
    const runner = { describe: Object.assign(vi.fn(), { sequential }), it: vi.fn() };

    middlewareContract(() => pass, { runner });

    expect(sequential).toHaveBeenCalledOnce();
    expect(runner.describe).not.toHaveBeenCalled();
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
