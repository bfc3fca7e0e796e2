import { seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { limited } from '../src/exceptions/limited-servers.ts';
import { windowFromFirst, withOthersAtStart } from '../src/exceptions/odd-limits.ts';
import { processes, storeBeside } from '../src/exceptions/store-stacks.ts';
import { RETRY_AFTER, SECONDS } from '../src/exceptions/tells.ts';
import { random } from '../src/exceptions/traffic.ts';
import { live } from '../src/harm/live.ts';
import type { Seen } from '../src/harm/situation.ts';
import { bucket, concurrency } from '../src/limits/limits.ts';

const at = (ms: number): Seen => ({
  path: '/',
  method: 'GET',
  headers: new Headers(),
  at: ms,
  chance: 0.5,
  client: 0,
  send: 1,
});
const statuses = (server: (request: Seen) => unknown, times: readonly number[]) =>
  times.map((ms) => (server(at(ms)) as { status: number }).status);

describe('a limited server', () => {
  it('begins a window with its first request', () => {
    const server = limited({ limit: windowFromFirst(2, 1_000), tells: SECONDS })(seededRandom(1));

    expect(statuses(server, [700, 800, 1_500, 1_700])).toEqual([200, 200, 429, 200]);
  });

  it('takes a request from the count when it is answered', () => {
    const server = limited({ limit: concurrency(1, 300), answers: 300 })(seededRandom(1));

    expect(statuses(server, [0, 200, 300])).toEqual([200, 429, 200]);
  });

  it('counts what others spend as a window begins', () => {
    const server = limited({ limit: withOthersAtStart(windowFromFirst(3, 1_000), 2), tells: RETRY_AFTER })(
      seededRandom(1),
    );

    expect(statuses(server, [10, 20])).toEqual([200, 429]);
    expect(server(at(30))).toMatchObject({ headers: { 'retry-after': '1' } });
  });
});

it('lets the processes of a run, and of no other run, share a store', async () => {
  const { ours } = storeBeside();
  const world = {
    ...processes(3),
    ...random(6, 20_000),
    server: limited({ limit: bucket(10, 1), tells: RETRY_AFTER }),
  };

  const first = await live(world, ours.client, 1);

  expect(first.success).toBe(1);
  expect(await live(world, ours.client, 1)).toEqual(first);
});
