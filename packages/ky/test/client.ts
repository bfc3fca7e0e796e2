import type { RetryHooks, RetryOptions } from '@steadfetch/retry';
import { type FakeFetch, fakeFetch, type InstantClock, instantClock, type Script } from '@steadfetch/testing';
import ky, { type KyInstance } from 'ky';
import { onTestFinished, vi } from 'vitest';
import { retry } from '../src/index.ts';

export const URL = 'https://api.example.com/items';

export interface Client {
  api: KyInstance;
  fetch: FakeFetch;
  clock: InstantClock;
}

/** A ky with `retry()` hooks above a scripted fetch, on a clock whose sleeps take no time. */
export function client(script: Script, options: RetryOptions = {}): Client {
  const clock = instantClock();
  const fetch = fakeFetch(script);
  const api = ky.create({ fetch, hooks: retry({ clock, ...options }) });
  return { api, fetch, clock };
}

/** To the end of the test, time moves from timer to timer while nothing else runs. ky takes no clock. */
export function virtualTime(): void {
  vi.useFakeTimers();
  vi.setTimerTickMode('nextTimerAsync');
  onTestFinished(() => void vi.useRealTimers());
}

/** What a call comes to when it is expected to fail. */
export async function outcomeOf(call: Promise<unknown>): Promise<Error & { response: Response; data: unknown }> {
  return call.catch((error: unknown) => error) as never;
}

/** Observers that write down what they are told, without what differs from run to run. */
export function recorder(): { hooks: RetryHooks; told: [string, Record<string, unknown>][] } {
  const told: [string, Record<string, unknown>][] = [];
  const note = (name: string) => (event: object) => {
    const { callId, outcome, response, error, method, elapsed, maxRetries, ...rest } = event as Record<string, unknown>;
    told.push([name, rest]);
  };
  return { hooks: { onRetry: note('retry'), onGiveUp: note('give up'), onRecover: note('recover') }, told };
}
