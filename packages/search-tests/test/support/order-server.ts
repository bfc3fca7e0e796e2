import type { Fetch } from '@steadfetch/core';
import { networkError } from '@steadfetch/testing/simulation';
import fc from 'fast-check';

/** What becomes of one request. */
export interface Step {
  /** Whether the order is placed, whatever comes back. */
  readonly acts: boolean;
  /** A redirect comes back first. */
  readonly redirect?: 301 | 302 | 303 | 307 | 308 | undefined;
  readonly to: 'same' | 'other';
  /** The response has no member that tells the redirect, as in React Native: its URL does. */
  readonly untold?: boolean;
  /** What comes back, from the target of the redirect if there is one: a status, or the code of an error. */
  readonly end: number | string;
  readonly retryAfter?: number | undefined;
  /** A call of its own that the client makes after the server has acted ends in this error. */
  readonly inner?: string | undefined;
}

const CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'HTTP2_REFUSED_STREAM',
  'UND_ERR_HEADERS_TIMEOUT',
  'EHOSTUNREACH',
];

const redirected = fc.record({
  acts: fc.constantFrom(true, true, false),
  redirect: fc.constantFrom(301, 302, 303, 307, 308),
  to: fc.constantFrom('same', 'other'),
  untold: fc.boolean(),
  end: fc.oneof(
    fc.constantFrom(429, 503),
    fc.constantFrom<number>(200, 404, 408, 425, 500, 502, 504, 529),
    fc.constantFrom(...CODES),
  ),
  retryAfter: fc.constantFrom(undefined, 0, 1),
});

/** A server that says 429 has not acted; one that says anything else may have. */
const direct = fc.oneof(
  fc.record({
    acts: fc.constant(false),
    to: fc.constant('same' as const),
    end: fc.constantFrom(429, 503, 'ECONNREFUSED'),
    retryAfter: fc.constantFrom(undefined, 0, 1),
  }),
  fc.record({
    acts: fc.constant(true),
    to: fc.constant('same' as const),
    end: fc.oneof(fc.constantFrom<number>(200, 409, 408, 425, 500, 502, 503, 504, 520, 529), fc.constantFrom(...CODES)),
    retryAfter: fc.constantFrom(undefined, 0, 1),
  }),
);

export const steps: fc.Arbitrary<Step> = fc.oneof(direct, redirected) as fc.Arbitrary<Step>;

const OTHER = 'http://[::1]:9/elsewhere';

/** Counts orders: one for each request that acts, but for requests with a key that it knows. */
export class OrderServer {
  readonly #steps: readonly Step[];
  readonly #keys = new Set<string>();
  #sends = 0;
  #unnamed = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  get sends(): number {
    return this.#sends;
  }

  get orders(): number {
    return this.#unnamed + this.#keys.size;
  }

  readonly fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.body) await request.arrayBuffer();
    const step = this.#steps[this.#sends++] ?? { acts: true, to: 'same', end: 200 };
    const { redirect, to, end } = step;
    if (step.acts) this.#place(request.headers.get('idempotency-key')?.trim());
    const target = redirect === undefined ? request.url : to === 'same' ? new URL('/done', request.url).href : OTHER;
    if (redirect !== undefined && request.redirect === 'manual') return new Response(null, { status: redirect });
    if (redirect !== undefined && request.redirect === 'error') {
      throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
    }
    if (typeof end === 'string') throw networkError(end, target);
    const headers = step.retryAfter === undefined ? {} : { 'retry-after': String(step.retryAfter) };
    const response = new Response('done', { status: end, headers });
    return Object.defineProperties(response, {
      url: { value: target },
      ...(!step.untold && { redirected: { value: redirect !== undefined } }),
    });
  };

  #place(key: string | undefined): void {
    if (key) this.#keys.add(key);
    else this.#unnamed++;
  }
}
