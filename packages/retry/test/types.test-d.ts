import { compose, type Fetch } from '@steadfetch/core';
import { expectTypeOf, test } from 'vitest';
import { type AttemptRecord, historyOf, hooks, onStatus, retry, retryWith } from '../src/index.ts';

test('the options of one call are typed on the composed fetch', () => {
  const steady = compose(retry())(fetch);

  expectTypeOf(steady).toEqualTypeOf<Fetch>();
  void steady('https://api.test/', { retry: false });
  void steady('https://api.test/', { retry: { maxRetries: 1 } });
  // @ts-expect-error: a number is no override
  void steady('https://api.test/', { retry: 3 });
  void steady('https://api.test/', { steadfetch: { retry: { maxRetries: 1 } } });
  // @ts-expect-error: no such option
  void steady('https://api.test/', { retry: { retries: 1 } });
});

test('a composed fetch goes wherever a fetch goes, and the other way round', () => {
  const steady = retry()(fetch);
  const plain: typeof fetch = steady;

  expectTypeOf(retry()(plain)).toEqualTypeOf<Fetch>();
});

test('the history is a list of attempts, or nothing', () => {
  expectTypeOf(historyOf(new Response())).toEqualTypeOf<AttemptRecord[] | undefined>();
});

test('an event may have a reason that a rule made up', () => {
  void retryWith(
    onStatus(503),
    { when: () => 'locked', unless: () => 'held' },
    hooks({ onRetry: ({ reason }) => void (reason === 'locked'), onGiveUp: ({ reason }) => void (reason === 'held') }),
  );
});
