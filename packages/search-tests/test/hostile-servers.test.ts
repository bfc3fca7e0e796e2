import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { settle } from '@steadfetch/core';
import { seededRandom } from '@steadfetch/testing';
import fc from 'fast-check';
import { type Fetch, type Middleware, standard } from 'steadfetch';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { macrotasks, nameOfError } from './support/drive.ts';
import { handlingAll } from './support/handling-all.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';

quiet();

/** What a server writes, and whether it then closes, resets or keeps the connection. */
interface Case {
  readonly status: string;
  readonly fields: readonly string[];
  readonly framing:
    | 'length'
    | 'too long'
    | 'too short'
    | 'chunked'
    | 'bad chunk'
    | 'no end'
    | 'until close'
    | 'two lengths';
  readonly body: string;
  readonly before: string;
  readonly after: string;
  readonly pieces: number;
  readonly end: 'close' | 'reset' | 'keep';
  readonly layers: { rateLimit: boolean; circuitBreaker: boolean; bufferBody: boolean; concurrency: number | false };
}

const cases: fc.Arbitrary<Case> = fc.record({
  status: fc.constantFrom(
    '200 OK',
    '204 No Content',
    '304 Not Modified',
    '404 ',
    '503 Down',
    '429 Busy',
    '503 \xc5\x81',
    '599 x',
    '200',
    '999 odd',
    '000 none',
    'OK',
    '200\tOK',
    '503 Service\0Unavailable',
  ),
  fields: fc.array(
    fc.oneof(
      {
        weight: 2,
        arbitrary: fc.constantFrom('Content-Type: text/plain', 'X-A: 1', 'Date: Thu, 01 Jan 1970 00:00:00 GMT'),
      },
      fc.constantFrom(
        'Retry-After: 0',
        'Retry-After: -1',
        'Retry-After: 1e999',
        'Retry-After: 99999999999999999999',
        'Retry-After: Thu, 99 Foo 2025',
        `Retry-After: ${'9'.repeat(5_000)}`,
        'RateLimit: "a";r=0;t=0, "b";r=5',
        `RateLimit: ${'"a";r=1,'.repeat(900)}"a";r=1`,
        'RateLimit: "a;r=',
        'X-RateLimit-Remaining: NaN',
        'X-RateLimit-Reset: 1e308',
        'x-should-retry: false',
        'Age: 99999999999',
        'Set-Cookie: a=\xff\xfe',
        'Content-Encoding: gzip',
        'Content-Type: text/event-stream',
        'Location: //',
        `X-Long: ${'x'.repeat(9_000)}`,
        'no colon',
        ' folded',
        'X Y: 1',
        'X-N\0: 1',
      ),
    ),
    { maxLength: 4 },
  ),
  framing: fc.constantFrom(
    'length',
    'length',
    'too long',
    'too short',
    'chunked',
    'bad chunk',
    'no end',
    'until close',
    'two lengths',
  ),
  body: fc.constantFrom('', 'ok', 'x'.repeat(3_000), '{"a":', '\0\xff'),
  before: fc.constantFrom(
    '',
    '',
    '',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    '\r\n',
    'noise',
  ),
  after: fc.constantFrom('', '', 'HTTP/1.1 200 OK\r\n\r\n', 'noise'),
  pieces: fc.constantFrom(1, 1, 2, 30),
  end: fc.constantFrom('close', 'reset', 'keep'),
  layers: fc.record({
    rateLimit: fc.boolean(),
    circuitBreaker: fc.boolean(),
    bufferBody: fc.boolean(),
    concurrency: fc.constantFrom<number | false>(2, false),
  }),
});

function bytesOf({ status, fields, framing, body, before, after }: Case): Buffer {
  const frame = {
    length: [`Content-Length: ${body.length}`, body],
    'too long': [`Content-Length: ${body.length + 10}`, body],
    'too short': [`Content-Length: ${Math.max(0, body.length - 1)}`, body],
    chunked: ['Transfer-Encoding: chunked', `${body ? `${body.length.toString(16)}\r\n${body}\r\n` : ''}0\r\n\r\n`],
    'bad chunk': ['Transfer-Encoding: chunked', `zz\r\n${body}\r\n0\r\n\r\n`],
    'no end': ['Transfer-Encoding: chunked', `${(body.length || 1).toString(16)}\r\n${body || 'x'}\r\n`],
    'until close': ['Connection: close', body],
    'two lengths': [`Content-Length: ${body.length}\r\nContent-Length: ${body.length + 1}`, body],
  }[framing];
  const head = [`HTTP/1.1 ${status}`, ...fields, frame[0]].join('\r\n');
  return Buffer.from(`${before}${head}\r\n\r\n${frame[1]}${after}`, 'latin1');
}

