import { type Clock, defineMiddleware, type Fetch } from '@steadfetch/core';
import { vi } from 'vitest';

export const API = 'https://api.test/things?token=secret';

/** A reply of the scripted server: a status, headers with it, a response, or an error to throw. */
export type Reply = number | Response | Error | { status: number; headers?: Record<string, string>; body?: string };

/** A fetch that gives these replies in order, the last one again and again, and remembers what it was asked. */
export function scripted(...replies: Reply[]) {
  const requests: { input: RequestInfo | URL; init: RequestInit | undefined }[] = [];
  const fetch: Fetch = async (input, init) => {
    requests.push({ input, init });
    const reply = replies[Math.min(requests.length, replies.length) - 1]!;
    if (reply instanceof Error) throw reply;
    if (reply instanceof Response) return reply;
    const { status, headers, body = '' } = typeof reply === 'number' ? { status: reply, headers: {} } : reply;
    return new Response(status === 204 ? null : body, { status, headers: headers ?? {} });
  };
  return { fetch, requests };
}

/** A network error as Node gives it. */
export function networkError(code = 'ECONNRESET', more: object = {}): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, ...more }) });
}

export function timeoutError(): Error {
  return Object.assign(new Error('timed out'), { name: 'TimeoutError' });
}

/** Hooks that write down what they are told. */
export function recordingHooks() {
  return { onRetry: vi.fn(), onGiveUp: vi.fn(), onRecover: vi.fn() };
}

/** A layer that times the call, as `timeout` does. */
export const timed = (clock: Clock) =>
  defineMiddleware((call, next) => {
    const begun = clock.now();
    call.record.age = () => clock.now() - begun;
    return next(call);
  });
