import { type FakeFetch, fakeFetch, instantClock, type ManualClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RateLimiter, type RateLimitOptions, rateLimit } from '../src/index.ts';

const ORIGIN = 'https://api.example.com';
const as = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

interface Rig {
  limiter: RateLimiter;
  clock: ManualClock;
  fetch: FakeFetch;
  /** Calls a path, and gives what became of it within some milliseconds. */
  call: (path: string, init?: RequestInit) => Promise<number | string>;
}

/** A server that refuses what `isRefused` says, with a wait of a second. */
function rig(isRefused: (url: string, authorization: string | null) => boolean, options: RateLimitOptions = {}): Rig {
  const clock = manualClock();
  const busy = { status: 429, headers: { 'retry-after': '5' } };
  const fetch = fakeFetch(({ url, headers }) => (isRefused(url, headers.get('authorization')) ? busy : 200), { clock });
  const limiter = rateLimit({ clock, random: () => 0, maxWait: 4_000, ...options });
  const limited = limiter(fetch);
  const call = async (path: string, init?: RequestInit) => {
    const end = limited(ORIGIN + path, init).then(
      ({ status }) => status,
      ({ name }: Error) => name,
    );
    await clock.advance(1);
    return end;
  };
  return { limiter, clock, fetch, call };
}

const keys = ({ limiter }: Rig) => limiter.snapshot().map(({ key }) => key);

