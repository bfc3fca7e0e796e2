import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Call,
  compose,
  defineMiddleware,
  discard,
  type Fetch,
  type Middleware,
  onAbort,
  settle,
  systemClock,
  unwrap,
} from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadRunner, testRunner } from '../src/contract/test-runner.ts';
import { contractChecks, middlewareContract } from '../src/index.ts';
import { faulty } from './wrong/faulty.ts';
import { reasons } from './wrong/reasons.ts';
import { again } from './wrong/repeats.ts';
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

  it('passes a middleware that adds a header of its own, makes calls wait for their turn, or refuses them', async () => {
    const naming: Middleware = (next) => async (input, init) => {
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
      headers.set('x-request-id', '1');
      return next(input, { ...init, headers });
    };
    const pacing: Middleware = (next) => {
      let left = 5; // and five more in a minute
      return async (...call) => (left-- > 0 ? next(...call) : new Promise(() => {}));
    };
    /** A call that is aborted does not count. */
    const limiting = (refuse: () => Promise<Response>): Middleware => {
      let left = 5;
      return (next) => (input, init) => {
        if (left === 0) return refuse();
        left--;
        return next(input, init).catch((error) => {
          left++;
          throw error;
        });
      };
    };

    const spaced = (): Middleware => {
      let turn = 0;
      return defineMiddleware(async (call, next) => {
        const now = performance.now();
        turn = Math.max(now, turn + 400);
        if (turn > now) await sleep(turn - now, call.signal);
        return next(call);
      });
    };

    await contractChecks['hands on methods and headers as they are written']!(() => naming);
    await contractChecks['leaves no timer behind']!(spaced);
    await contractChecks['answers after calls that were aborted']!(() => pacing);
    await contractChecks["leaves no listener on the caller's signal"]!(() => pacing);
    await contractChecks['hands on the body']!(() => pacing);
    await contractChecks['answers after calls that were aborted']!(() => limiting(() => new Promise(() => {})));
    await contractChecks['answers after calls that were aborted']!(() => limiting(() => Promise.reject(new Error())));
  });

  it('passes who repeats a POST that the server says it has not acted on', async () => {
    const again: Middleware = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return [425, 429].includes(response.status) && call.replayable ? next(call) : response;
    });

    await contractChecks['sends a POST once, also where it fails']!(() => again);
  });

  it('passes who repeats a POST after a long wait', async () => {
    const patient = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 500 || !call.replayable) return response;
      discard(response);
      await sleep(60_000, call.signal);
      return next(call);
    });

    await contractChecks['gives a response before its body is there']!(() => patient);
  });

  it('passes who keeps cookies by the address of a response, as fetch-cookie', async () => {
    const keepsCookies: Middleware = (next) => {
      const jar = new Map<string, string>();
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        const cookie = jar.get(new URL(input instanceof Request ? input.url : input).origin);
        if (cookie) headers.set('cookie', cookie);
        const response = await next(input, { ...init, headers });
        for (const given of response.headers.getSetCookie()) jar.set(new URL(response.url).origin, given);
        return response;
      };
    };

    await contractChecks['keeps concurrent calls apart']!(() => keepsCookies);
  });

  it('passes who signs a call or reads a file before it is sent', async () => {
    const signing: Middleware = defineMiddleware(async (call, next) => {
      const headers = new Headers(call.headers);
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(call.url));
      headers.set('x-signature', `${new Uint8Array(hash)} ${(await readFile(import.meta.filename)).length}`);
      return next(call.with({ headers }));
    });

    for (const check of Object.values(contractChecks)) await check(() => signing);
  });

  it.each([1, 4, 11, 20, 25])('passes who signs a call on a machine that is slow once, at call %i', async (slow) => {
    for (const title of [
      "rejects with the caller's abort reason",
      'answers after calls that were aborted',
      'rejects with the error of next itself',
      'sends a POST once, also where it fails',
      'gives a response before its body is there',
      'gives a 404, a 302 and a 204 as any other response',
    ]) {
      let calls = 0;
      const signing = defineMiddleware(async (call, next) => {
        if (++calls === slow) await delay(150);
        return next(call);
      });

      await contractChecks[title]!(() => signing);
    }
  });

  it('passes who goes on for a moment after a call, and limits it by a timer', async () => {
    const lingering = defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      const limit = setTimeout(() => {}, 100);
      void delay(20).finally(() => clearTimeout(limit)); // a browser takes such a time to read a body to its end
      return unwrap(outcome);
    });

    await contractChecks['leaves no timer behind']!(() => lingering);
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

  it('passes who waits after a 429, and who renews a token for all calls, or through next, also in vain', async () => {
    const patient = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 429 || !call.replayable) return response;
      discard(response);
      await systemClock.sleep(Number(response.headers.get('retry-after')) * 1_000, call.signal);
      return next(call);
    });
    let renewal: Promise<void> | undefined;
    const renewing = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      renewal ??= delay(20).finally(() => {
        renewal = undefined;
      });
      await new Promise<void>((resolve, reject) => {
        const stop = onAbort(call.signal, reject);
        void renewal!.then(resolve).finally(stop);
      });
      return next(call);
    });
    const asking = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      const signal = call.signal ?? null;
      discard(await next(Call.from('https://contract.test/token', { method: 'POST', body: 'who', signal })));
      return next(call);
    });
    const refused = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      const token = await next(Call.from('https://contract.test/token', { signal: call.signal ?? null }));
      discard(token);
      if (!token.ok) return response;
      discard(response);
      return next(call);
    });
    const copying = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return new Response(response.body, response);
    });
    await contractChecks['gives a response that nobody has read']!(() => compose(copying, refused));

    for (const check of Object.values(contractChecks)) {
      await check(() => patient);
      await check(() => renewing);
      await check(() => asking);
      await check(() => refused);
    }
  });

  it('passes who asks for a token in a loop with waits, who asks for none for a while after a failure, and who reports a 401 once', async () => {
    const renewing =
      (ask: (next: Fetch) => Promise<Response>, calmFor = 0): Middleware =>
      (next) => {
        let renewal: Promise<boolean> | undefined;
        let failedAt = -Infinity;
        return defineMiddleware(async (call, following) => {
          const response = await following(keepBody(call));
          if (response.status !== 401 || performance.now() - failedAt < calmFor) return response;
          renewal ??= ask(next).then(
            ({ ok }) => ok,
            () => false,
          );
          const isRenewed = await new Promise<boolean>((resolve, reject) => {
            const stop = onAbort(call.signal, reject);
            void renewal!.then(resolve).finally(stop);
          });
          renewal = undefined;
          if (!isRenewed) failedAt = performance.now();
          return isRenewed ? following(call) : response;
        })(next);
      };
    const token = (next: Fetch) => settle(next('https://contract.test/token')).then(unwrap);
    const inLoop = async (next: Fetch, left = 2): Promise<Response> => {
      const outcome = await settle(next('https://contract.test/token'));
      if (outcome.response?.ok || left === 0) return unwrap(outcome);
      await delay(300);
      return inLoop(next, left - 1);
    };
    const reporting: Middleware = (next) => {
      let isReported = false;
      return defineMiddleware(async (call, following) => {
        const response = await following(call);
        if (response.status === 401 && !isReported) void settle(next('https://reports.test/401'));
        isReported ||= response.status === 401;
        return response;
      })(next);
    };

    for (const right of [renewing(inLoop), renewing(token, 5_000), reporting])
      await contractChecks['keeps concurrent calls apart']!(() => right);
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
      'the number of listeners after an error, on the signal of init: expected 0, got 1',
    );
  });

  it('allows a middleware to resolve an address against the page, and no other address', async () => {
    vi.stubGlobal('location', { href: 'https://page.test/app/' });
    const check = contractChecks['hands on a relative address']!;
    const resolving: Middleware = (next) => async (input, init) =>
      next(new Request(new URL(String(input), 'https://page.test/app/'), init));
    const elsewhere: Middleware = (next) => async (_, init) => next('https://other.test/', init);

    await check(() => resolving);
    await check(() => (next) => next);
    await expect(check(() => elsewhere)).rejects.toThrow('the address that next was asked for');
    vi.unstubAllGlobals();
  });

  it('asks for no more than the Request of a platform keeps', async () => {
    class BunRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init?.signal === null ? { ...init, signal: (input as Request).signal } : init);
        this.headers.delete('content-type');
      }
      override get method(): string {
        return /^[A-Z]+$/.test(super.method) ? super.method : 'GET';
      }
    }
    class HappyDomRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        if (init?.method?.startsWith('x-')) throw new DOMException(`'${init.method}' HTTP method is unsupported.`);
        super(input, { ...init, ...(init?.method && { method: init.method.toUpperCase() }) });
      }
    }
    class FirefoxRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init?.body instanceof ReadableStream ? { ...init, body: String(init.body) } : init);
      }
    }
    const building: Middleware = (next) => async (input, init) => next(new Request(input, init));
    const adding: Middleware = (next) => async (input, init) => next(new Request(input, init), {});

    await contractChecks['hands on the members of init and of a Request']!(() => building); // Node 24 copies no policy
    await contractChecks['hands on the members of init and of a Request']!(() => adding);
    vi.stubGlobal('Request', BunRequest);
    await contractChecks['hands on methods and headers as they are written']!(() => pass);
    await contractChecks["leaves the caller's arguments as they were"]!(() => pass);
    await contractChecks['lets init take the signal from a Request']!(() => pass);
    vi.stubGlobal('Request', HappyDomRequest);
    await contractChecks['hands on methods and headers as they are written']!(() => pass);
    vi.stubGlobal('Request', FirefoxRequest);
    await contractChecks['hands on a stream as it is']!(() => pass);
    vi.unstubAllGlobals();
  });

  it('passes who encodes a form, also where the platform sends no line end after it, as Deno', async () => {
    class DenoRequest extends Request {
      readonly #isForm: boolean;
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init);
        this.#isForm = init?.body instanceof FormData;
      }
      override async text(): Promise<string> {
        const text = await super.text();
        return this.#isForm ? text.trimEnd() : text;
      }
    }
    const encoding: Middleware = (next) => async (input, init) => {
      if (!(init?.body instanceof FormData)) return next(input, init);
      return next(input, { ...init, body: await new Response(init.body).blob() });
    };
    vi.stubGlobal('Request', DenoRequest);
    onTestFinished(() => void vi.unstubAllGlobals());

    await contractChecks['hands on the body']!(() => encoding);
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
        'expected the call to reject, but it never ends',
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

  it('runs its checks one after the other where the runner can', () => {
    const sequential = vi.fn();
    const runner = { describe: Object.assign(vi.fn(), { sequential }), it: vi.fn() };

    middlewareContract(() => pass, { runner });

    expect(sequential).toHaveBeenCalledOnce();
    expect(runner.describe).not.toHaveBeenCalled();
  });

  it('does not blame a wrapper where a Request reads what it is made of when it is sent, as in happy-dom', async () => {
    const { Request: Platform } = globalThis;
    class LateRequest extends Platform {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        const { body } = init ?? {};
        const pull = (stream: ReadableStreamDefaultController) => {
          stream.enqueue((body as Uint8Array).slice());
          stream.close();
        };
        const late = { body: new ReadableStream({ pull }), duplex: 'half' } as RequestInit;
        super(input, body instanceof Uint8Array ? { ...init, ...late } : init);
        if (input instanceof URL) Object.defineProperty(this, 'url', { get: () => input.href });
      }
    }
    vi.stubGlobal('Request', LateRequest);
    onTestFinished(() => void vi.unstubAllGlobals());

    await contractChecks['sends what was asked for, whatever the caller changes afterwards']!(() => (next) => next);
  });

  it('does not blame who cancels a body where a Response does not show that, as in happy-dom', async () => {
    const { Response: Platform } = globalThis;
    class QuietResponse extends Platform {
      #isRead = false;
      override get bodyUsed(): boolean {
        return this.#isRead;
      }
      override text(): Promise<string> {
        this.#isRead = true;
        return super.text();
      }
    }
    vi.stubGlobal('Response', QuietResponse);
    onTestFinished(() => void vi.unstubAllGlobals());
    const cancelling: Middleware = (next) => again(next, next, (response) => void response.body?.cancel());

    await contractChecks['gives a response that nobody has read']!(() => cancelling);
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
