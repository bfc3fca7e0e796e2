import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { compose, observe, retryMonitor, standard } from 'steadfetch';
import { expect, it, vi } from 'vitest';

it.each([
  ['fails after a second, at more calls than its slots take', 1_000, { concurrency: 4 }],
  ['hangs', 1_000_000, { retry: 0 }],
])('retryMonitor reports one outage, to its end, of a server that %s', async (_, ms, options) => {
  vi.spyOn(console, 'warn').mockReturnValue();
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const told: [string, number][] = [];
  const monitor = retryMonitor({
    clock: time,
    onExcessive: () => told.push(['excessive', time.elapsed]),
    onRecovered: () => told.push(['recovered', time.elapsed]),
  });
  const steady = compose(
    observe(monitor, { clock: time }),
    standard({ clock: time, random: seededRandom(1), ...options }),
  )(async (_, init) => {
    const isDown = time.elapsed >= 60_000 && time.elapsed < 240_000;
    await time.sleep(isDown ? ms : 100, init?.signal ?? undefined);
    return new Response(null, { status: isDown ? 503 : 200 });
  });
  for (let at = 0; at < 400_000; at += 125) time.at(at, () => void steady('https://api.test/').catch(() => {}));

  await time.run(450_000);

  expect(told.map(([what]) => what)).toEqual(['excessive', 'recovered']);
  expect(told[0]![1]).toBeLessThan(110_000);
  expect(told[1]![1]).toBeGreaterThan(240_000);
});
