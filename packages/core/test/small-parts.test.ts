import { Call, notify, perKey, redactUrl, settle, unwrap } from '@steadfetch/core';
import {
  callHooks,
  checkFunction,
  checkHooks,
  checkMethods,
  checkMs,
  checkNames,
  checkNumber,
  checkStatuses,
  checkString,
  clockOption,
  idempotencyKeyOf,
  limitFields,
  originOf,
  readField,
  retryAfterOf,
  warnOnce,
} from '@steadfetch/core/kit';
import { describe, expect, it, vi } from 'vitest';

describe('settle and unwrap', () => {
  it('return the response or throw the error itself', async () => {
    const response = new Response();
    const error = new Error('no');

    expect(unwrap(await settle(Promise.resolve(response)))).toBe(response);
    const outcome = await settle(Promise.reject(error));
    expect(() => unwrap(outcome)).toThrow(error);
  });

  it('keep an error that is undefined', async () => {
    const outcome = await settle(Promise.reject(undefined));

    expect(outcome.failed).toBe(true);
    let thrown: unknown = 'nothing';
    try {
      unwrap(outcome);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeUndefined();
  });
});

describe('perKey', () => {
  it('creates one value per key and keeps it', () => {
    const create = vi.fn((key: string) => ({ key }));
    const of = perKey(create);

    expect([of('a'), of('b'), of('a'), of('a')].map(({ key }) => key)).toEqual(['a', 'b', 'a', 'a']);
    expect(create).toHaveBeenCalledTimes(2);
  });

  it('drops the least recently used key', () => {
    const create = vi.fn((key: string) => ({ key }));
    const of = perKey(create, { maxKeys: 2 });

    for (const key of ['a', 'b', 'a', 'c', 'a']) of(key);
    expect(create).toHaveBeenCalledTimes(3);
    of('b');

    expect(create).toHaveBeenCalledTimes(4);
  });

  it('drops needed values last, and never the value in use', () => {
    const of = perKey((key) => key, { maxKeys: 2, isNeeded: (value) => value.startsWith('needed') });
    const keys = () => of.entries().map(([key]) => key);

    for (const key of ['needed 1', 'a', 'b']) of(key);
    expect(keys()).toEqual(['needed 1', 'b']);
    for (const key of ['needed 2', 'c']) of(key);
    expect(keys()).toEqual(['needed 2', 'c']);
  });

  it('converts a key that is no string', () => {
    const of = perKey((key) => ({ key }));

    expect(of(undefined as never)).toEqual({ key: 'undefined' });
    expect(of(undefined as never)).toBe(of('undefined'));
  });

  it('refuses at once what could never work', () => {
    expect(() => perKey(5 as never)).toThrow(new TypeError('perKey: create: expected a function, got 5'));
    expect(() => perKey(() => 1, { isNeeded: 5 as never })).toThrow('perKey: isNeeded: expected a function, got 5');
    for (const maxKeys of [0, 1.5, Number.NaN]) {
      expect(() => perKey(() => 1, { maxKeys })).toThrow(`perKey: maxKeys: expected an integer >= 1, got ${maxKeys}`);
    }
  });
});

describe('originOf', () => {
  it('returns the origin, in its normal form', () => {
    expect(originOf('HTTPS://Api.Test:443/a?b#c')).toBe('https://api.test');
    expect(originOf('http://api.test:8080?x')).toBe('http://api.test:8080');
    expect(originOf('http://user:secret@api.test/')).toBe('http://api.test');
  });

  it('returns the origin of each of thousands of hosts', () => {
    for (let n = 0; n < 2_500; n++) expect(originOf(`http://h${n}.test/`)).toBe(`http://h${n}.test`);
  });
});

describe('redactUrl', () => {
  it.each([
    ['https://user:pass@api.test/a/b?token=1#x', 'https://api.test/a/b'],
    ['https://api.test/a@b', 'https://api.test/a@b'],
    ['/relative?q', '/relative'],
  ])('turns %s into %s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });
});

describe('warnOnce', () => {
  it('says the same thing only once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

    warnOnce('careful');
    warnOnce('careful');

    expect(warn.mock.calls).toEqual([['steadfetch: careful']]);
    warn.mockRestore();
  });

  it('says a thousand things at most, each short, and survives a console that throws', async () => {
    vi.resetModules();
    const fresh = await import('@steadfetch/core/kit');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {
      throw new Error('closed');
    });

    for (let n = 0; n < 1_100; n++) fresh.warnOnce(`key ${n} ${'x'.repeat(1_000)}`);

    expect(warn).toHaveBeenCalledTimes(1_000);
    expect(warn.mock.calls[0]![0]).toHaveLength('steadfetch: '.length + 500);
    warn.mockRestore();
    // the next test file must not get the module that is silent now
    vi.resetModules();
  });
});

