import { type Middleware, type Outcome, settle } from '@steadfetch/core';
import { macrotask, millisecond } from './macrotask.ts';

/** Tests one claim about a middleware. Rejects with an error that describes the difference. */
export type ContractCheck = (make: () => Middleware) => Promise<void>;

/** Creates a new instance of the middleware under test. */
export type Make = Parameters<ContractCheck>[0];

export const CONTRACT_URL = 'https://contract.test/things?q=1';

export function same(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  const [wanted, got] = [show(expected), show(actual)];
  throw new Error(`${what}: expected ${wanted}, got ${got === wanted ? 'another one' : got}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Returns the error of a call that must reject. */
export async function failureOf(call: Promise<Response>): Promise<unknown> {
  const outcome = await inTime(settle(call), MAX_WAIT_MS);
  if (outcome === undefined) throw new Error('expected the call to reject, but it does not end within a second');
  return errorOf(outcome);
}

/** How long a check waits for an event that must happen. Long, since the machine may be slow. */
export const MAX_WAIT_MS = 1_000;

/**
 * Returns the value of a promise, or `undefined` if it does not settle in time. It waits for 100 turns of the event loop
 * and then for `ms`. 50 ms are enough for a middleware that signs a call or reads a file before it sends.
 */
export async function inTime<T>(promise: Promise<T>, ms = 50): Promise<T | undefined> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  promise.then(over, over);
  for (let left = 100; left > 0 && !isOver; left--) await macrotask();
  for (let left = ms; left > 0 && !isOver; left--) await millisecond();
  return isOver ? promise : undefined;
}

/** Waits until a middleware has finished its work after a call, such as writing a response to a cache. */
export async function backgroundWork(): Promise<void> {
  await inTime(new Promise(() => {}));
}

/** Whether a body is being read or has been read. */
export function isRead({ bodyUsed, body }: Response): boolean {
  return bodyUsed || body?.locked === true;
}

/** Whether a body has been read or cancelled. Always true in happy-dom, whose bodies do not show a cancel. */
export function isDone(response: Response): boolean {
  return isRead(response) || !showsCancel();
}

function showsCancel(): boolean {
  const response = new Response('ok');
  void response.body?.cancel();
  return isRead(response);
}

/** The part of an outcome that messages show. */
export function statusOf(outcome: Outcome | undefined): unknown {
  if (outcome === undefined) return 'no end in time';
  return outcome.failed ? outcome.error : outcome.response?.status; // a wrong middleware may return no response
}

export function errorOf(outcome: Outcome): unknown {
  if (outcome.failed) return outcome.error;
  throw new Error('expected the call to reject, but it gave a response');
}
