import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Call, defineMiddleware, type Fetch, type Middleware, mount, perKey, redactUrl } from '@steadfetch/core';
import { originOf, pathOf } from '@steadfetch/core/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');
const MEGABYTE = 'x'.repeat(1_000_000);

afterEach(() => void vi.unstubAllGlobals());

describe('the key of a server', () => {
  it.each(['http:/api.test/a', 'http:\\api.test/b', 'http:api.test/c', 'ht\ntp:/api.test/d'])(
    'is a host also where slashes are missing: %j',
    (url) => {
      expect(originOf(url)).toBe('http://api.test');
    },
  );

  it.each([
    'https://api.test/a?token=1',
    'HTTPS://Api.TEST:443/b',
    ' https://api.test/c',
    '\0https://api.test/c',
    'https:/api.test/d',
    'https:api.test/d',
    'https:\\\\api.test\\e',
    'ht\ntps://api.\ttest/f',
    'https://user:secret@api.test/g',
    'https://api.test./h',
    'https://api.test?i',
    'https://api.test#j',
    'https://%61pi.test/k',
  ])('is the same however the URL is spelled: %j', (url) => {
    expect(originOf(url)).toBe('https://api.test');
    expect(Call.from(url).origin).toBe('https://api.test');
  });

  it.each([
    ['app://main/a?token=1', 'app://main'],
    ['app://other/a', 'app://other'],
    ['capacitor://localhost/a', 'capacitor://localhost'],
    ['file:///etc/hosts', 'file:'],
    [`data:text/plain,${MEGABYTE}`, 'data:'],
    ['blob:https://api.test/8a7b', 'blob:'],
    ['/users?token=1', '/'],
    ['users/1', '/'],
    ['', '/'],
    ['//other.test/a', 'http://other.test'],
    ['http://[bad/?token=1', 'invalid:'],
    ['http://127.1:8080/', 'http://127.0.0.1:8080'],
  ])('names the server and nothing else: %.40s', (url, key) => {
    expect(originOf(url)).toBe(key);
    expect(originOf(url)).toBe(key);
  });

  it('is the origin of the page for a relative URL', () => {
    vi.stubGlobal('location', { href: 'https://site.test/page' });
    expect(originOf('/users')).toBe('https://site.test');
    expect(originOf('https:users')).toBe('https://site.test');
    expect(Call.from(' users').url).toBe('https://site.test/users');

    vi.stubGlobal('document', { baseURI: 'https://base.test/app/' });
    expect(originOf('users')).toBe('https://base.test');
    expect(Call.from('users').url).toBe('https://base.test/app/users');

    vi.stubGlobal('document', { baseURI: 'blob:https://site.test/8a7b' });
    expect(originOf('/users')).toBe('/');
    expect(Call.from('/users').url).toBe('/users');
  });

  it.each(['', '/', 'app.html'])(
    'is that of the URL where a library was given a location without a host: %j',
    (href) => {
      vi.stubGlobal('location', { href });
      expect(originOf('https://site.test/users')).toBe('https://site.test');
      expect(originOf('/users')).toBe('/');
      expect(Call.from('/users').url).toBe('/users');
    },
  );

  describe('in React Native', () => {
    const notThere = () => {
      throw new Error('URL.protocol is not implemented');
    };
    /** As up to 0.79. */
    class TextOfUrl {
      readonly href: string;
      constructor(url: string, base = '') {
        this.href = `${base}${url}${base || url.endsWith('/') ? '' : '/'}`;
        for (const part of ['protocol', 'host', 'pathname', 'search'])
          Object.defineProperty(this, part, { get: notThere });
      }
    }
    beforeEach(() => {
      vi.stubGlobal('navigator', { product: 'ReactNative' });
      vi.stubGlobal('URL', TextOfUrl);
    });

    it.each([
      ['https://api-1.test/a?token=1', 'https://api-1.test'],
      ['HTTPS://user:secret@Api-2.test:443', 'https://api-2.test'],
      ['http://api-3.test:8080?a#b', 'http://api-3.test:8080'],
      ['https://api-4.test/users/me@mail.test/12:30', 'https://api-4.test'],
      ['http://api-5.test:80/?mail=me@mail.test', 'http://api-5.test'],
      ['https://user:pa/ss@api-6.test/', 'invalid:'],
      ['http://[::1]:8080/a', 'http://[::1]:8080'],
      ['data:text/plain,x', 'data:'],
      ['/users?token=1', '/'],
    ])('is read from the text of the URL: %s', (url, key) => {
      expect(originOf(url)).toBe(key);
    });

    it('finds the stack of a prefix', async () => {
      const note: Middleware = defineMiddleware(async () => new Response('mounted'));
      const steady = mount({ 'https://api.test/v1': note })(async () => new Response('not'));

      const answers = await Promise.all(
        ['https://API.test:443/v1?a=1', 'https://api.test/v10'].map((url) => steady(url)),
      );

      expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['mounted', 'not']);
    });
  });

  it('keeps nothing of the URLs that it was cut from', () => {
    const kept = perKey((key) => ({ key }));
    gc();
    const before = process.memoryUsage().heapUsed;

    for (let n = 0; n < 40; n++) {
      const url = `https://host-number-${n}.example.com/${n}${MEGABYTE}`.replace('@', '');
      kept(originOf(url));
      kept(url.slice(8, 34));
    }
    gc();

    expect(kept.entries()).toHaveLength(80);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });
});

