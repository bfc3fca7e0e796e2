import { type Middleware, type Outcome, settle } from '@steadfetch/core';
import { macrotask, millisecond } from './macrotask.ts';

/** Tests one claim; fails with an error that says what is wrong. */
export type ContractCheck = (make: () => Middleware) => Promise<void>;

/** Makes the middleware that is tested, anew each time. */
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

/** What a call is rejected with. */
export async function failureOf(call: Promise<Response>): Promise<unknown> {
  const outcome = await inTime(settle(call), PATIENT);
  if (outcome === undefined) throw new Error('expected the call to reject, but it does not end within a second');
  return errorOf(outcome);
}

/** What must come has so long, in milliseconds: a machine may be slow. */
export const PATIENT = 1_000;

/**
 * What comes within some turns of the event loop and then fifty milliseconds, if it does: as long as a middleware takes
 * that signs a call or reads a file before it is sent.
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

/** Waits as long as a middleware may take for what it does after a call, such as keeping an answer. */
export async function aMoment(): Promise<void> {
  await inTime(new Promise(() => {}));
}

/** Whether somebody reads the body of a response, or has read it. */
export function isRead({ bodyUsed, body }: Response): boolean {
  return bodyUsed || body?.locked === true;
}

/** Whether somebody has read the body of a response, or does not want it. That of happy-dom does not show that it was cancelled. */
export function isDone(response: Response): boolean {
  return isRead(response) || !showsCancel();
}

function showsCancel(): boolean {
  const response = new Response('ok');
  void response.body?.cancel();
  return isRead(response);
}

/** What a message shows of an outcome. */
export function statusOf(outcome: Outcome | undefined): unknown {
  if (outcome === undefined) return 'no end in time';
  return outcome.failed ? outcome.error : outcome.response?.status; // a middleware may give none
}

export function errorOf(outcome: Outcome): unknown {
  if (outcome.failed) return outcome.error;
  throw new Error('expected the call to reject, but it gave a response');
}
