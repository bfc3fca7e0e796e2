import { settle } from '@steadfetch/core';
import { seededRandom } from '@steadfetch/testing';
import fc from 'fast-check';
import { type Fetch, type Middleware, standard } from 'steadfetch';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { macrotasks, nameOfError } from './support/drive.ts';
import { handlingAll } from './support/handling-all.ts';
import { type Act, acts, Http2Hostile } from './support/http2-server.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';

quiet();

interface Case {
  readonly script: readonly Act[];
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly body: 'none' | 'text' | 'long' | 'stream';
  readonly layers: { rateLimit: boolean; circuitBreaker: boolean; bufferBody: boolean; concurrency: number | false };
}

const cases: fc.Arbitrary<Case> = fc.record({
  script: fc.array(acts, { minLength: 1, maxLength: 3 }),
  method: fc.constantFrom('GET', 'POST', 'POST', 'PUT'),
  body: fc.constantFrom('none', 'text', 'long', 'stream'),
  layers: fc.record({
    rateLimit: fc.boolean(),
    circuitBreaker: fc.boolean(),
    bufferBody: fc.boolean(),
    concurrency: fc.constantFrom<number | false>(false, 1),
  }),
});

const server = new Http2Hostile();
let url = '';

const LONG = 'x'.repeat(300_000);

function initOf({ method, body }: Case, signal: AbortSignal): RequestInit {
  if (method === 'GET' || body === 'none') return { method, signal };
  if (body !== 'stream') return { method, signal, body: body === 'long' ? LONG : 'text' };
  const stream = new ReadableStream({
    start: (controller) => {
      for (let i = 0; i < 20; i++) controller.enqueue(new TextEncoder().encode('x'.repeat(10_000)));
      controller.close();
    },
  });
  return { method, signal, body: stream, duplex: 'half' } as RequestInit;
}

/** How a call and its body end, in words. */
async function endOf(steady: Fetch, given: Case, signal: AbortSignal): Promise<string> {
  const outcome = await settle(steady(url, initOf(given, signal)));
  if (outcome.failed) return `error ${nameOfError(outcome.error)}`;
  const text = await settle(outcome.response.text() as unknown as Promise<Response>);
  return `${outcome.response.status} ${text.failed ? `broken ${nameOfError(text.error)}` : `text ${String(text.response).length}`}`;
}

interface Seen {
  readonly end: string;
  readonly acted: number;
  readonly requests: number;
  readonly left: number;
}

/** Turns of the event loop after which a call that has not ended never does. */
const NEVER = 20_000;

/** What is discarded is closed after a tenth of a second at the latest; so many times ten milliseconds is it given. */
const PATIENT = 200;
const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Makes one call over connections of its own. The caller leaves when the server stalls, and is not asked again. */
async function observe(given: Case, script: readonly Act[], make: (fetch: Fetch) => Fetch): Promise<Seen> {
  const agent = new Agent({ allowH2: true, ...({ useH2c: true } as object) });
  const bare = ((input: never, init: object) => undiciFetch(input, { ...init, dispatcher: agent })) as unknown as Fetch;
  const controller = new AbortController();
  server.begin(script);
  server.onStall = (isLast) => void macrotasks(30).then(() => isLast() && controller.abort());
  try {
    let end: string | undefined;
    void endOf(make(bare), given, controller.signal).then((words) => {
      end = words;
    });
    for (let turns = 0; turns < NEVER && end === undefined; turns++) await macrotasks(1);
    await macrotasks(3);
    const { acted, requests } = server;
    for (let times = 0; times < PATIENT && server.open.size > 0; times++) await pause();
    return { end: end ?? 'never', acted, requests, left: server.open.size };
  } finally {
    await agent.destroy();
    for (let turns = 0; turns < NEVER && server.open.size > 0; turns++) await macrotasks(1);
  }
}

