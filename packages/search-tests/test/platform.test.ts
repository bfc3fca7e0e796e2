import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fakeFetch } from '@steadfetch/testing';
import type { Fetch } from 'steadfetch';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Asked, argumentsOf, asked } from './support/requests.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real server that writes down what comes. */
class Witness {
  readonly seen: Seen[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // it broke off
    }
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, path: url, headers, body: Buffer.concat(chunks).toString('latin1') });
    response.end('ok');
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const witness = new Witness();
let base = '';

/** How a call ends, in one word. */
async function endOf(fetch: Fetch, args: [never, never?]): Promise<string> {
  try {
    return String((await fetch(...args)).status);
  } catch (error) {
    return (error as Error).name;
  }
}

function withoutBoundary(text: string): string {
  return text.replaceAll(/-{4,}form[\w-]+/g, 'BOUNDARY');
}

/** What a fake is asked for, beside what a server gets from the real `fetch`. */
const differences: Search<Asked, () => ReturnType<typeof fakeFetch>> = {
  cases: asked,
  check: async (given, make) => {
    // Node 24 rejects where nobody can catch it, and sends text that the standard and Chromium refuse
    if ((given.body === 'form' && given.signal === 'aborted') || given.body === 'stream of text') return;
    let args: [never, never?];
    try {
      args = await argumentsOf(given, base);
    } catch {
      return;
    }
    const { length } = witness.seen;
    const real = await endOf(fetch, args);
    const fake = make();
    const end = await endOf(fake, await argumentsOf(given, base));
    claim(end === real, `ends with ${end}, the real one with ${real}`);
    const [arrived, recorded] = [
      witness.seen.slice(length),
      fake.requests.filter(({ status }) => status !== undefined),
    ];
    claim(recorded.length === arrived.length, `records ${recorded.length} requests in place of ${arrived.length}`);
    for (const [index, { method, path, headers, body }] of arrived.entries()) {
      const one = recorded[index]!;
      claim(one.method === method, `records the method ${one.method} in place of ${method}`);
      claim(one.url === base + path, `records the URL ${one.url} in place of ${base + path}`);
      const bytes = Buffer.from(one.bytes).toString('latin1');
      claim(withoutBoundary(bytes) === withoutBoundary(body), `records the body ${bytes} in place of ${body}`);
      for (const [name, value] of one.headers) {
        const sent = withoutBoundary(String(headers[name]));
        claim(withoutBoundary(value) === sent, `records ${name}: ${value} in place of ${sent}`);
      }
    }
  },
};

const wrong: Record<string, () => Fetch> = {
  'takes a used Request': () => async (input, init) => {
    const used = input instanceof Request && input.bodyUsed;
    return used ? new Response() : fakeFetch(200)(input, init);
  },
  'takes a GET with a body': () => (input, init) =>
    fakeFetch(200)(input, init?.body && !init.method ? { ...init, method: 'POST' } : init),
  'takes a stream without duplex': () => (input, init) =>
    fakeFetch(200)(input, init?.body instanceof ReadableStream ? ({ ...init, duplex: 'half' } as RequestInit) : init),
  'takes credentials in a URL': () => (input, init) =>
    fakeFetch(200)(typeof input === 'string' ? input.replace(/\/\/[^/]*@/, '//') : input, init),
  'takes any signal': () => (input, init) => fakeFetch(200)(input, init && { ...init, signal: null }),
  'takes any address': () => async (input, init) => {
    try {
      return await fakeFetch(200)(input, init);
    } catch {
      return new Response();
    }
  },
};

describe('fakeFetch', () => {
  beforeAll(async () => {
    base = await witness.open();
  });
  afterAll(() => witness.close());

  it(
    'refuses what fetch refuses, and records what fetch sends',
    () => expectNone(differences, () => fakeFetch(200), 400),
    PATIENCE,
  );

  it.each(Object.keys(wrong))('is found to differ if it %s', async (name) => {
    await expectFound(differences, () => Object.assign(wrong[name]!(), { requests: [], calls: [] }), 600);
  });
});
