import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';
import { endingsOf } from './random-calls.ts';

/** Plays a window of 5 a second that begins with its first request, at 80 %. Returns how long each call took, Infinity if it failed. */
async function play(tell: (ms: number) => number): Promise<number[]> {
  const clock = manualClock();
  const random = seededRandom(17);
  let [until, count] = [0, 0];
  const fetch = fakeFetch(
    async () => {
      await clock.sleep(60);
      if (clock.now() >= until) [until, count] = [clock.now() + 1_000, 0];
      count++;
      const headers = {
        'x-ratelimit-limit': '5',
        'x-ratelimit-remaining': String(Math.max(0, 5 - count)),
        'x-ratelimit-reset': String(tell((until - clock.now()) / 1_000)),
      };
      const isOver = count > 5;
      await clock.sleep(40);
      return isOver ? { status: 429, headers: { ...headers, 'retry-after': '1' } } : { status: 200, headers };
    },
    { clock },
  );
  const limited = rateLimit({ clock, random, maxWait: 30_000 })(fetch);
  const times: number[] = [];
  for (let step = 0; step < 4_000; step++) {
    if (step < 3_000 && random() < 0.08) {
      const at = clock.now();
      void limited('https://api.example.com/jobs').then(
        ({ ok }) => times.push(ok ? clock.now() - at : Infinity),
        () => times.push(Infinity),
      );
    }
    await clock.advance(20);
  }
  return times.sort((a, b) => a - b);
}

const rounded = { up: Math.ceil, down: Math.floor, 'to the nearest': Math.round };

for (const [way, tell] of Object.entries(rounded)) {
  it(`knows the end of a window of a second that is told in whole seconds, rounded ${way}`, async () => {
    const times = await play(tell);
    expect(times.at(-1)).toBeLessThan(10_000);
    expect(times[times.length >> 1]).toBeLessThan(1_000);
  });
}

it('knows how soon one a second is renewed that tells its end as an instant, beside a Date, both in whole seconds', async () => {
  const clock = manualClock();
  const random = seededRandom(5);
  let until = 0;
  const fetch = fakeFetch(
    async () => {
      await clock.sleep(15);
      const now = clock.now();
      const isAccepted = now >= until;
      if (isAccepted) until = now + 1_000;
      const headers = {
        date: new Date(now).toUTCString(),
        'x-ratelimit-limit': '1',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(until / 1_000)),
      };
      await clock.sleep(isAccepted ? 115 : 35);
      return isAccepted ? { status: 200, headers } : { status: 429, headers: { ...headers, 'retry-after': '1' } };
    },
    { clock },
  );
  const limited = rateLimit({ clock, random, maxWait: 20_000 })(fetch);
  const endings = await endingsOf(limited, { clock, random, perSecond: 0.75, lasts: 120_000, until: 140_000 });

  expect(endings.filter(Boolean)).toHaveLength(endings.length);
});

it('takes no window of a minute for shorter, since it is renewed within the second that is told', async () => {
  const clock = manualClock();
  let [until, count, refused] = [0, 0, 0];
  const fetch = fakeFetch(
    async () => {
      await clock.sleep(20);
      const now = clock.now();
      if (now >= until) [until, count] = [now + 60_000, 0];
      const isOver = ++count > 100;
      if (isOver) refused++;
      const headers = {
        date: new Date(now).toUTCString(),
        'x-ratelimit-limit': '100',
        'x-ratelimit-remaining': String(Math.max(0, 100 - count)),
        'x-ratelimit-reset': String(Math.ceil(until / 1_000)),
      };
      await clock.sleep(100);
      return isOver ? { status: 429, headers: { ...headers, 'retry-after': '60' } } : { status: 200, headers };
    },
    { clock },
  );
  const limited = rateLimit({ clock, random: seededRandom(1), proof: 'first' })(fetch);
  let done = 0;
  const work = async () => {
    for (;;) if ((await limited('https://api.example.com/jobs')).ok) done++;
  };
  for (let worker = 0; worker < 30; worker++) void work();
  for (let step = 0; step < 9_500; step++) await clock.advance(20);

  expect(refused).toBe(0);
  expect(done).toBeGreaterThan(300);
});
