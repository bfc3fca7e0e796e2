import { contractChecks, fakeFetch, manualClock, type Script } from '@steadfetch/testing';
import { VirtualTime } from '@steadfetch/testing/simulation';
import { compose, historyOf, type Middleware, retry, standard } from 'steadfetch';
import type { Clock } from 'steadfetch/kit';
import { describe, expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

const URL = 'https://api.example.com/things';
const LATE = { status: 200, body: 'late', delay: 3_000 };

async function hedgeOfThePage(): Promise<(late: number, clock?: Clock) => Middleware> {
  const { hedge } = await importSnippet<{ hedge: (late: number, clock?: Clock) => Middleware }>(
    'recipes-server.md',
    'function hedge(',
    fakeFetch(200),
  );
  vi.useRealTimers();
  return hedge;
}

/** Makes a call a second, and returns how long each took and what the server got. */
async function callsOf(script: Script, make: (clock: Clock) => Middleware, count: number) {
  const clock = new VirtualTime(Date.UTC(2025, 0, 1));
  const server = fakeFetch(script, { clock });
  const steady = make(clock)(server);
  const took: number[] = [];
  for (let index = 0; index < count; index++) {
    clock.at(index * 1_000, async () => {
      const sentAt = clock.elapsed;
      await (await steady(URL)).text();
      took.push(clock.elapsed - sentAt);
    });
  }
  await clock.run(count * 1_000 + 60_000);
  return { server, took: took.sort((a, b) => a - b) };
}

describe('the hedge of the recipes', () => {
  it('keeps the contract', async () => {
    const hedge = await hedgeOfThePage();

    for (const late of [0, 20]) for (const check of Object.values(contractChecks)) await check(() => hedge(late));
  });

  it('takes the second answer where the first is late by chance', async () => {
    const hedge = await hedgeOfThePage();
    const oneInTwenty = (_: unknown, index: number) => (index % 20 === 10 ? LATE : { status: 200, delay: 50 });

    const plain = await callsOf(oneInTwenty, (clock) => standard({ clock }), 200);
    const { server, took } = await callsOf(
      oneInTwenty,
      (clock) => compose(standard({ clock }), hedge(300, clock)),
      200,
    );

    expect([plain.took.at(-10), took.at(-1), took.length]).toEqual([3_000, 350, 200]);
    expect(server.requests.length).toBeLessThanOrEqual(212);
  });

  it('sends one call in ten twice where all answers are late', async () => {
    const hedge = await hedgeOfThePage();

    const { server, took } = await callsOf(LATE, (clock) => compose(standard({ clock }), hedge(300, clock)), 200);

    expect([took.at(0), took.at(-1), took.length]).toEqual([3_000, 3_000, 200]);
    expect(server.requests.length).toBeLessThanOrEqual(222);
  });

  it('sends no call twice that says `retry: false`', async () => {
    const hedge = await hedgeOfThePage();
    const clock = manualClock();
    const server = fakeFetch(LATE, { clock });

    const call = compose(retry({ clock }), hedge(300, clock))(server)(URL, { retry: false });
    await clock.advance(3_000);

    expect((await call).status).toBe(200);
    expect(server.requests).toHaveLength(1);
  });

  it('ends the request that is not needed, and sends no POST twice', async () => {
    const hedge = await hedgeOfThePage();
    const clock = manualClock();
    const ended: boolean[] = [];
    const server = fakeFetch([LATE, 200, LATE], { clock });
    const steady = hedge(
      300,
      clock,
    )((input, init) => {
      init!.signal?.addEventListener('abort', () => ended.push(true));
      return server(input, init);
    });

    const read = steady(URL);
    await clock.advance(300);
    expect((await read).status).toBe(200);
    const write = steady(URL, { method: 'POST', body: 'order' });
    await clock.advance(3_000);
    expect(await (await write).text()).toBe('late');

    expect([ended.length, server.requests.length]).toEqual([1, 3]);
  });

  it('lets go of the answer that it does not hand on', async () => {
    const hedge = await hedgeOfThePage();
    const clock = manualClock();
    const answers: Response[] = [];
    const server = fakeFetch(
      [{ status: 429, delay: 400 }, { status: 200, delay: 500 }, ...Array(20).fill(200), { ...LATE, delay: 400 }, LATE],
      { clock },
    );
    const steady = hedge(
      300,
      clock,
    )(async (input) => {
      answers.push(await server(input)); // does not hear an abort
      return answers.at(-1)!;
    });

    const refused = steady(URL);
    await clock.advance(1_000);
    expect((await refused).status).toBe(200);
    for (let index = 0; index < 20; index++) await (await steady(URL)).text();
    expect(clock.pending).toBe(0);
    const late = steady(URL);
    await clock.advance(5_000);

    expect(await (await late).text()).toBe('late');
    expect(answers).toHaveLength(24);
    await expect.poll(() => [answers[0]!.bodyUsed, answers[23]!.bodyUsed]).toEqual([true, true]);
  });

  it('sends no second request after an abort, nor one more than the retries of the call', async () => {
    const hedge = await hedgeOfThePage();
    const clock = manualClock();
    const deaf = fakeFetch(LATE, { clock });
    const server = fakeFetch([503, LATE], { clock });
    const controller = new AbortController();

    void hedge(300, clock)((input) => deaf(input))(URL, { signal: controller.signal });
    controller.abort();
    void compose(retry({ maxRetries: 1, clock }), hedge(300, clock))(server)(URL);
    await clock.advance(20_000);

    expect([deaf.requests.length, server.requests.length]).toEqual([1, 2]);
  });

  it('saves up ten second requests', async () => {
    const hedge = await hedgeOfThePage();
    const fastAtFirst = (_: unknown, index: number) => (index < 200 ? 200 : LATE);

    const { server } = await callsOf(fastAtFirst, (clock) => hedge(300, clock), 220);

    expect(server.requests.length).toBe(220 + 10 + 1);
  });

  it('waits for the other where one fails, ends with the last outcome, and counts as a retry', async () => {
    const hedge = await hedgeOfThePage();
    const clock = manualClock();
    const busy = (delay: number) => ({ status: 503, delay });
    const helped = fakeFetch(
      [
        { error: 'ECONNRESET', delay: 400 },
        { status: 200, delay: 500 },
      ],
      { clock },
    );
    const failed = fakeFetch([busy(2_000), { error: 'ECONNRESET', delay: 500 }], { clock });
    const again = fakeFetch([busy(400), busy(400), 200], { clock });

    const first = hedge(300, clock)(helped)(URL);
    const second = hedge(300, clock)(failed)(URL);
    const third = compose(retry({ maxRetries: 1, clock }), hedge(300, clock))(again)(URL);
    await clock.advance(20_000);

    expect([(await first).status, (await second).status, (await third).status]).toEqual([200, 503, 503]);
    expect(historyOf(await third)?.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 503],
      [2, 503],
    ]);
    expect(again.requests).toHaveLength(2);
  });
});
