import { type Outcome, settle } from '@steadfetch/core';
import { type FakeFetch, fakeFetch, type ManualClock, manualClock } from '@steadfetch/testing';
import { type Fetch, type Middleware, type StandardOptions, standard } from '../src/index.ts';

export const URL = 'https://api.example.com/orders';
export const POST: RequestInit = { method: 'POST', body: '{}' };
/** A refusal that asks for a second. */
export const BUSY = { status: 429, headers: { 'retry-after': '1' } };
/** All layers off: each test names those that it needs. */
export const BARE = {
  timeout: false,
  attemptTimeout: false,
  retry: false,
  rateLimit: false,
  circuitBreaker: false,
} satisfies StandardOptions;

type Script = Parameters<typeof fakeFetch>[0];

/** A middleware around a scripted fetch. Time advances by itself while a call waits. */
export interface Rig {
  clock: ManualClock;
  fake: FakeFetch;
  /** Waits for the call. */
  fetch: Fetch;
}

export function rig(make: (clock: ManualClock) => Middleware, script: Script): Rig {
  const clock = manualClock();
  const fake = fakeFetch(script, { clock });
  const inner = make(clock)(fake);
  return { clock, fake, fetch: (input, init) => live(clock, inner(input, init)) };
}

export function standardRig(options: StandardOptions, script: Script): Rig {
  return rig((clock) => standard({ clock, random: () => 0.5, ...options }), script);
}

/** Advances time until a call has an outcome. */
export async function live(clock: ManualClock, call: Promise<Response>): Promise<Response> {
  const outcome = await liveOn(clock, settle(call));
  if (outcome.failed) throw outcome.error;
  return outcome.response;
}

async function liveOn(clock: ManualClock, call: Promise<Outcome>): Promise<Outcome> {
  await clock.runAll();
  return call;
}

/** The times of the requests, in milliseconds from the start. */
export const times = ({ requests }: FakeFetch) => requests.map(({ elapsed }) => elapsed);

export const keysOf = ({ requests }: FakeFetch) => requests.map(({ headers }) => headers.get('idempotency-key'));
