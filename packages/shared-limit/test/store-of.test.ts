import type { LimitSlots } from '@steadfetch/rate-limit';
import { decide, type LimitState, type Question, storeOf } from '@steadfetch/shared-limit';
import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';

/** A place that decides at once, and what it was asked. */
function place() {
  const clock = manualClock();
  const states = new Map<string, LimitState>();
  const asked: [key: string, question: Question][] = [];
  const ask = (key: string, question: Question) => {
    asked.push([key, question]);
    const [state, reply] = decide(states.get(key), clock.now(), question);
    states.set(key, state);
    return reply;
  };
  return { clock, asked, ask, store: storeOf(ask, { clock }) };
}

describe('a place that answers at once', () => {
  it('is answered at once', () => {
    const { store } = place();
    expect(store.reserve('a', 2, 1)).toMatchObject({ count: 1 });
  });

  it('that throws calls onDown, and the store throws the same', () => {
    const errors: unknown[] = [];
    const error = new Error('away');
    const store = storeOf(
      () => {
        throw error;
      },
      { hooks: { onDown: (event) => errors.push(event.error) } },
    );
    expect(() => store.reserve('a', 1, 1)).toThrow(error);
    expect(errors).toEqual([error]);
  });
});

it('an accepted call that cost nothing is a request, and nothing that was accepted', () => {
  const { store, asked } = place();
  store.settle(store.reserve('a', 1, 1) as LimitSlots, 0, []);
  store.reserve('a', 1, 1);
  expect(asked.at(-1)![1]).toMatchObject({ requests: 1, extra: -1, accepted: [] });
});

it('a quota without what is left is not reported', () => {
  const { store, asked } = place();
  store.settle(store.reserve('a', 1, 1) as LimitSlots, 1, [{ name: 'day', limit: 10 } as never]);
  store.reserve('a', 1, 1);
  expect(asked.at(-1)![1].quotas).toEqual([]);
});

it('forgets the key that was not used for longest where there are too many', () => {
  const { store, asked } = place();
  const slots = store.reserve('first', 1, 1) as LimitSlots;
  store.settle(slots, 1, []);
  for (let n = 0; n < 10_000; n++) store.reserve(String(n), 1, 1);
  store.reserve('first', 1, 1);
  expect(asked.at(-1)).toMatchObject(['first', { accepted: [], lastRate: 0 }]);
});
