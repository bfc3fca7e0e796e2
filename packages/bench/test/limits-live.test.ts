import { describe, expect, it } from 'vitest';
import { REFERENCES, steadfetch } from '../src/limits/clients.ts';
import { bucket, concurrency, unlimited } from '../src/limits/limits.ts';
import { type Client, live } from '../src/limits/live.ts';
import type { Row } from '../src/limits/row.ts';
import { score } from '../src/limits/score.ts';

const ROW: Row = {
  name: 'bucket',
  limit: bucket(100, 20),
  hint: 'seconds',
  load: { workers: 40 },
  lasts: 10_000,
};
/** Sends a refused call again after 10 ms, whatever was asked. */
const rude: Client =
  (fetch, { clock }) =>
  async (input, init) => {
    for (;;) {
      const response = await fetch(input, init);
      if (response.ok) return response;
      await clock.sleep(10);
    }
  };
const bare: Client = (fetch) => fetch;

describe('a run', () => {
  it('is the same each time for a seed', async () => {
    const [one, again, other] = [
      await live(ROW, steadfetch, 1),
      await live(ROW, steadfetch, 1),
      await live(ROW, steadfetch, 2),
    ];

    expect(again.accepted).toEqual(one.accepted);
    expect(other.accepted).not.toEqual(one.accepted);
  });

  it('counts calls that are sent again before the time that they were told', async () => {
    expect((await live(ROW, rude, 1)).early).toBeGreaterThan(100);
    expect((await live(ROW, steadfetch, 1)).early).toBe(0);
  });

  it('counts calls that end with a refusal as lost', async () => {
    const history = await live(ROW, bare, 1);

    expect(history.lost).toBeGreaterThan(100);
    expect(history.hasty).toBeGreaterThan(100);
  });

  it('ends when a given number of calls has succeeded', async () => {
    const row: Row = { ...ROW, load: { calls: 50, within: 1_000 }, processes: 3, lasts: 1_000_000 };
    const history = await live(row, steadfetch, 1);

    expect(history.accepted).toHaveLength(50);
    expect(new Set(history.accepted.map(({ process }) => process))).toEqual(new Set([0, 1, 2]));
  });

  it('makes calls by chance, so many a second', async () => {
    const { accepted } = await live({ ...ROW, limit: unlimited(), load: { perSecond: 50 } }, bare, 1);

    expect(accepted.length).toBeGreaterThan(400);
    expect(accepted.length).toBeLessThan(600);
  });

  it('holds no more requests than a limit by concurrency allows', async () => {
    const { accepted } = await live({ ...ROW, limit: concurrency(10, 100) }, steadfetch, 1);

    expect(accepted.length).toBeLessThan(1_100);
  });

  it('refuses a share of the requests whatever a client does', async () => {
    const noise = { share: 0.1, status: 503, retryAfter: 1 } as const;
    const { accepted, refused } = await live({ ...ROW, limit: unlimited(), load: { perSecond: 50 }, noise }, bare, 1);

    expect(refused.length / (accepted.length + refused.length)).toBeCloseTo(0.1, 1);
  });
});

describe('a reference', () => {
  it.each(REFERENCES)('%s keeps to the wait that it is told', async (_, client) => {
    expect(await live(ROW, client, 1)).toMatchObject({ early: 0, hasty: 0 });
  });

  it('that knows the limit is not refused', async () => {
    const oracle = REFERENCES.find(([name]) => name === 'oracle')![1];
    const { share, refused } = score(ROW, await live(ROW, oracle, 1));

    expect(share).toBeGreaterThan(98);
    expect(refused).toBe(0);
  });

  it('gives up a call that would wait for more than a minute', async () => {
    const atb = REFERENCES.find(([name]) => name === 'ATB')![1];
    const { lost } = await live({ ...ROW, load: { workers: 500 }, lasts: 200_000 }, atb, 1);

    expect(lost).toBeGreaterThan(0);
  });
});
