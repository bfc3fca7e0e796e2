import { type Clock, compose, observe } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock, type Script } from '@steadfetch/testing';
import { vi } from 'vitest';
import { type RetryMonitor, type RetryMonitorOptions, retryMonitor } from '../src/index.ts';
import { eventOf, waitEvent } from './events.ts';

export const URL = 'https://api.example.com/';

/** A monitor with its hooks, and calls that it observes. */
export function setUp(options: Partial<RetryMonitorOptions> = {}, clock: Clock = instantClock()) {
  const onExcessive = vi.fn();
  const onRecovered = vi.fn();
  const monitor = retryMonitor({ onExcessive, onRecovered, clock, ...options });
  const stack = compose(observe(monitor), retry({ clock, budget: false, delay: () => 5 }));
  const fetchWith = (script: Script) => stack(fakeFetch(script))(URL);
  const call = (failures: number) => fetchWith([...Array(failures).fill(503), 200]);
  return { call, fetchWith, stack, monitor, onExcessive, onRecovered };
}

/** What a monitor hears of a call. */
export function report(monitor: RetryMonitor, callId: number, isRetried: boolean): void {
  monitor(eventOf('start', { callId }));
  if (isRetried) monitor(waitEvent({ callId }));
  monitor(eventOf('end', { callId }));
}
