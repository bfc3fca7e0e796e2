import fc from 'fast-check';

/** What is asked for, as data: arguments of `fetch` are made of it anew for each one that gets them. */
export interface Asked {
  readonly input: 'string' | 'URL' | 'Request' | 'used Request' | 'Request and init' | 'text object';
  readonly url: string;
  readonly init: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly headers: unknown;
  readonly signal: 'none' | 'null' | 'fresh' | 'aborted' | 'duck' | 'text';
}

const or = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: odd });

const urls = or(
  fc.constantFrom('BASE/things', 'BASE/things?a=1', 'BASE/things?a=1#part', 'BASE/a/../b/./c', 'BASE/%41 b'),
  fc.constantFrom(
    ' BASE/things ',
    'BASE\\things\\x',
    'BASE/th\nings',
    'BASE',
    'BASE?q',
    'http://user:pass@HOST/',
    'http://user@HOST/',
    'http://',
    'http://%',
    'things',
    '',
    '//HOST/x',
    'ftp://HOST/',
    'http://HOST:99999/',
    'http://127.0.0.1:6000/',
    'http://a b/',
    'BASE/é?ü=ß',
    'nope:things',
    'javascript:1',
  ),
);

const methods = or(
  fc.constantFrom<unknown>('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'),
  fc.constantFrom<unknown>('get', 'PoSt', 'QUERY', 'TRACE', 'connect', 'TRACK', 'a b', '', 'é', 'GET\n'),
);

const bodies = or(
  fc.constantFrom('none', 'none', 'text', 'bytes', 'params', 'form', 'blob'),
  fc.constantFrom(
    'empty text',
    'null',
    'buffer',
    'view',
    'number',
    'object',
    'stream',
    'stream without duplex',
    'stream with full duplex',
    'stream of text',
    'broken stream',
    'used stream',
    'locked stream',
    'empty stream',
    'symbol',
  ),
);

const headers = or(
  fc.constantFrom<unknown>(
    undefined,
    { 'x-a': '1' },
    [
      ['x-a', '1'],
      ['x-a', '2'],
    ],
    { 'content-type': 'text/x' },
  ),
  fc.constantFrom<unknown>(
    { 'x a': '1' },
    { 'x-a': 'é' },
    { 'x-a': 'a\nb' },
    { 'x-a': 'Я' },
    { '': 'x' },
    [['x-a']],
    [['x-a', '1', '2']],
    'text',
    5,
    null,
    { 'X-A': ' padded ' },
    { 'x-a': undefined },
    { 'x-a': ['1', '2'] },
    { 'x-n': 5 },
  ),
);

const members: fc.Arbitrary<Record<string, unknown>> = fc
  .uniqueArray(
    fc.oneof(
      fc.tuple(fc.constant('redirect'), fc.constantFrom<unknown>('follow', 'manual', 'error', 'odd', null)),
      fc.tuple(fc.constant('mode'), fc.constantFrom<unknown>('cors', 'same-origin', 'navigate', 'odd')),
      fc.tuple(
        fc.constant('cache'),
        fc.constantFrom<unknown>('default', 'no-store', 'reload', 'only-if-cached', 'odd'),
      ),
      fc.tuple(fc.constant('credentials'), fc.constantFrom<unknown>('omit', 'include', 'same-origin', 'odd')),
      fc.tuple(fc.constant('referrerPolicy'), fc.constantFrom<unknown>('', 'no-referrer', 'origin', 'odd')),
      fc.tuple(fc.constant('keepalive'), fc.constantFrom<unknown>(false, 'yes', 0)),
      fc.tuple(fc.constant('window'), fc.constantFrom<unknown>(null, 'x')),
      fc.tuple(fc.constant('integrity'), fc.constantFrom<unknown>('')),
      fc.tuple(fc.constant('unknown'), fc.constantFrom<unknown>({}, 1)),
    ),
    { selector: ([name]) => name, maxLength: 2 },
  )
  .map((pairs) => Object.fromEntries(pairs));