describe('an observer that fails', () => {
  const throws = (error: unknown) => () => {
    throw error;
  };
  const all = { onEnd: throws(new Error('third')) };
  const observers: [string, (core: { notify: typeof notify; callHooks: typeof callHooks }) => void][] = [
    ['first\u2028one', (core) => core.notify(throws(new Error('first\u2028one')), {})],
    ['second', (core) => core.notify(() => Promise.reject(new Error('second')), {})],
    ['third', (core) => core.callHooks([all], 'onEnd', () => ({}))],
    ['object', (core) => core.notify(throws(Object.create(null)), {})],
  ];

  const warnings = async (call: (typeof observers)[number][1]) => {
    vi.resetModules();
    const fresh = { ...(await import('@steadfetch/core')), ...(await import('@steadfetch/core/kit')) };
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    fresh.notify(throws(new Error('what tidies up')));
    for (let time = 0; time < 2; time++) call(fresh);
    await Promise.resolve().then(() => {});
    const said = warn.mock.calls.flat();
    warn.mockRestore();
    return said;
  };

  it.each(observers)('is warned of once, in development: %s', async (message, call) => {
    const said = `a listener of observe() or onAbort(), a hook or a logger has failed; no call is affected: ${message}`;
    expect(await warnings(call)).toEqual([`steadfetch: ${said.replace('\u2028', '')}`]);

    vi.stubEnv('NODE_ENV', 'production');
    expect(await warnings(call)).toEqual([]);
    vi.unstubAllEnvs();
  });
});