describe('perKey', () => {
  it('is bounded in characters as well as in keys', () => {
    const of = perKey((key) => key.length);

    for (let n = 0; n < 30; n++) of(n + 'x'.repeat(80_000));
    expect(of.entries()).toHaveLength(12);
    of(`${MEGABYTE}!`);

    expect(of.entries()).toEqual([[`${MEGABYTE}!`, 1_000_001]]);
  });

  it('shows the present values without making or using any', () => {
    const create = vi.fn((key: string) => ({ key }));
    const of = perKey(create, { maxKeys: 2 });
    of('a');
    of('b');

    expect(of.peek('a')).toEqual({ key: 'a' });
    expect(of.peek('c')).toBeUndefined();
    expect(of.entries().map(([key]) => key)).toEqual(['a', 'b']);
    of('c');

    expect(of.entries().map(([key]) => key)).toEqual(['b', 'c']);
    expect(create).toHaveBeenCalledTimes(3);
  });

  it('forgets one key, or all', () => {
    let made = 0;
    const of = perKey(() => ++made);
    expect([of('a'), of('b')]).toEqual([1, 2]);

    of.reset('b');
    expect([of('a'), of('b')]).toEqual([1, 3]);
    of.reset('unknown');
    of.reset();

    expect(of.entries()).toEqual([]);
    expect(of('b')).toBe(4);
  });
});

