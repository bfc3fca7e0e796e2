import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { CommonLimit } from '../src/common-limit.ts';
import { Gate } from '../src/gate.ts';
import type { GateContext } from '../src/gate-context.ts';
import { rateLimit } from '../src/index.ts';
import { Pacer } from '../src/model/pacer.ts';
import type { Ticket } from '../src/ticket.ts';

const gate = () => ({ sentSince: 1, refusedUntil: -Infinity }) as Gate;

/** Accepts a request of a gate whose answer reports a quota with this limit. Returns whether the gates stay apart. */
function reports(limit = new CommonLimit()) {
  return (child: Gate, limitOfQuota: number, now = 0) =>
    limit.accepted(child, { limit: limitOfQuota, remaining: 9 }, now);
}

/** Calls of three paths, most of them to one. Returns what refusals say: whether the paths have a limit in common. */
function calls() {
  const [hot, other, third] = [gate(), gate(), gate()];
  const limit = new CommonLimit();
  let now = 0;
  let wide = false;
  return {
    hot,
    other,
    third,
    accept: (...gates: Gate[]) => gates.forEach((gate) => void limit.accepted(gate, undefined, now)),
    refuse: (...gates: Gate[]) => {
      for (const gate of gates) {
        now += 2_000;
        wide = limit.refused(gate, wide, { sentAt: now - 5, now, asked: undefined, spent: undefined }).wide;
      }
      return wide;
    },
  };
}

it('parts where one path alone is refused again while the others are accepted, and less soon where that was wrong', () => {
  const { hot, other, third, accept, refuse } = calls();
  const goOn = () => accept(hot, hot, hot, hot, other, third);
  expect(refuse(hot, other)).toBe(true);
  goOn();
  expect(refuse(hot)).toBe(true);
  goOn();
  expect(refuse(hot)).toBe(true);
  goOn();
  expect(refuse(hot)).toBe(false);

  expect(refuse(other, third)).toBe(true);
  for (const isCommon of [true, true, true, true, false]) {
    goOn();
    expect(refuse(hot)).toBe(isCommon);
  }
});

it('parts where one path alone is refused again, and another was refused long ago and is not called any more', () => {
  const { hot, other, third, accept, refuse } = calls();
  refuse(hot, other, third);
  for (const isCommon of [true, true, false]) {
    accept(...Array.from({ length: 10 }, () => [hot, other]).flat());
    expect(refuse(hot)).toBe(isCommon);
  }
});

it('parts where one path alone is refused among calls of another, and the others that were refused are not called any more', () => {
  const { hot, other, third, accept, refuse } = calls();
  const fourth = gate();
  expect(refuse(hot, other, third)).toBe(true);
  for (const isCommon of [true, true, true, false]) {
    accept(fourth, fourth, fourth);
    expect(refuse(hot)).toBe(isCommon);
  }
});

it('parts where paths are told quotas of one name and different limits', () => {
  const [reported, core, search] = [reports(), gate(), gate()];

  expect(reported(core, 5_000)).toBe(false);
  expect(reported(core, 4_000)).toBe(false);
  expect(reported(search, 4_000)).toBe(false);
  expect(reported(core, 5_000)).toBe(true);
});

it('joins paths again a minute after the limit that they share was raised', () => {
  const [reported, a, b] = [reports(), gate(), gate()];

  expect(reported(a, 100, 0)).toBe(false);
  expect(reported(b, 200, 1)).toBe(true);
  expect(reported(a, 200, 60_001)).toBe(true);
  expect(reported(b, 200, 60_002)).toBe(false);
});

it('never joins paths whose quotas have one name and different limits, though their windows end at one instant', () => {
  const [limit, core, search] = [new CommonLimit(), gate(), gate()];
  const reported = reports(limit);
  const refuse = (child: Gate, now: number) =>
    limit.refused(child, false, { sentAt: now, now, asked: 60_000 - now, spent: undefined }).wide;
  reported(core, 5_000);
  reported(search, 30);
  expect([refuse(core, 10_000), refuse(search, 11_000)]).toEqual([false, false]);
});

it('stays one limit where the refusals hit one path and then another', () => {
  const { hot, other, third, accept, refuse } = calls();
  refuse(hot, other);
  for (let n = 0; n < 20; n++) {
    accept(hot, other, third, hot, other, third);
    expect(refuse(n % 2 === 0 ? hot : third)).toBe(true);
  }
});

it('counts no path that is refused for as long as many calls of others are accepted', () => {
  const { hot, other, third, accept, refuse } = calls();
  refuse(hot);
  accept(...Array.from({ length: 20 }, () => other));
  refuse(hot);
  expect(refuse(other)).toBe(false);
  expect(refuse(third)).toBe(true);
});

it('remembers a hundred accepted paths at most, which are those that were called last', () => {
  const { accept, refuse } = calls();
  const paths = Array.from({ length: 150 }, gate);
  accept(...paths);

  expect(refuse(...paths.slice(-50))).toBe(false);
  expect(refuse(paths.at(-51)!)).toBe(true);
});

it('takes a refusal for that of a limit in common only where a limit of the path alone would have room again', () => {
  const { hot, other, third, refuse } = calls();
  // each was accepted before it was refused
  for (const gate of [hot, other, third]) gate.sentSince = 2;
  expect(refuse(hot, other, third)).toBe(false);
  // refused again, after the wait, with none accepted in between
  hot.sentSince = 1;
  expect(refuse(hot)).toBe(true);
});

/** Two paths, each refused after it had sent so many requests since its last refusal. Returns whether they have a limit in common. */
function twoPaths() {
  const limit = new CommonLimit();
  const refuse = (child: Gate, sentSince: number, now: number, asked?: number) => {
    child.sentSince += sentSince;
    return limit.refused(child, false, { sentAt: now, now, asked, spent: undefined }).wide;
  };
  return { one: gate(), two: gate(), refuse };
}