describe('option checks', () => {
  it.each([
    ['3', TypeError, 'x: expected a number >= 0, got "3"'],
    [Number.NaN, RangeError, 'x: expected a number >= 0, got NaN'],
    [-1, RangeError, 'x: expected a number >= 0, got -1'],
    [null, TypeError, 'x: expected a number >= 0, got null'],
    [{}, TypeError, 'x: expected a number >= 0, got {}'],
    [Symbol('s'), TypeError, 'x: expected a number >= 0, got Symbol(s)'],
    [Object.create(null), TypeError, 'x: expected a number >= 0, got {}'],
  ])('refuse %o as a number', (value, kind, message) => {
    expect(() => checkNumber('x', value)).toThrow(new kind(message));
  });

  it('return what is allowed', () => {
    expect(checkNumber('x', 2.5)).toBe(2.5);
    expect(checkNumber('x', 2, { integer: true })).toBe(2);
    expect(checkNumber('x', Infinity)).toBe(Infinity);
    expect(checkMs('x', 5)).toBe(5);
    expect(checkFunction('x', it)).toBe(it);
  });

  it('refuse fractions, what no timer can hold, and what is no function', () => {
    expect(() => checkNumber('x', 1.5, { integer: true })).toThrow('x: expected an integer >= 0, got 1.5');
    expect(() => checkMs('x', 2 ** 31)).toThrow('x: expected a number from 0 to 2147483647, got 2147483648');
    expect(() => checkMs('x', Infinity)).toThrow(RangeError);
    expect(() => checkFunction('x', 5)).toThrow(new TypeError('x: expected a function, got 5'));
  });

  it('want a clock with now and sleep', () => {
    const clock = { now: () => 0, sleep: async () => {} };

    expect(clockOption.check('retry: clock', clock)).toBe(clock);
    expect(() => clockOption.check('retry: clock', null as never)).toThrow(
      'retry: clock.now: expected a function, got undefined',
    );
    expect(() => clockOption.check('retry: clock', { now: () => 0 } as never)).toThrow(
      'retry: clock.sleep: expected a function',
    );
    expect(() => clockOption.check('retry: clock', 5 as never)).toThrow(/clock.now: .* 5$/);
  });

  it('want a string as a key, and ignore the rejection of a promise', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);

    expect(checkString('x: key', 'a')).toBe('a');
    expect(() => checkString('x: key', undefined)).toThrow(new TypeError('x: key: expected a string, got undefined'));
    expect(() => checkString('x: key', Promise.reject(new Error('no')))).toThrow('got [object Promise]');

    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('name an option that does not exist', () => {
    expect(() => checkNames('retry', { retries: 3 }, ['maxRetries'])).toThrow(
      new TypeError("retry: unknown option 'retries', expected one of maxRetries; did you mean 'maxRetries'?"),
    );
    expect(() => checkNames('retry', null as never, [])).toThrow('retry: expected an options object, got null');
    expect(() => checkNames('retry', {}, [])).not.toThrow();
  });

  it('make sets of methods and of statuses', () => {
    expect(checkMethods('x', ['GET', 'query'])).toEqual(new Set(['GET', 'query', 'QUERY']));
    expect(checkStatuses('x', [429, 503])).toEqual(new Set([429, 503]));
  });

  it.each([
    [() => checkMethods('x', 'GET'), new TypeError('x: expected an array of method names, got "GET"')],
    [() => checkMethods('x', ['GET', '']), new TypeError('x: expected method names, got ""')],
    [
      () => checkMethods('x', [Symbol.iterator]),
      new TypeError('x: expected method names, got Symbol(Symbol.iterator)'),
    ],
    [() => checkStatuses('x', 429), new TypeError('x: expected an array of statuses, got 429')],
    [() => checkStatuses('x', [99]), new RangeError('x: expected an integer from 100 to 999, got 99')],
    [() => checkStatuses('x', [200], { min: 400 }), new RangeError('x: expected an integer from 400 to 999, got 200')],
  ])('refuse a wrong list: %#', (check, error) => {
    expect(check).toThrow(error);
  });
});

describe('notify', () => {
  it('survives observers that are missing, throw, reject or never end', () => {
    const observer = vi.fn();

    notify(undefined, 1);
    notify(() => {
      throw new Error('no');
    }, 1);
    notify(() => Promise.reject(new Error('no')), 1);
    notify(() => new Promise(() => {}), 1);
    notify(observer, 1);

    expect(observer.mock.calls).toEqual([[1]]);
  });
});

describe('checkHooks', () => {
  class Log {
    readonly lines: object[] = [];
    onOpen(event: object): void {
      this.lines.push(event);
    }
  }
  interface Hooks {
    onOpen?(event: object): void;
  }

  it('takes one observer, several, none, and an instance with members of its own', () => {
    const log = new Log();
    const bare = Object.assign(Object.create(null), { onOpen: () => {} }) as Hooks;

    expect(checkHooks<Hooks>('x: hooks', ['onOpen'], undefined)).toEqual([]);
    expect(checkHooks<Hooks>('x: hooks', ['onOpen'], [log, bare])).toEqual([log, bare]);
    callHooks<Hooks>([log], 'onOpen', () => ({ at: 1 }));
    expect(log.lines).toEqual([{ at: 1 }]);
    expect(Object.isFrozen(log.lines[0])).toBe(true);
  });

  it('makes no event where no observer has the member, and survives an observer that cannot be read', () => {
    const make = vi.fn(() => ({ at: 1 }));
    const broken = {
      get onOpen(): never {
        throw new Error('no');
      },
    };

    callHooks<Hooks>([{}, broken as Hooks], 'onOpen', make);

    expect(make).not.toHaveBeenCalled();
  });

  it('refuses what is no observer', () => {
    expect(() => checkHooks<Hooks>('x: hooks', ['onOpen'], 5 as never)).toThrow(
      'x: hooks: expected an object with onOpen',
    );
    expect(() => checkHooks<Hooks>('x: hooks', ['onOpen'], { onopen: 1 } as never)).toThrow("unknown option 'onopen'");
    expect(() => checkHooks<Hooks>('x: hooks', ['onOpen'], new Map() as never)).toThrow('x: hooks: expected');
  });
});

