import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { compose, rateLimit, retry, timeout } from 'steadfetch';
import { expect, it } from 'vitest';

it('a server that randomly refuses one request in a hundred delays no call for long', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const random = seededRandom(15);
  const timing = { clock: time, random: seededRandom(16) };
  const steady = compose(
    timeout(30_000, { clock: time }),
    retry(timing),
    rateLimit(timing),
    timeout(10_000, { clock: time }),
  )(async () => {
    const isRefused = random() < 0.01;
    await time.sleep(isRefused ? 10 : 30 + 60 * random());
    return new Response(null, isRefused ? { status: 429, headers: { 'retry-after': '1' } } : undefined);
  });
  const waits: number[] = [];
  let lost = 0;
  const call = async () => {
    const began = time.elapsed;
    await steady(`https://api.test/${Math.floor(4 * random())}`).catch(() => lost++);
    waits.push(time.elapsed - began);
  };
  for (let at = 0; at < 300_000; at += (1_000 / 6) * -Math.log(random())) time.at(at, () => void call());

  await time.run(400_000, () => false);

  expect(waits.length).toBeGreaterThan(1_500);
  expect(lost).toBe(0);
  expect(Math.max(...waits)).toBeLessThan(15_000);
});
