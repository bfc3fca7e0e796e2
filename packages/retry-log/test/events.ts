import { vi } from 'vitest';
import type { GiveUpEvent, RecoverEvent, RetryEvent } from '../src/index.ts';

const BASE = { callId: 7, method: 'GET', url: 'https://api.example.com/items', attempt: 1, elapsed: 0, cause: '503' };

export function retryEvent(changes: Partial<RetryEvent> = {}): RetryEvent {
  return { ...BASE, delay: 250.4, delaySource: 'backoff', reason: 'status', maxRetries: 2, ...changes };
}

export function giveUpEvent(changes: Partial<GiveUpEvent> = {}): GiveUpEvent {
  return { ...BASE, attempt: 3, reason: 'limit', ...changes };
}

export function recoverEvent(changes: Partial<RecoverEvent> = {}): RecoverEvent {
  return { ...BASE, attempt: 3, attempts: 3, cause: '200', elapsed: 1_234.5, ...changes };
}

/** A logger that writes down what each method got. */
export function fakeLogger(more: object = {}) {
  return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), ...more };
}
