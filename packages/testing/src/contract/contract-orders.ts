import { settle } from '@steadfetch/core';
import { networkError } from '../script/network-error.ts';
import type { TRANSIENT } from './aborted-call.ts';
import {
  backgroundWork,
  CONTRACT_URL,
  type ContractCheck,
  inTime,
  isRead,
  MAX_WAIT_MS,
  type Make,
  same,
  statusOf,
} from './contract-claim.ts';
import { asInitAndAsRequest, endInTime, endless, ok, probe } from './contract-probe.ts';

/** Without 425 and 429: after these a POST may be repeated, since the server has not acted. */
const STATUSES = [200, 202, 408, 409, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 529, 530];

/** No code proves that the request was not sent: the error may come from a redirect. */
const CODES = [
  'ECONNRESET',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
];

/** Messages of network errors in Chromium, Safari (three), Firefox, React Native and Node (two). */
const TEXTS = [
  'Failed to fetch',
  'Load failed',
  'The network connection was lost.',
  'The Internet connection appears to be offline.',
  'NetworkError when attempting to fetch resource.',
  'Network request failed',
  'fetch failed',
  'terminated',
];

const CODES_OF_BUN = ['ECONNRESET', 'ECONNREFUSED', 'ConnectionClosed', 'ConnectionRefused'];

/** The errors that calls fail with, each with its name for messages. */
function errors(): [string, unknown][] {
  const deno = new TypeError('fetch failed', { cause: new Error('connection closed before message completed') });
  const bun = CODES_OF_BUN.map((code) => Object.assign(new TypeError(`${code}: no answer`), { code }));
  const names = ['TimeoutError', 'AbortError'];
  return [
    ...CODES.map((code): [string, unknown] => [code, networkError(code, CONTRACT_URL)]),
    ...TEXTS.map((text): [string, unknown] => [text, new TypeError(text)]),
    ...[deno, ...bun].map((error): [string, unknown] => [error.message, error]),
    ...names.map((name): [string, unknown] => [name, new DOMException('of another signal', name)]),
  ];
}

const answer = async (status: number) => Response.json('failed', { status, headers: { 'retry-after': '0' } });

/** A POST that fails must not be repeated, because the server may have acted on it. */
export const sendsOnce: ContractCheck = async (make) => {
  const sent: { asked: readonly unknown[]; what: string }[] = [];
  for (const method of ['POST', 'post', 'PATCH', 'LOCK']) {
    const calls = [
      ...asInitAndAsRequest({ method, body: 'order' }),
      (): [string, RequestInit] => [CONTRACT_URL, { method }],
    ];
    const sendOnce = async (args: (typeof calls)[number], end: unknown, next: () => Promise<Response>) => {
      const { fetch, asked } = probe(next);
      const outcome = await inTime(settle(make()(fetch)(...args())), MAX_WAIT_MS);
      sent.push({ asked, what: `the number of calls of next for a ${method} that ends in ${end}` });
      same(asked.length, 1, sent.at(-1)!.what);
      return outcome;
    };
    const { fetch: unanswered, signals } = endless();
    await endInTime(make()(unanswered), { method, body: 'order' });
    same(Math.max(1, signals.length), 1, `the number of calls of next for a ${method} that is not answered`);
    for (const args of calls) {
      const answered = STATUSES.map(async (status) => {
        const outcome = await sendOnce(args, status, () => answer(status));
        same(statusOf(outcome), status, `the status of a ${method}`);
        same(isRead(outcome!.response!), false, `whether the body of a ${status} is used or locked`);
      });
      const failed = errors().map(async ([end, error]) => {
        const outcome = await sendOnce(args, end, () => Promise.reject(error));
        same(outcome?.error, error, `the error of a ${method} that ends in ${end}`);
      });
      await Promise.all([...answered, ...failed]); // all at once, since a rate limiter may delay each
    }
  }
  await backgroundWork(); // a middleware may queue failed calls and send them later
  for (const { asked, what } of sent) same(asked.length, 1, what);
};

/** All attempts of a call must have the same idempotency key, because the server may have acted on the first one. */
export async function sendsOneKey(
  make: Make,
  init: RequestInit,
  [when, fail]: (typeof TRANSIENT)[number],
): Promise<void> {
  const { fetch, asked } = probe(async ({ input }) => (asked.length > 3 ? ok() : fail(input)));
  await endInTime(make()(fetch), init);
  const attempts = asked.filter(({ url }) => url.includes('/things')); // without calls for something else, such as a token
  const keys = new Set(attempts.map(({ headers }) => headers.get('idempotency-key')));
  same(keys.size > 1, false, `whether the attempts of one order have different idempotency keys ${when}`);
}