class Hostile {
  given: Case | undefined;
  connections = 0;
  readonly #server: Server = createServer({ allowHalfOpen: false }, (socket) => {
    this.connections++;
    socket.on('error', () => {});
    socket.on('data', () => void this.#answer(socket));
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/things`;
  }

  close(): void {
    this.#server.close();
  }

  async #answer(socket: Socket): Promise<void> {
    const { given } = this;
    if (!given) return void socket.destroy();
    const bytes = bytesOf(given);
    const size = Math.ceil(bytes.length / given.pieces);
    for (let at = 0; at < bytes.length; at += size) {
      socket.write(bytes.subarray(at, at + size));
      if (given.pieces > 1) await macrotasks(1);
    }
    // what is kept open is closed in the end: the platform itself waits for minutes
    if (given.end === 'reset') setTimeout(() => socket.resetAndDestroy(), 3);
    else if (given.end === 'close') socket.end();
    else setTimeout(() => socket.destroy(), 15);
  }
}

const hostile = new Hostile();
let url = '';

/** How a call and its body end, in words. */
async function endOf(fetch: Fetch): Promise<string> {
  const outcome = await settle(fetch(url, { headers: { connection: 'close' } }));
  if (outcome.failed) return `error ${nameOfError(outcome.error)}`;
  const { status, headers } = outcome.response;
  const text = await settle(outcome.response.text() as unknown as Promise<Response>);
  return `${status} ${headers.get('retry-after')?.slice(0, 9)} ${text.failed ? `broken ${nameOfError(text.error)}` : `text ${String(text.response).slice(0, 40)}`}`;
}

const differences: Search<Case, (given: Case) => Middleware> = {
  cases,
  check: handlingAll(async (given, make) => {
    hostile.given = given;
    const plain = await endOf((input, init) => fetch(input, init));
    const ours = await endOf((input, init) => make(given)(fetch)(input, init));
    const expected = given.layers.bufferBody ? plain.replace(/^.* broken \w+$/s, 'broken') : plain;
    const ended = given.layers.bufferBody
      ? ours.replace(/^.* broken \w+$/s, 'broken').replace(/^error .*$/, plain.startsWith('error') ? plain : 'broken')
      : ours;
    claim(ended === expected, `ends with '${ours}', without us with '${plain}'`);
  }),
};

describe('a hostile server', () => {
  beforeAll(async () => {
    url = await hostile.open();
  });
  afterAll(() => hostile.close());

  it(
    'does to a call what it does without us, and no more',
    () => {
      // in real time, so that nothing waits for long
      const ours = ({ layers: { rateLimit, ...layers } }: Case) =>
        standard({
          ...layers,
          rateLimit: rateLimit && { maxWait: 0, maxResends: 1 },
          retry: { maxRetries: 1, delay: () => 0, maxDelay: 0, budget: false },
          random: seededRandom(1),
        });
      return expectNone(differences, ours, 120);
    },
    PATIENCE,
  );

  it('is found to do more to a layer that believes its fields', async () => {
    const believing: Middleware =
      (next) =>
      async (...call) => {
        const response = await next(...call);
        const wait = response.headers.get('retry-after');
        if (wait !== null && !(Number(wait) < 1e6)) throw new RangeError(`invalid wait ${wait}`);
        return response;
      };
    await expectFound(differences, () => believing, 120);
  });

  it('is found to do more to a layer that reads bodies in its own way', async () => {
    const reading: Middleware =
      (next) =>
      async (...call) => {
        const response = await next(...call);
        const text = await response.text().catch(() => '');
        return new Response(response.status === 204 || response.status === 304 ? null : text, response);
      };
    await expectFound(differences, () => reading, 120);
  });
});
