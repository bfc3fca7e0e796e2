import { defineMiddleware, type Middleware } from '@steadfetch/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { contractChecks } from '../src/index.ts';
import { again } from './wrong/repeats.ts';

const pass: Middleware = defineMiddleware((call, next) => next(call));

describe('contractChecks', () => {
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
});

describe('middlewareContract', () => {
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
});
