import { expect, it } from 'vitest';
import { compose, type Fetch, observe, retry, timeout } from '../src/index.ts';

it.each([undefined, null])('returns %s if a mock answers it, also after a retry', async (nothing) => {
  const answers = [() => Promise.reject(new TypeError('fetch failed')), async () => nothing];
  const mock = (() => answers.shift()!()) as unknown as Fetch;
  const steady = compose(
    observe(() => {}),
    retry({ delay: () => 0, budget: false }),
    timeout({ headers: 1_000, body: 1_000 }),
  )(mock);

  expect(await steady('https://api.example.com/')).toBe(nothing);
});
