import { type Middleware, type Outcome, settle } from '@steadfetch/core';
import { macrotask } from './macrotask.ts';

/** Tests one claim; fails with an error that says what is wrong. */
export type ContractCheck = (make: () => Middleware) => Promise<void>;

export const CONTRACT_URL = 'https://contract.test/things?q=1';

export function same(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** What a call is rejected with. */
export async function failureOf(call: Promise<Response>): Promise<unknown> {
  const outcome = await inTime(settle(call));
  if (outcome === undefined) throw new Error('expected the call to reject, but it never ends');
  return errorOf(outcome);
}

/** What comes within a few turns of the event loop, if it does. */
export function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, turns(100)]);
}

async function turns(count: number): Promise<undefined> {
  for (let left = count; left > 0; left--) await macrotask();
  return undefined;
}

export function errorOf(outcome: Outcome): unknown {
  if (outcome.failed) return outcome.error;
  throw new Error('expected the call to reject, but it gave a response');
}