/** A caller that leaves may have got the head or not; a body that is read inside breaks the call. */
function roughly(end: string, { layers }: Case): string {
  if (end.endsWith('AbortError')) return 'left';
  return layers.bufferBody && /broken|error/.test(end) ? 'broken' : end;
}

/** Whether a request may be sent again, and failed in a way that a plain retry would try again. */
function isForRetry({ method, body }: Case, [first]: readonly Seen[]): boolean {
  return method !== 'POST' && (method === 'GET' || body !== 'stream') && first!.end === 'error TypeError';
}

/** What such an act does to the connection can break the attempt after it. */
function endsConnections({ does }: Act): boolean {
  return /goes away|session|socket|settings/.test(does);
}

const bareEnds = async (given: Case): Promise<Seen[]> => {
  const seen: Seen[] = [];
  for (const act of given.script) seen.push(await observe(given, [act], (fetch) => fetch));
  return seen;
};

const differences: Search<Case, (given: Case) => Middleware> = {
  cases,
  check: handlingAll(async (given, make) => {
    const bare = await bareEnds(given);
    const { end, acted, requests, left } = await observe(given, given.script, make(given));
    const ends = bare.map((one) => roughly(one.end, given));
    const isRepeated = given.script.length > 1 || given.script[0]!.status >= 429;
    const isCut = isRepeated && given.script.some(endsConnections) && end.endsWith('TypeError');
    claim(isCut || ends.includes(roughly(end, given)), `ends with '${end}', without us with '${ends.join(' or ')}'`);
    claim(given.method !== 'POST' || acted <= 1, `the server acted on ${acted} orders`);
    claim(!isForRetry(given, bare) || requests > 1, 'a failure that passes is not retried');
    const most = Math.max(...bare.map((one) => one.left));
    claim(left <= most, `${left} streams are left open, without us ${most}`);
  }),
};

const ours = ({ layers: { rateLimit, ...layers } }: Case) =>
  standard({
    ...layers,
    rateLimit: rateLimit && { maxWait: 0, maxResends: 1 },
    retry: { maxRetries: 1, delay: () => 0, maxDelay: 0, budget: false },
    random: seededRandom(1),
  });

/** Repeats at once, at most once, and does with the first answer what it is told to. */
function repeats(discard: (response: Response) => void, safe: (method: string) => boolean): Middleware {
  return (next) => async (input, init) => {
    const again = safe(init?.method ?? 'GET') && typeof init?.body !== 'object';
    const first = await settle(next(input, init));
    if (!again || (!first.failed && first.response.status < 500)) {
      if (first.failed) throw first.error;
      return first.response;
    }
    if (!first.failed) discard(first.response);
    return next(input, init);
  };
}

const cancel = (response: Response) => void response.body?.cancel().catch(() => {});

const wrong: Record<string, Middleware> = {
  'repeats orders': repeats(cancel, () => true),
  'drops the signal': (next) => (input, init) => next(input, { ...init, signal: null }),
  'reads bodies in its own way': (next) => async (input, init) => {
    const response = await next(input, init);
    const text = await response.text().catch(() => '');
    return new Response(response.status === 204 ? null : text, { status: response.status });
  },
};

describe('a server over HTTP/2', () => {
  beforeAll(async () => {
    url = await server.listen();
  });
  afterAll(() => server.close());

  it(
    'does to a call what it does without us, and acts on one order',
    () => expectNone(differences, ours, 100),
    PATIENCE,
  );

  it('is found to keep a stream that a layer has discarded unread', async () => {
    const leaving = repeats(
      () => {},
      (method) => method !== 'POST',
    );
    const stalls: Act = { does: 'stalls in the body', status: 503, code: 0, fields: {} };
    const stalling = cases.map((one): Case => ({ ...one, method: 'GET', script: [stalls, ...one.script] }));
    await expectFound({ ...differences, cases: stalling }, () => leaving, 50);
  });

  it.each(Object.keys(wrong))(
    'is found to do more to a layer that %s',
    async (name) => {
      await expectFound(differences, () => wrong[name]!, 150);
    },
    PATIENCE,
  );
});