export const asked: fc.Arbitrary<Asked> = fc.record({
  input: or(
    fc.constantFrom<Asked['input']>('string', 'URL', 'Request', 'Request and init'),
    fc.constantFrom<Asked['input']>('used Request', 'text object'),
  ),
  url: urls,
  init: fc
    .tuple(or(fc.record({ method: methods }) as fc.Arbitrary<object>, fc.constant({})), members)
    .map(([a, b]) => ({ ...a, ...b })),
  body: bodies,
  headers,
  signal: or(
    fc.constantFrom<Asked['signal']>('none', 'fresh'),
    fc.constantFrom<Asked['signal']>('null', 'aborted', 'duck', 'text'),
  ),
});

/** The arguments, for a server at `base`. Throws where even they cannot be made. */
export async function argumentsOf(
  { input, url, init, body, headers: given, signal }: Asked,
  base: string,
): Promise<[never, never?]> {
  const target = url.replaceAll('BASE', base).replaceAll('HOST', new URL(base).host);
  const members = { ...init, ...bodyOf(body), ...(given === undefined ? {} : { headers: given }), ...signalOf(signal) };
  if (input === 'string') return [target as never, members as never];
  if (input === 'URL') return [new URL(target, base) as never, members as never];
  if (input === 'text object') return [{ toString: () => target } as never, members as never];
  if (input === 'Request and init')
    return [new Request(new URL('/first', base), { method: 'PUT', body: 'first' }) as never, members as never];
  const request = new Request(target, members as RequestInit);
  if (input === 'used Request') await request.text();
  return [request as never];
}

function bodyOf(kind: string): Record<string, unknown> {
  const bytes = new TextEncoder().encode('0123456789');
  const of = (...chunks: unknown[]) =>
    new ReadableStream({
      start: (stream) => {
        for (const chunk of chunks) stream.enqueue(chunk);
        stream.close();
      },
    });
  switch (kind) {
    case 'none':
      return {};
    case 'null':
      return { body: null };
    case 'empty text':
      return { body: '' };
    case 'bytes':
      return { body: bytes };
    case 'buffer':
      return { body: bytes.buffer };
    case 'view':
      return { body: new DataView(bytes.buffer, 2, 3) };
    case 'params':
      return { body: new URLSearchParams({ a: '1 2' }) };
    case 'form': {
      const form = new FormData();
      form.append('a', 'b\nc');
      return { body: form };
    }
    case 'blob':
      return { body: new Blob(['blob'], { type: 'text/blob' }) };
    case 'number':
      return { body: 5 };
    case 'object':
      return { body: { a: 1 } };
    case 'symbol':
      return { body: Symbol('x') };
    case 'stream':
      return { body: of(bytes, bytes), duplex: 'half' };
    case 'empty stream':
      return { body: of(), duplex: 'half' };
    case 'stream without duplex':
      return { body: of(bytes) };
    case 'stream with full duplex':
      return { body: of(bytes), duplex: 'full' };
    case 'stream of text':
      return { body: of('text'), duplex: 'half' };
    case 'broken stream':
      return { body: new ReadableStream({ pull: (stream) => stream.error(new Error('broken')) }), duplex: 'half' };
    case 'used stream': {
      const body = of(bytes);
      const reader = body.getReader();
      void reader.read();
      reader.releaseLock();
      return { body, duplex: 'half' };
    }
    case 'locked stream': {
      const body = of(bytes);
      body.getReader();
      return { body, duplex: 'half' };
    }
    default:
      return { body: 'text' };
  }
}

function signalOf(kind: Asked['signal']): Record<string, unknown> {
  if (kind === 'none') return {};
  if (kind === 'null') return { signal: null };
  if (kind === 'fresh') return { signal: new AbortController().signal };
  if (kind === 'aborted') return { signal: AbortSignal.abort(new RangeError('the reason')) };
  return { signal: kind === 'duck' ? { aborted: false } : 'text' };
}