describe('mount', () => {
  const stub: Fetch = async () => new Response();

  async function pick(prefixes: string[], url: string | Request): Promise<string | undefined> {
    let picked: string | undefined;
    const note = (prefix: string): Middleware =>
      defineMiddleware((call, next) => {
        picked = prefix;
        return next(call);
      });
    await mount(Object.fromEntries(prefixes.map((prefix) => [prefix, note(prefix)])))(stub)(url);
    return picked;
  }

  it.each([
    'https://api.test/public/../admin/x',
    'https://api.test/./admin/x',
    'https://api.test/public/%2e%2E/admin/x',
    'https://api.test/%61dmin/x',
    'https://api.test:443/admin/x',
    ' https://api.test/admin/x',
    'https:/api.test/admin/x',
    'https:api.test/admin/x',
    'https:\\\\api.test\\admin\\x',
    'https://user:secret@api.test/admin/x',
    'https://api.test./admin/x',
    'https://api.test/ad\nmin/x',
  ])('goes by the URL that is sent: %j', async (url) => {
    const prefixes = ['https://api.test/', 'https://api.test/admin/'];

    expect(await pick(prefixes, url)).toBe('https://api.test/admin/');
    expect(await pick(prefixes, new Request(url.replace('user:secret@', '')))).toBe('https://api.test/admin/');
  });

  it('takes a prefix in any spelling', async () => {
    const url = 'https://api.test/v1/users';

    for (const prefix of [
      'HTTPS://API.test:443/v1',
      'https://api.test/x/../v1/',
      'https:\\\\api.test\\v1',
      'HTTPS://',
      'https:',
    ]) {
      expect(await pick([prefix], url)).toBe(prefix);
    }
    expect(await pick(['https://api.test/v1?a='], 'https://api.test/v1?a=1')).toBe('https://api.test/v1?a=');
    expect(await pick(['https://api.test/a%2Fb'], 'https://api.test/a/b')).toBeUndefined();
    expect(await pick([''], 'http://[bad/')).toBe('');
    expect(await pick(['app://main', 'data:'], 'app://main/x')).toBe('app://main');
    expect(await pick(['app://main', 'data:'], 'data:,x')).toBe('data:');
  });

  it("mounts a path for relative URLs; on a page, for the page's own origin", async () => {
    expect(await pick(['/api/'], '/public/../api/users')).toBe('/api/');
    expect(await pick(['/api/'], 'api/users')).toBe('/api/');
    expect(await pick(['/api/'], 'https://site.test/api/users')).toBeUndefined();

    vi.stubGlobal('location', { href: 'https://site.test/' });
    expect(await pick(['/api/'], 'https://site.test/api/users')).toBe('/api/');
  });

  it.each(['api.test/', 'localhost:3000/', 'api.test:443/v1', '*', 'https://*.api.test/', 'http://[bad/', 'api/'])(
    'refuses a prefix that could match nothing: %s',
    (prefix) => {
      expect(() => mount({ [prefix]: (next) => next })).toThrow(
        `mount: expected a prefix such as 'https://', 'https://api.example.com/v1' or '/v1', got "${prefix}"`,
      );
    },
  );

  it('refuses anything but an object of prefixes, and two spellings of one prefix', () => {
    const middleware: Middleware = (next) => next;

    expect(() => mount(new Map([['https://', middleware]]) as never)).toThrow(
      'mount: expected an object of prefixes, got [object Map]; for a Map, use Object.fromEntries',
    );
    expect(() => mount(new Headers() as never)).toThrow(TypeError);
    expect(() => mount({ 'https://a.test': middleware, 'https://A.test:443/': middleware })).toThrow(
      "mount: 'https://A.test:443/' is mounted twice, in two spellings",
    );
    expect(mount({})(stub)).toBeTypeOf('function');
    expect(mount(Object.create(null))(stub)).toBeTypeOf('function');
  });
});

describe('redactUrl', () => {
  it.each([
    [' https://user:pass@api.test/a', 'https://api.test/a'],
    ['ht\ntps://user:pass@api.test/a', 'https://api.test/a'],
    ['https:\\\\user:pass@api.test\\a', 'https://api.test/a'],
    ['https:///user:pass@api.test', 'https://api.test/'],
    ['//user:pass@api.test/a', 'http://api.test/a'],
    ['https://api.test/a\nINFO b', 'https://api.test/aINFO%20b'],
    ['https://api.test/\u001b[31m\u2028\u202e', 'https://api.test/%1B[31m%E2%80%A8%E2%80%AE'],
    ['https://api.test/a\u001b\u202e', 'https://api.test/a%1B%E2%80%AE'],
    ['/a\u202e?token=1', '/a%E2%80%AE'],
    ['data:text/plain,secret', 'data:'],
    ['app://main/a?token=1', 'app://main/a'],
  ])('leaves nothing that forges a line or logs in: %j', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  it.each(['/', '\\', '?', '#'])('hides a URL that cannot be parsed, with %j in its password', (character) => {
    expect(redactUrl(`https://user:pa${character}ss@api.test/a`)).toBe('invalid:');
  });
});

describe('pathOf', () => {
  it.each([
    ['https://api.test/things/1?token=a#b', '/things/1'],
    ['https://user:pass@api.test/things', '/things'],
    ['https:\\\\user:pass@api.test\\things', '/things'],
    ['  https:/user:pass@api.test/things  ', '/things'],
    ['ht\ttps://user:pass@api.test/things', '/things'],
    ['https://api.test', '/'],
    ['https://api.test?token=a', '/'],
    ['/things?token=a', '/things'],
    ['data:text/plain,secret', '/'],
    ['http://', '/'],
    ['https:///user:pass@api.test', '/'],
    ['//user:pass@api.test/things', '/things'],
    ['https://user:pa/ss@api.test/things', '/'],
  ])('of %j is %j, without what may be secret', (url, path) => {
    expect(pathOf(url)).toBe(path);
  });
});