it.each([
  [undefined, 1_000, false],
  [undefined, 1_001, true],
  [3_000, 3_000, false],
  [3_000, 3_001, true],
])(
  'takes no refusal within the wait of the last one for more than that said: %s asked, after %s ms',
  (asked, at, isCommon) => {
    const { one, two, refuse } = twoPaths();
    refuse(one, 2, 0, asked);
    refuse(two, 2, 0, asked);
    refuse(one, 1, 0, 0); // of one that was under way
    expect(refuse(one, 1, at)).toBe(isCommon);
  },
);

/** So many paths are accepted, and then refused in turn, and told until when to wait. Returns whether they have a limit in common. */
function refusedInTurn(paths: number, ends: readonly number[]): boolean {
  const limit = new CommonLimit();
  const gates = Array.from({ length: paths }, gate);
  for (const child of gates) limit.accepted(child, undefined, 0);
  let isCommon = false;
  for (const [n, end] of ends.entries()) {
    const child = gates[n % paths]!;
    child.sentSince = 2;
    const refused = { sentAt: n, now: n, asked: end - n, spent: undefined };
    isCommon = limit.refused(child, isCommon, refused).wide;
  }
  return isCommon;
}

it.each([
  [2, [9_000, 9_900], true],
  [2, [9_000, 10_100], false],
  [3, [9_000, 9_000, 9_000], true],
  [3, [9_000, 9_000, 20_000], false],
  [4, [9_000, 9_000, 9_000], true],
  [5, [9_000, 9_000, 9_000], false], // too many others are accepted: windows of their own may end at one instant too
  [2, [3_000, 3_000], false], // so short waits end at one instant by chance
])(
  'takes refusals of %s paths that tell one instant, some seconds ahead, for those of one window: %s',
  (paths, ends, isCommon) => {
    expect(refusedInTurn(paths, ends)).toBe(isCommon);
  },
);

it.each([
  [60_000, true],
  [60_001, false],
])('remembers for a minute that a limit of the path alone would have had room: after %s ms', (at, isCommon) => {
  const { one, two, refuse } = twoPaths();
  refuse(one, 0, 0);
  refuse(one, 2, 30_000);
  expect(refuse(two, 2, at)).toBe(isCommon);
});

it('counts what a path has sent at the wider gates too, which may have a limit in common with others', () => {
  const context = { createPacer: () => new Pacer({ random: () => 0 }) } as unknown as GateContext;
  const team = new Gate('team', undefined, 'team', context);
  const path = new Gate('team a', team, 'a', context);
  path.admit({ cost: 1, gate: path } as Ticket, 0);

  expect([path.sentSince, team.sentSince]).toEqual([1, 1]);
});

it('joins paths after a reset as before it', async () => {
  const clock = manualClock();
  const limiter = rateLimit({ clock });
  let isFull = true;
  const server = () => (isFull ? { status: 429, headers: { 'retry-after': '120' } } : 200);
  const limited = limiter(fakeFetch(server, { clock }));
  const call = async (...paths: string[]) => {
    for (const path of paths) await limited(`https://api.example.com/${path}`);
    return limiter.snapshot().flatMap(({ key, state }) => (state === 'closed' ? [key] : []));
  };
  expect(await call('a', 'b')).toEqual(['https://api.example.com']);

  limiter.reset();
  isFull = false;
  await call('a', 'b', 'a', 'b');
  limiter.reset();
  isFull = true;
  expect(await call('a', 'b')).toEqual(['https://api.example.com']);
});

it('leaves paths apart that are asked to wait until different times, though each gate opens after maxWait', async () => {
  const clock = manualClock();
  const limiter = rateLimit({ clock, maxWait: 10_000 });
  let waits: Record<string, string> = {};
  const server = ({ url }: { url: string }) => {
    const wait = waits[new URL(url).pathname];
    return wait === undefined ? 200 : { status: 429, headers: { 'retry-after': wait } };
  };
  const limited = limiter(fakeFetch(server, { clock }));
  const callBoth = async () => {
    for (const path of ['a', 'b']) await limited(`https://api.example.com/${path}`);
    return limiter.snapshot().flatMap(({ key, state }) => (state === 'closed' ? [key] : []));
  };
  await callBoth();
  await callBoth();
  waits = { '/a': '700', '/b': '800' };
  const apart = ['https://api.example.com /a', 'https://api.example.com /b'];
  expect(await callBoth()).toEqual(apart);
  await clock.advance(11_000);
  expect(await callBoth()).toEqual(apart);
});

it('leaves paths apart that each have a limit of their own, though all exceed it at once', async () => {
  const clock = manualClock();
  const full = new Map<string, number>();
  // one a second, by path
  const fetch = fakeFetch(
    ({ url }) => {
      const wait = (full.get(url) ?? 0) - clock.now();
      if (wait > 0) return { status: 429, headers: { 'retry-after': '1' } };
      full.set(url, clock.now() + 1_000);
      return { status: 200, delay: 50 };
    },
    { clock },
  );
  const limited = rateLimit({ clock, random: seededRandom(1), maxWait: 30_000 })(fetch);
  const random = seededRandom(2);
  let done = 0;
  for (let step = 0; step < 800; step++) {
    // 60 calls within three seconds, each ten seconds
    if (step % 200 < 60) {
      const path = 'abcdefghij'[Math.floor(10 * random())];
      void limited(`https://api.example.com/${path}`).then(
        ({ ok }) => (done += Number(ok)),
        () => {},
      );
    }
    await clock.advance(50);
  }
  expect(done).toBeGreaterThan(0.95 * 240);
});
