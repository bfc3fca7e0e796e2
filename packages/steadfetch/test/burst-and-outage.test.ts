import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { standard } from 'steadfetch';
import { expect, it } from 'vitest';

/** The share of calls in a burst that succeed, and the longest time (ms) of the others. No calls follow the burst. */
async function burst({ calls, over, down, seed }: { calls: number; over: number; down: number; seed: number }) {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const random = seededRandom(seed);
  let sent = 0;
  const steady = standard({ clock: time, random: seededRandom(seed + 100) })(async () => {
    sent++;
    const isDown = time.elapsed < down;
    await time.sleep(isDown ? 5 : 100);
    return new Response(null, isDown ? { status: 503, headers: { 'retry-after': '1' } } : undefined);
  });
  let succeeded = 0;
  let longest = 0;
  const call = async () => {
    const began = time.elapsed;
    const { ok } = await steady('https://api.test/');
    if (ok) succeeded++;
    else longest = Math.max(longest, time.elapsed - began);
  };
  for (let i = 0; i < calls; i++) time.at(over * random(), () => void call());
  await time.run(60_000);
  return { succeeded: succeeded / calls, longest, sent: sent / calls };
}

it.each([1, 2, 3, 4, 5])(
  'most calls of a burst outlast an outage of its length, also where no call follows: %i',
  async (seed) => {
    const { succeeded } = await burst({ calls: 200, over: 1_000, down: 2_000, seed });

    expect(succeeded).toBeGreaterThan(0.75);
  },
);

it('a burst during a longer outage fails as early as without a limiter, and adds few requests', async () => {
  const { succeeded, longest, sent } = await burst({ calls: 200, over: 1_000, down: Infinity, seed: 1 });

  expect(succeeded).toBe(0);
  expect(longest).toBeLessThan(2_600);
  expect(sent).toBeLessThan(2);
});
