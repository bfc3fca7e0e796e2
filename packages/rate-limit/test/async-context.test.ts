import { AsyncLocalStorage } from 'node:async_hooks';
import { compose, observe } from '@steadfetch/core';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

it('reports each event of a call in the async context that the call was made in', async () => {
  const clock = manualClock();
  const request = new AsyncLocalStorage<number>();
  const seen: [type: string, made: unknown, heard: unknown][] = [];
  const listen = observe(
    (event) => seen.push(['action' in event ? event.action : event.type, event.meta, request.getStore()]),
    { clock },
  );
  // the limit is longer than what is refused, so that what is held is known to be late only when the gate closes
  const fetch = fakeFetch(
    [
      { status: 200, delay: 20 },
      { status: 429, headers: { 'retry-after': '9' }, delay: 20 },
    ],
    { clock },
  );
  const limited = compose(listen, rateLimit({ maxWait: 5_000, limit: { requests: 2, per: 1_000 }, clock }))(fetch);

  const calls = Array.from({ length: 12 }, (_, id) =>
    request.run(id, () => limited('https://api.test/', { steadfetch: { meta: id } }).catch(() => {})),
  );
  await clock.runAll();
  await Promise.all(calls);

  expect(seen.filter(([type]) => type === 'refused').length).toBeGreaterThan(0);
  expect(seen.filter(([, made, heard]) => made !== heard)).toEqual([]);
});
