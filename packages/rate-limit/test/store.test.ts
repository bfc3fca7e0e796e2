import { fakeFetch, manualClock } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { type LimitStore, type PacerParts, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';

it('a store brings the pacer of each gate', async () => {
  const clock = manualClock();
  const made: PacerParts[] = [];
  const store: LimitStore = {
    pacer(parts) {
      made.push(parts);
      const local = parts.local();
      return {
        advance: (now) => local.advance(now),
        announce: () => {},
        delay: () => (made.length > 1 ? 0 : 5_000),
        send: (now, cost) => local.send(now, cost),
        settle: (sent, now, answer) => local.settle(sent, now, answer),
        snapshot: (now) => local.snapshot(now),
      };
    },
  };
  const limiter = rateLimit({ clock, store, scope: 'origin' });
  const limited = limiter(fakeFetch(200, { clock }));
  const waiting = limited(URL);
  expect((await limited('https://other.example.com/')).status).toBe(200);

  made[0]!.wake();
  await clock.advance(10_000);
  expect((await waiting).status).toBe(200);
  expect(made.map(({ key }) => key)).toEqual(['https://api.example.com', 'https://other.example.com']);
});

it('looks through no other gates to forget one whose calls ask the store for a slot', async () => {
  const clock = manualClock();
  let looks = 0;
  const store: LimitStore = {
    pacer({ local }) {
      const own = local();
      let hasSlot = false;
      return {
        advance: () => looks++,
        announce: () => {
          hasSlot = true;
        },
        delay: () => (hasSlot ? 0 : 1_000),
        send: (now, cost) => {
          hasSlot = false;
          return own.send(now, cost);
        },
        settle: (sent, now, answer) => own.settle(sent, now, answer),
        snapshot: (now) => own.snapshot(now),
      };
    },
  };
  const limited = rateLimit({ clock, store, scope: 'origin', maxKeys: 100 })(fakeFetch([200], { clock }));

  for (let n = 0; n < 300; n++) await limited(`https://host${n}.example.com`);

  expect(looks).toBeLessThan(10 * 300);
});

it('a call whose maxWait is over goes ahead of its slot alone, though nothing was refused here: another process may have been', async () => {
  const clock = manualClock();
  const store: LimitStore = {
    pacer({ local }) {
      const own = local();
      return {
        advance: () => {},
        announce: () => {},
        delay: () => 5_000,
        send: (now, cost) => own.send(now, cost),
        settle: (sent, now, answer) => own.settle(sent, now, answer),
        snapshot: (now) => own.snapshot(now),
      };
    },
  };
  const limited = rateLimit({ clock, store, maxWait: 100 })(fakeFetch({ status: 200, delay: 500 }, { clock }));

  const calls = Promise.allSettled(Array.from({ length: 4 }, () => limited(URL)));
  await clock.advance(2_000);

  expect((await calls).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
});

it('a store that brings none is refused when the limiter is made', () => {
  expect(() => rateLimit({ store: {} as LimitStore })).toThrow('rateLimit: store: expected a LimitStore');
});

it.each([
  [undefined, 60, 70],
  [0.01, 7, 11],
])('the local pacer of a store begins with the pace %s per ms', async (pace, least, most) => {
  const clock = manualClock();
  const sent: number[] = [];
  const store: LimitStore = { pacer: ({ local }) => local(pace) };
  const send = fakeFetch(200, { clock });
  const limited = rateLimit({ clock, store })((...args) => {
    sent.push(clock.now());
    return send(...args);
  });
  const ends = Promise.all(Array.from({ length: 64 }, () => limited(URL)));
  await clock.advance(1_000);
  const soon = sent.length;
  await clock.advance(30_000);
  await ends;

  expect(soon).toBeGreaterThanOrEqual(least);
  expect(soon).toBeLessThanOrEqual(most);
  expect(sent).toHaveLength(64);
});