describe('what a refusal holds back', () => {
  it.each([
    ['names', (path: string) => ({ ratelimit: `"${path}";r=0;t=5` })],
    ['limits', (path: string) => ({ 'x-ratelimit-limit': path === '/a' ? '30' : '10', 'x-ratelimit-remaining': '0' })],
  ])(
    'not the others, when the first requests of two paths are refused for quotas with different %s',
    async (_, told) => {
      const clock = manualClock();
      const server = ({ url }: { url: string }) => {
        const path = new URL(url).pathname;
        return path === '/c' ? 200 : { status: 429, headers: { 'retry-after': '5', ...told(path) } };
      };
      const limited = rateLimit({ clock, maxWait: 100 })(fakeFetch(server, { clock }));
      for (const path of ['/a', '/b']) await limited(ORIGIN + path);

      expect((await limited(`${ORIGIN}/c`)).status).toBe(200);
    },
  );

  it('the others no longer, once two joined paths report quotas with different limits', async () => {
    const clock = manualClock();
    let isDown = true;
    const server = ({ url }: { url: string }) =>
      isDown
        ? { status: 429, headers: { 'retry-after': '1' } }
        : { headers: { 'x-ratelimit-limit': url.endsWith('/a') ? '5000' : '30', 'x-ratelimit-remaining': '9' } };
    const limiter = rateLimit({ clock, maxWait: 100 });
    const limited = limiter(fakeFetch(server, { clock }));
    const call = async (...paths: string[]) => {
      for (const path of paths) await limited(ORIGIN + path);
    };
    const widest = () => limiter.snapshot().map(({ key }) => key)[0];

    await call('/a', '/b');
    const joined = widest();
    isDown = false;
    await clock.advance(5_000);
    await call('/a', '/b', '/a', '/b');

    expect([joined, widest()]).toEqual([ORIGIN, `${ORIGIN} /a`]);
  });

  it('the same path, with what names one thing folded', async () => {
    const one = rig((url) => url.includes('/items'));
    await one.call('/items/17');

    expect(await one.call('/items/18?page=2')).toBe('RateLimitError');
    expect(await one.call('/orders')).toBe(200);
    expect(keys(one)).toEqual([`${ORIGIN} /items/*`, `${ORIGIN} /orders`]);
  });

  it.each([
    ['/items/3fa85f64-5717-4562-b3fc-2c963f66afa6/parts', '/items/*/parts'],
    ['/users/ada@example.com', '/users/*'],
    ['/reset/AbCdEfGhIjKlMnOp1234', '/reset/*'],
    ['/v2/items', '/v2/items'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h'],
    ['', '/'],
  ])('%s is %s', async (path, folded) => {
    const one = rig(() => false);

    await one.call(path);

    expect(keys(one)).toEqual([`${ORIGIN} ${folded}`]);
  });

  it('the same credential, of which nothing is told', async () => {
    const one = rig((_, authorization) => authorization === 'Bearer mallory');
    await one.call('/items', as('mallory'));

    expect(await one.call('/items', as('mallory'))).toBe('RateLimitError');
    expect(await one.call('/items', as('alice'))).toBe(200);
    expect(await one.call('/items', { headers: { 'x-api-key': 'k' } })).toBe(200);
    expect(keys(one)).toEqual([`${ORIGIN} #1 /items`, `${ORIGIN} #2 /items`, `${ORIGIN} #3 /items`]);
  });

  it.each([
    'X-API-Key',
    'apikey',
    'PRIVATE-TOKEN',
    'Ocp-Apim-Subscription-Key',
    'X-Shopify-Access-Token',
    'xi-api-key',
  ])('the same credential in %s', async (field) => {
    const one = rig(() => true);
    await one.call('/items', { headers: { [field]: 'alice' } });

    expect(await one.call('/items', { headers: { [field]: 'alice' } })).toBe('RateLimitError');
    expect(await one.call('/items', { headers: { [field]: 'bob' } })).toBe(429);
    expect(keys(one)).toEqual([`${ORIGIN} #1 /items`, `${ORIGIN} #2 /items`]);
  });

  it('all paths of a credential, when others are refused too', async () => {
    const one = rig((_, authorization) => authorization === 'Bearer mallory');
    await one.call('/items', as('alice'));
    for (const path of ['/items', '/orders', '/users']) await one.call(path, as('mallory'));

    expect(await one.call('/other', as('mallory'))).toBe('RateLimitError');
    expect(await one.call('/other', as('alice'))).toBe(200);
    expect(keys(one)).toContain(`${ORIGIN} #2`);
  });

  it('no other credential, however many are refused', async () => {
    const one = rig((_, authorization) => authorization !== 'Bearer d');
    for (const who of ['a', 'b', 'c']) await one.call('/items', as(who));

    expect(await one.call('/items', as('c'))).toBe('RateLimitError');
    expect(await one.call('/items', as('d'))).toBe(200);
  });

  it.each([
    ['AWS4-HMAC-SHA256 Credential=KEY/20250101/eu/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=', ''],
    ['OAuth oauth_consumer_key="KEY", oauth_nonce="n', '", oauth_signature_method="HMAC-SHA1", oauth_token="t"'],
    ['Signature keyId="KEY",created=12', ',signature="abc="'],
  ])('the same signer, whose signature is another each time: %s', async (start, end) => {
    const one = rig(() => true);
    const signed = (n: number) => ({ headers: { authorization: start + n + end } });
    await one.call('/items', signed(1));

    expect(await one.call('/items', signed(2))).toBe('RateLimitError');
    expect(keys(one)).toEqual([`${ORIGIN} #1 /items`]);
    await one.call('/items', { headers: { authorization: (start + 1 + end).replace('KEY', 'OTHER') } });
    expect(keys(one)).toHaveLength(2);
  });

  it.each([
    ['users', ['a', 'b', 'c', 'd', 'e'].map((who) => ['/items', as(who)] as const)],
    ['paths', ['/a', '/b', '/c', '/d', '/e'].map((path) => [path, {}] as const)],
  ])('not the others, when two of five %s are refused in succession', async (_, five) => {
    const { fetch, call } = rig((url, authorization) => /[de]$/.test(authorization ?? url));
    const spent = five.slice(3);
    const others = five.slice(0, 3);
    for (const one of [...others, ...spent]) await call(...one);

    expect(await Promise.all(spent.map((one) => call(...one)))).toEqual(['RateLimitError', 'RateLimitError']);
    expect(await Promise.all(others.map((one) => call(...one)))).toEqual([200, 200, 200]);
    expect(fetch.calls).toHaveLength(8);
  });

  it('one path again, when others are accepted meanwhile', async () => {
    let all = true;
    const one = rig((url) => all || url.endsWith('/items'));
    for (const path of ['/items', '/orders', '/users']) await one.call(path);
    expect(keys(one)).toEqual([ORIGIN]);
    all = false;
    for (let n = 0; n < 6; n++) {
      const calls = ['/items', '/orders', '/users'].map((path) => one.call(path));
      await one.clock.advance(10_000);
      await Promise.all(calls);
    }

    expect(await one.call('/orders')).toBe(200);
    expect(keys(one)).toContain(`${ORIGIN} /orders`);
  });

  it('not the others, when a path among those with one quota tells that its own, of another size, is spent', async () => {
    const clock = manualClock();
    const told = (limit: number, remaining: number) => ({
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': '30',
    });
    let left = 5_000;
    const fetch = fakeFetch(
      ({ url }) => ({ status: 200, headers: url.endsWith('/search') ? told(30, 0) : told(5_000, --left) }),
      { clock },
    );
    const limited = rateLimit({ clock })(fetch);
    for (let n = 0; n < 12; n++) await limited(`${ORIGIN}${n % 2 ? '/a' : '/b'}`);
    await limited(`${ORIGIN}/search`);

    const statuses: number[] = [];
    for (const path of ['/a', '/b', '/a']) void limited(ORIGIN + path).then(({ status }) => statuses.push(status));
    await clock.advance(1);

    expect(statuses).toEqual([200, 200, 200]);
  });

  it('moves the calls that wait to the wider gate, in their order', async () => {
    const clock = manualClock();
    let open = false;
    const busy = { status: 429, headers: { 'retry-after': '2' } };
    const fetch = fakeFetch(() => (open ? 200 : busy), { clock });
    const limited = rateLimit({ clock, random: () => 0 })(fetch);
    const calls = [limited(`${ORIGIN}/a`)];
    await clock.advance(1);
    calls.push(limited(`${ORIGIN}/a?2`), limited(`${ORIGIN}/b`));
    await clock.advance(1);
    open = true;
    await clock.runAll(600_000);

    for (const response of await Promise.all(calls)) expect(response.status).toBe(200);
    expect(fetch.calls.slice(2).map(({ url }) => url.slice(ORIGIN.length))).toEqual(['/a', '/a?2', '/b']);
  });
});

describe('a wait that the server set for one path', () => {
  const busy = (seconds: number) => new Response(null, { status: 429, headers: { 'retry-after': String(seconds) } });

  /** When a call to a path is sent, in milliseconds from its beginning. */
  async function sentAfter(
    limited: typeof fetch,
    path: string,
    sent: () => number,
    clock: ManualClock,
  ): Promise<number> {
    const [start, before] = [clock.now(), sent()];
    void limited(ORIGIN + path);
    while (sent() === before) await clock.advance(500);
    return clock.now() - start;
  }

  it.each<[string, RateLimitOptions, Response]>([
    ['paths, after a refusal that asks for less', {}, busy(1)],
    ['paths, after a refusal that asks for nothing', {}, new Response(null, { status: 429 })],
    ['users, each with one path', { scope: ({ url }) => [url, 'a path'] }, busy(1)],
  ])('is kept to when one gate stands for all %s', async (_, options, last) => {
    const clock = manualClock();
    let sent = 0;
    const limited = rateLimit({ clock, random: () => 0, maxResends: 0, ...options })(async (input) => {
      sent++;
      return String(input).endsWith('/a') ? busy(20) : last;
    });
    for (const path of ['/a', '/b']) await limited(ORIGIN + path);

    expect(await sentAfter(limited, '/c', () => sent, clock)).toBeGreaterThan(19_000);
  });

  it('is kept to when one gate stands for all users, one of which has called a second path since', async () => {
    const clock = manualClock();
    let sent = 0;
    const scope = ({ url }: { url: string }) => url.slice(ORIGIN.length + 1).split('/');
    const limited = rateLimit({ clock, random: () => 0, maxResends: 0, scope })((input) => {
      sent++;
      if (String(input).endsWith('slow')) return new Promise(() => {});
      return Promise.resolve(String(input).endsWith('/a/list') ? busy(20) : busy(1));
    });
    await limited(`${ORIGIN}/a/list`);
    void limited(`${ORIGIN}/a/slow`);
    await limited(`${ORIGIN}/b/list`);

    expect(await sentAfter(limited, '/c/list', () => sent, clock)).toBeGreaterThan(19_000);
  });

  it('is kept to where its request was sent before one gate stood for all', async () => {
    const clock = manualClock();
    const answers = new Map<string, (response: Response) => void>();
    const limited = rateLimit({ clock, random: () => 0, maxResends: 0 })(
      (input) => new Promise((resolve) => answers.set(String(input).slice(ORIGIN.length), resolve)),
    );
    const calls = ['/a', '/b', '/c'].map((path) => limited(ORIGIN + path));
    await clock.advance(10);
    for (const path of ['/b', '/c']) answers.get(path)!(busy(1));
    await clock.advance(10);
    answers.get('/a')!(busy(20));
    for (const { status } of await Promise.all(calls)) expect(status).toBe(429);

    expect(await sentAfter(limited, '/d', () => answers.size, clock)).toBeGreaterThan(19_000);
  });
});

describe('the scope option', () => {
  it.each([
    ['origin', [ORIGIN]],
    ['credential', [ORIGIN, `${ORIGIN} #1`]],
    ['path', [`${ORIGIN} /a`, `${ORIGIN} /b`, `${ORIGIN} #1 /a`]],
  ] as const)('%s: gates that stay as they are', async (scope, expected) => {
    const one = rig(() => true, { scope });
    await one.call('/a');
    await one.call('/b');
    await one.call('/a', as('alice'));

    expect(keys(one)).toEqual(expected);
  });

  it('a function: one name, or several from wide to narrow', async () => {
    const model = (url: string) => new URL(url).searchParams.get('model') ?? '';
    const one = rig((url) => url.includes('model=large'), { scope: ({ url }) => ['tenant', model(url)] });
    await one.call('/?model=large');

    expect(await one.call('/x?model=large')).toBe('RateLimitError');
    expect(await one.call('/?model=small')).toBe(200);
    expect(keys(one)).toEqual([`${ORIGIN} tenant large`, `${ORIGIN} tenant small`]);
    const flat = rig(() => false, { scope: ({ url }) => model(url) });
    await flat.call('/?model=small');
    expect(keys(flat)).toEqual([`${ORIGIN} small`]);
  });

  it('a function whose names differ in number', async () => {
    const one = rig(() => false, { scope: ({ url }) => new URL(url).pathname.split('/').slice(1) });

    await one.call('/a/b');
    await one.call('/a');

    expect(keys(one)).toEqual([`${ORIGIN} a`, `${ORIGIN} a b`]);
  });

  it.each([[[1]], [Promise.resolve('a')], [undefined]])('a function that returns %o fails the call', async (names) => {
    const limited = rateLimit({ scope: () => names as never })(fakeFetch(200));

    await expect(limited(ORIGIN)).rejects.toThrow(TypeError);
  });

  it('key: one gate for all calls with the same key', async () => {
    const one = rig((url) => url.endsWith('/a'), { key: () => 'all' });
    await one.call('/a');

    expect(await one.call('/b', as('alice'))).toBe('RateLimitError');
    expect(keys(one)).toEqual(['all']);
  });

  it('key: may be empty, and then names nothing', async () => {
    const one = rig(() => false, { key: () => '', scope: 'path' });
    await one.call('/a');
    await one.call('/b', as('alice'));

    expect(keys(one)).toEqual(['/a', '#1 /b']);
  });

  it('limit: one gate for the origin, since the limit counts all of it', async () => {
    const one = rig(() => false, { limit: { requests: 1, per: 10_000 } });
    await one.call('/a');

    expect(await one.call('/b')).toBe('RateLimitError');
  });
});

it('keeps calls apart that were sent through a wider gate before it narrowed', async () => {
  const clock = manualClock();
  const answers: ((response: Response) => void)[] = [];
  const limiter = rateLimit({ clock, random: () => 0, maxResends: 0 });
  const limited = limiter(() => new Promise((resolve) => answers.push(resolve)));
  const busy = () => new Response(null, { status: 429, headers: { 'retry-after': '1' } });
  const send = (path: string) => limited(ORIGIN + path);
  const calls = [send('/a'), send('/b')];
  await clock.advance(0);
  for (const answer of answers.splice(0)) answer(busy());
  await clock.advance(2_000);
  expect(keys({ limiter } as Rig)).toEqual([ORIGIN]);

  for (let n = 0; n < 4; n++) {
    calls.push(send('/b'));
    await clock.advance(5_000);
    for (const answer of answers.splice(0)) answer(busy());
    await clock.advance(5_000);
  }

  for (const { status } of await Promise.all(calls)) expect(status).toBe(429);
  expect(keys({ limiter } as Rig)).toEqual([`${ORIGIN} /a`, `${ORIGIN} /b`]);
});

it.each([
  ['/relative?token=SECRET', 'relative /relative'],
  [`data:text/plain,${'x'.repeat(1_000)}`, 'data:'],
])('keeps no key of what has no origin: %s', async (url, start) => {
  const limiter = rateLimit();

  await limiter(async () => new Response())(url);

  const [{ key } = { key: '' }] = limiter.snapshot();
  expect(key.startsWith(start)).toBe(true);
  expect(key.length).toBeLessThan(100);
});

describe('the key of a gate', () => {
  it.each([
    'https:\\\\user:pass@api.example.com/things',
    '  https:/user:pass@api.example.com/things',
    'data:text/plain,pass',
  ])('shows nothing secret of %j', async (url) => {
    const limiter = rateLimit({ clock: instantClock() });

    await limiter(async () => new Response('ok'))(url);

    expect(limiter.snapshot()[0]!.key).not.toContain('pass');
  });
});

it('a call without a URL fails as in a plain fetch', async () => {
  const limited = rateLimit()(globalThis.fetch);
  const fails = (fetch: typeof globalThis.fetch) => fetch(undefined as never).catch(({ message }: Error) => message);

  expect(await fails(limited)).toBe(await fails(globalThis.fetch));
});
