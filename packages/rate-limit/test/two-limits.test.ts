import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

it('does not close for the minute of one limit because the second of another is spent', async () => {
  const clock = manualClock();
  const began = clock.now();
  const spent = new Map<string, number>();
  // a limit of 10 a second, and inside it one of 300 a minute; each answer tells the one that judged last
  const judge = (limit: number, ms: number) => {
    const time = clock.now() - began;
    const window = `${ms} ${Math.floor(time / ms)}`;
    const count = (spent.get(window) ?? 0) + 1;
    spent.set(window, count);
    const reset = String(Math.ceil((ms - (time % ms)) / 1000));
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, limit - count)),
      'x-ratelimit-reset': reset,
    };
    return count > limit ? { status: 429, headers: { ...headers, 'retry-after': reset } } : { status: 200, headers };
  };
  const fetch = fakeFetch(
    async () => {
      await clock.sleep(5);
      const burst = judge(10, 1_000);
      if (burst.status === 200) await clock.sleep(45);
      return burst.status === 429 ? burst : judge(300, 60_000);
    },
    { clock },
  );
  const limited = rateLimit({ clock, maxWait: 30_000 })(fetch);
  const statuses: (number | string)[] = [];
  for (let page = 0; page < 12; page++) {
    for (let n = 0; n < 15; n++) {
      void limited('https://api.example.com/jobs').then(
        ({ status }) => statuses.push(status),
        ({ name }: Error) => statuses.push(name),
      );
    }
    for (let step = 0; step < 80; step++) await clock.advance(50);
  }
  expect(statuses).toEqual(Array(12 * 15).fill(200));
});

it('does not count the calls of one method against the limit of another, where each answer tells its own', async () => {
  const clock = manualClock();
  const began = clock.now();
  const limits: Record<string, number> = { GET: 40, PUT: 10 };
  const spent = new Map<string, number>();
  const answer = ({ method }: { method: string }) => {
    const time = clock.now() - began;
    const limit = limits[method]!;
    const window = `${method} ${Math.floor(time / 60_000)}`;
    const count = (spent.get(window) ?? 0) + 1;
    spent.set(window, count);
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, limit - count)),
      'x-ratelimit-reset': String(Math.ceil((60_000 - (time % 60_000)) / 1000)),
    };
    return { status: count > limit ? 429 : 200, headers };
  };
  const limited = rateLimit({ clock })(fakeFetch(answer, { clock }));
  const late: string[] = [];
  const call = async (method: string) => {
    const at = clock.now();
    const { ok } = await limited('https://api.example.com/jobs', { method });
    if (!ok || clock.now() - at > 1_000) late.push(method);
  };
  for (let second = 0; second < 180; second++) {
    if (second % 2 === 0) void call('GET');
    if (second % 8 === 1) void call('PUT');
    await clock.advance(1_000);
  }
  expect(late).toEqual([]);
});

const random = seededRandom(2);

it.each<[string, () => number]>([
  ['evenly', () => 150],
  ['at random', () => -147 * Math.log(1 - random())],
])(
  'learns that a window of a second is renewed each second, though its end is told late, as a time in whole seconds (calls come %s)',
  async (_, next) => {
    const clock = manualClock();
    const began = clock.now();
    let window = -1;
    let used = 0;
    // as express-rate-limit tells a window that does not begin at a full second
    const answer = () => {
      const now = Math.floor((clock.now() - began + 700) / 1_000);
      if (now > window) [window, used] = [now, 0];
      used++;
      const end = Math.ceil((began + window * 1_000 + 300) / 1_000);
      const headers = {
        'x-ratelimit-limit': '8',
        'x-ratelimit-remaining': String(Math.max(0, 8 - used)),
        'x-ratelimit-reset': String(end),
      };
      return { status: used > 8 ? 429 : 200, delay: 300, headers };
    };
    const limited = rateLimit({ clock, maxWait: 30_000, random: seededRandom(3) })(fakeFetch(answer, { clock }));
    let slowest = 0;
    for (let n = 0; n < 400; n++) {
      const at = clock.now();
      void limited('https://api.example.com/jobs').then(() => (slowest = Math.max(slowest, clock.now() - at)));
      for (let gap = Math.ceil(next()); gap > 0; gap -= 50) await clock.advance(Math.min(50, gap));
    }
    expect(slowest).toBeLessThan(2_000);
  },
);
