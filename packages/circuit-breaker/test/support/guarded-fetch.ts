import { circuitBreaker, consecutive } from '@steadfetch/circuit-breaker';
import type { Fetch } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';

export const URL = 'https://api.test/users';

/** Answers with each of `replies` in turn, the last one repeating: a status, headers of a 503, or an error. */
export function stubOf(...replies: (number | HeadersInit | Error)[]) {
  const requests: string[] = [];
  const stub: Fetch = async (input) => {
    const reply = replies[Math.min(requests.push(String(input)), replies.length) - 1]!;
    if (reply instanceof Error) throw reply;
    return typeof reply === 'number'
      ? new Response(null, { status: reply })
      : new Response(null, { status: 503, headers: reply });
  };
  return { stub, requests };
}

/** A fetch behind a circuit that opens after two failures in a row, for a second. */
export function setup(options: Parameters<typeof circuitBreaker>[0], ...replies: Parameters<typeof stubOf>) {
  const clock = instantClock();
  const { stub, requests } = stubOf(...replies);
  const middleware = circuitBreaker({ rule: consecutive(2), openFor: 1_000, clock, ...options });
  const outcomeOf = async (input = URL, init?: RequestInit) =>
    middleware(stub)(input, init).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
  const state = (key = 'https://api.test') => middleware.breaker.snapshot(key).state;
  return { clock, fetch: middleware(stub), middleware, outcomeOf, requests, state };
}
