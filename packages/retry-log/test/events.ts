import type { EventOf, SteadfetchEvent } from '@steadfetch/core';
import { vi } from 'vitest';

const BASE = {
  callId: 7,
  method: 'GET',
  url: 'https://api.example.com/items',
  origin: 'https://api.example.com',
  attempt: 1,
  elapsed: 0,
  at: 1_700_000_000_000,
};

/** An event with these members, and those that all have. */
export function eventOf<Type extends SteadfetchEvent['type']>(
  type: Type,
  members: Partial<EventOf<Type>> = {},
): EventOf<Type> {
  return { ...BASE, type, ...members } as unknown as EventOf<Type>;
}

export function waitEvent(changes: Partial<EventOf<'wait'>> = {}): EventOf<'wait'> {
  const about = { cause: '503', ms: 250.4, source: 'backoff', reason: 'status', maxRetries: 2 };
  return eventOf('wait', { ...about, ...changes });
}

export function giveUpEvent(changes: Partial<EventOf<'give-up'>> = {}): EventOf<'give-up'> {
  return eventOf('give-up', { attempt: 3, cause: '503', reason: 'limit', ...changes });
}

export function recoverEvent(changes: Partial<EventOf<'recover'>> = {}): EventOf<'recover'> {
  return eventOf('recover', { attempt: 3, attempts: 3, cause: '200', elapsed: 1_234.5, ...changes });
}

/** A logger that writes down what each method got. */
export function fakeLogger(more: object = {}) {
  return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), ...more };
}
