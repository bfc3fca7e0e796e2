import { warnOnce } from '@steadfetch/core';

/**
 * Tells a developer, once, that each attempt gets another key. In the words in which core finds it when a stack is built,
 * so that it is said once; core cannot see it where a foreign wrapper stands between.
 */
export function warnInsideRetry(): void {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  if (process?.env?.NODE_ENV === 'production') return;
  warnOnce(
    'retry() stands outside idempotencyKey(): each attempt gets a key of its own, so that a repetition is not recognised. ' +
      'Put idempotencyKey() first.',
  );
}
