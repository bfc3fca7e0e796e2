import {
  circuitBreaker,
  compose,
  concurrency,
  consecutive,
  historyOf,
  idempotencyKey,
  logRetries,
  mount,
  observe,
  rateLimit,
  retry,
  retryBudget,
  standard,
} from 'steadfetch';
import { claim, equal, errorOf } from './claims.ts';
import { Scene } from './scene.ts';
import type { Check } from './suite.ts';

const soon = { delay: () => 1 };

export const layers: Record<string, Check> = {
  'everything together answers': async (place) => {
    const scene = new Scene(place, 503, { body: 'fine' });
    const on = { rateLimit: true, circuitBreaker: true, idempotencyKey: true, concurrency: 4, bufferBody: true };
    const steady = standard({ ...on, retry: soon })(scene.fetch);
    equal(await (await steady(scene.url, { method: 'POST', body: 'x' })).text(), 'fine', 'body');
    const [first, second] = await scene.seen();
    claim(first!.key !== null && first!.key === second!.key, 'one key for both attempts');
  },
  'idempotencyKey() makes keys that differ': async (place) => {
    const scene = new Scene(place, 200);
    const steady = idempotencyKey()(scene.fetch);
    await steady(scene.url, { method: 'POST', body: 'x' });
    await steady(scene.url, { method: 'POST', body: 'x' });
    const [first, second] = await scene.seen();
    claim(first!.key !== null && first!.key !== second!.key, `${first!.key}, ${second!.key}`);
  },
  'circuitBreaker() opens': async (place) => {
    const scene = new Scene(place, 503);
    const steady = circuitBreaker({ rule: consecutive(2) })(scene.fetch);
    await steady(scene.url);
    await steady(scene.url);
    equal(((await errorOf(steady(scene.url))) as Error).name, 'CircuitOpenError', 'name');
    equal(scene.attempts, 2, 'attempts');
  },
  'concurrency() holds calls back': async (place) => {
    const scene = new Scene(place, { delay: 20 });
    let inFlight = 0;
    let most = 0;
    const steady = concurrency(2)(async (input, init) => {
      most = Math.max(most, ++inFlight);
      return scene.fetch(input, init).finally(() => inFlight--);
    });
    await Promise.all([1, 2, 3, 4].map(() => steady(scene.url)));
    equal(most, 2, 'calls in flight');
  },
  'rateLimit() waits after a 429': async (place) => {
    const scene = new Scene(place, { status: 429, headers: { 'retry-after': '1' } }, 200);
    const steady = compose(retry(soon), rateLimit())(scene.fetch);
    equal((await steady(scene.url)).status, 200, 'status');
    await scene.hadRequests(2);
  },
  'retryBudget() stops retries': async (place) => {
    const scene = new Scene(place, 503);
    const budget = retryBudget();
    const steady = retry({ ...soon, budget, maxRetries: 9 })(scene.fetch);
    for (let call = 0; call < 15; call++) await steady(scene.url); // a held call takes as long as its ten attempts would
    claim(scene.attempts < 150, `${scene.attempts} attempts of 15 calls`);
  },
  'events and history tell what happened': async (place) => {
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const scene = new Scene(place, 503, 200);
    const logged = observe(logRetries({ info: log, warn: log, error: log }));
    const response = await compose(logged, retry(soon))(scene.fetch)(scene.url);
    equal(historyOf(response)?.length, 2, 'attempts in the history');
    claim(
      lines.some((line) => String(line).includes('503')),
      `lines: ${lines}`,
    );
  },
  'mount() finds the stack of a URL': async (place) => {
    const scene = new Scene(place, 503, 200);
    const steady = mount({ [place.origin]: retry(soon) })(scene.fetch);
    equal((await steady(scene.url)).status, 200, 'status');
  },
  'many calls at once end': async (place) => {
    const scene = new Scene(place, { body: 'fine' });
    const steady = standard({ rateLimit: true, circuitBreaker: true, concurrency: 8 })(scene.fetch);
    const texts = await Promise.all(Array.from({ length: 40 }, async () => (await steady(scene.url)).text()));
    claim(
      texts.every((text) => text === 'fine'),
      'every body',
    );
  },
};
