import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const random = () => 0;

describe('a window of a minute', () => {
  it('is renewed at its end, which is no sign that it comes back before: bursts of most of it go at once', async () => {
    const clock = manualClock();
    const began = clock.now();
    let minute = -1;
    let used = 0;
    const answer = () => {
      const now = clock.now() - began;
      if (Math.floor(now / 60_000) > minute) [minute, used] = [Math.floor(now / 60_000), 0];
      const reset = String(Math.ceil(((minute + 1) * 60_000 - now) / 1_000));
      const told = { 'ratelimit-limit': '100', 'ratelimit-remaining': String(Math.max(0, 99 - used)) };
      return { status: used++ < 100 ? 200 : 429, delay: 100, headers: { ...told, 'ratelimit-reset': reset } };
    };
    const limited = rateLimit({ clock, random, maxWait: 10_000, proof: 'first' })(fakeFetch(answer, { clock }));
    await clock.advance(3_000);
    for (let burst = 0; burst < 8; burst++) {
      const calls = Promise.all(Array.from({ length: 100 }, () => limited(URL)));
      await clock.advance(2_000);
      expect((await Promise.race([calls, []])).filter(({ ok }) => ok)).toHaveLength(100);
      await clock.advance(58_000);
    }
  });

  it('is spent by calls that come one after the other, where they cannot all wait for their shares of the rest', async () => {
    const clock = manualClock();
    const headers = (index: number) => ({ 'ratelimit-limit': '60', 'ratelimit-remaining': String(59 - index) });
    const answer = (_: unknown, index: number) => ({
      delay: 100,
      headers: { ...headers(index), 'ratelimit-reset': '58' },
    });
    const limited = rateLimit({ clock, random, maxWait: 10_000, proof: 'first' })(fakeFetch(answer, { clock }));
    const calls: Promise<Response>[] = [];
    for (let n = 0; n < 60; n++) {
      calls.push(limited(URL));
      await clock.advance(60);
    }
    await clock.advance(30_000);
    expect((await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('is spent at once by calls that it covers, also where answers are slow', async () => {
    const clock = manualClock();
    const headers = (index: number) => ({ 'ratelimit-limit': '100', 'ratelimit-remaining': String(99 - index) });
    const answer = (_: unknown, index: number) => ({
      delay: 1_000 + 10 * (index % 50),
      headers: { ...headers(index), 'ratelimit-reset': '60' },
    });
    const limited = rateLimit({ clock, random })(fakeFetch(answer, { clock }));
    const calls = Promise.all(Array.from({ length: 100 }, () => limited(URL)));
    await clock.advance(10_000);
    expect(await Promise.race([calls, []])).toHaveLength(100);
  });

  it('is used to its end where requests overtake each other, so that the answer to a late one is the first', async () => {
    const clock = manualClock();
    const began = clock.now();
    let minute = -1;
    let used = 0;
    let sent = 0;
    const server = async () => {
      await clock.sleep(1 + ((sent++ * 7) % 20));
      const now = clock.now() - began;
      if (Math.floor(now / 60_000) > minute) [minute, used] = [Math.floor(now / 60_000), 0];
      const reset = String(Math.ceil(((minute + 1) * 60_000 - now) / 1_000));
      const told = { 'ratelimit-limit': '60', 'ratelimit-remaining': String(Math.max(0, 59 - used)) };
      const status = used++ < 60 ? 200 : 429;
      await clock.sleep(50);
      return new Response(null, { status, headers: { ...told, 'ratelimit-reset': reset } });
    };
    const limited = rateLimit({ clock, random, maxWait: 30_000, proof: 'first' })(server);
    const done: number[] = [];
    for (let second = 0; second < 600; second++) {
      for (let call = 0; call < 1 + Number(second % 3 === 0); call++)
        void limited(URL).then(
          ({ ok }) => ok && done.push(second),
          () => {},
        );
      await clock.advance(1_000);
    }
    expect(done.length).toBeGreaterThan(560); // of 600 that are possible
  });

  it.each([30_000, 45_000])(
    'is renewed at its end also where answers tell it within the last second: a pool of workers spends each window evenly, after %d ms of the first',
    async (offset) => {
      const clock = manualClock();
      const began = clock.now();
      let minute = -1;
      let used = 0;
      const answer = () => {
        const now = clock.now() - began + offset;
        if (Math.floor(now / 60_000) > minute) [minute, used] = [Math.floor(now / 60_000), 0];
        const reset = String(Math.ceil(((minute + 1) * 60_000 - now) / 1_000));
        const told = { 'ratelimit-limit': '60', 'ratelimit-remaining': String(Math.max(0, 59 - used)) };
        return { status: used++ < 60 ? 200 : 429, delay: 100, headers: { ...told, 'ratelimit-reset': reset } };
      };
      const limited = rateLimit({ clock, random, maxWait: 30_000, proof: 'first' })(fakeFetch(answer, { clock }));
      let left = 200;
      let failed = 0;
      const worker = async () => {
        while (left-- > 0) if (!(await limited(URL).catch(() => undefined))?.ok) failed++;
      };
      const workers = Promise.all(Array.from({ length: 10 }, worker));
      await clock.advance(300_000);
      await workers;
      expect(failed).toBe(0);
    },
  );

  it('of a second, told in whole seconds, is spent in each second too where thrice as much is called for', async () => {
    const clock = manualClock();
    let second = -1;
    let used = 0;
    const answer = () => {
      const now = clock.now() + 700; // seconds of the server begin at another time
      if (Math.floor(now / 1_000) > second) [second, used] = [Math.floor(now / 1_000), 0];
      const told = { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': String(Math.max(0, 19 - used)) };
      const reset = String(Math.ceil(((second + 1) * 1_000 - 700) / 1_000));
      const date = new Date(clock.now()).toUTCString();
      return { status: used++ < 20 ? 200 : 429, delay: 80, headers: { ...told, 'x-ratelimit-reset': reset, date } };
    };
    const limited = rateLimit({ clock, random, maxWait: 10_000, proof: 'first' })(fakeFetch(answer, { clock }));
    let good = 0;
    for (let call = 0; call < 300; call++) {
      void limited(URL).then(
        ({ ok }) => (good += Number(ok)),
        () => {},
      );
      await clock.advance(16);
    }
    await clock.advance(20_000);
    expect(good).toBeGreaterThan(230); // of 300 that are possible
  });

  it('is waited for by default, since its end is told in whole seconds', async () => {
    const clock = manualClock();
    const began = clock.now();
    const answer = (_: unknown, index: number) => {
      const reset = String(Math.ceil((60_100 - ((clock.now() - began) % 60_100)) / 1_000));
      return { status: index < 10 || clock.now() - began >= 60_100 ? 200 : 429, headers: { 'retry-after': reset } };
    };
    const limited = rateLimit({ clock, random })(fakeFetch(answer, { clock }));
    const calls = Promise.all(Array.from({ length: 15 }, () => limited(URL)));
    await clock.advance(65_000);
    expect((await calls).map(({ status }) => status)).toEqual(Array(15).fill(200));
  });
});