describe('retryAfterOf', () => {
  const NOW = Date.UTC(2026, 0, 1);
  const seconds = NOW / 1_000;

  it.each([
    ['7', 7_000],
    ['1, 9', 9_000],
    ['0, 0', 0],
    ['Thu, 01 Jan 2026 00:00:00 GMT', undefined],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    [`${seconds + 30}`, 30_000],
    [`${seconds - 30}`, undefined],
    ['2147483647', 2_147_483_647_000],
    ['soon', undefined],
  ])('reads %s', (value, ms) => {
    expect(retryAfterOf(new Response(null, { headers: { 'retry-after': value } }), NOW)).toBe(ms);
  });

  it('compares a date with the Date of the response, whatever our clock says', () => {
    const headers = { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT', date: 'Thu, 01 Jan 2026 00:00:10 GMT' };

    expect(retryAfterOf(new Response(null, { headers }), NOW + 3_600_000)).toBe(20_000);
  });
});

describe('limitFields', () => {
  it('copies the rate limit fields', () => {
    const headers = new Headers({
      'x-ratelimit-limit': '1',
      'retry-after': '2',
      'x-ms-retry-after-ms': '3',
      date: 'now',
      'set-cookie': 'a=secret',
    });

    expect([...limitFields(headers).keys()]).toEqual([
      'date',
      'retry-after',
      'x-ms-retry-after-ms',
      'x-ratelimit-limit',
    ]);
  });

  it.each([undefined, null, {}, { get: () => 'x' }])('copies nothing of %j', (headers) => {
    expect([...limitFields(headers as unknown as Headers)]).toEqual([]);
  });
});

describe('idempotencyKeyOf', () => {
  const keyOf = (init?: RequestInit) => idempotencyKeyOf(Call.from('https://api.test/', init));

  it.each([
    ['an object, whatever the case of the name', { 'IDEMPOTENCY-Key': ' k ' }, 'k'],
    ['pairs', [['Idempotency-Key', 'k']], 'k'],
    ['Headers', new Headers({ 'idempotency-key': 'k' }), 'k'],
    ['a blank value', { 'idempotency-key': ' ' }, undefined],
    ['no value, which a wrapper inside may leave out', { 'idempotency-key': undefined }, undefined],
    ['null as a value', new Headers({ 'idempotency-key': null as never }), undefined],
    ['other fields', { accept: 'a/b' }, undefined],
    ['headers that fetch refuses', { 'idempotency-key': 'k', 'a b': 'c' }, undefined],
    ['headers that are no object', 'idempotency-key: k', undefined],
    ['null', null, undefined],
  ])('reads the field of %s', (_, headers, key) => {
    expect(keyOf({ method: 'POST', headers: headers as never })).toBe(key);
  });

  it('is undefined without an init, and reads the field of a Request', () => {
    const request = new Request('https://api.test/', { headers: { 'idempotency-key': 'k' } });

    expect(keyOf()).toBeUndefined();
    expect(idempotencyKeyOf(Call.from(request))).toBe('k');
    expect(idempotencyKeyOf(Call.from(request, { headers: { accept: 'a/b' } }))).toBeUndefined();
  });

  it('ignores what a layer has written on the headers of the call, which is not sent', () => {
    const call = Call.from(new Request('https://api.test/', { method: 'POST', body: 'order' }));

    call.headers.set('idempotency-key', 'k');

    expect(idempotencyKeyOf(call)).toBeUndefined();
  });
});

it('reads a field of odd headers as they are: what they throw is thrown', () => {
  const odd = {
    get: () => {
      throw new Error('odd');
    },
  };

  expect(() => readField(odd, 'date')).toThrow('odd');
  expect(readField(new Headers({ date: 'today' }), 'date')).toBe('today');
  expect(readField(undefined, 'date')).toBeUndefined();
});
