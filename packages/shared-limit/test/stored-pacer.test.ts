import { compose, defineMiddleware } from '@steadfetch/core';
import { rateLimit } from '@steadfetch/rate-limit';
import { type Ask, storeOf } from '@steadfetch/shared-limit';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { Memory } from './support/memory.ts';
import { delayed, later, processAt, URL } from './support/process.ts';

describe('two processes', () => {
  it.each([
    ['at once', (ask: Ask) => ask],
    ['by a promise', later],
  ])('keep one limit together, where the place answers %s', async (_, wrapped) => {
    const clock = manualClock();
    const memory = new Memory(clock, 100);
    const processes = [1, 2].map(() => processAt(clock, wrapped(memory.ask)));
    const ends = processes.map(({ many }) => many(30));
    await clock.advance(30_000);
    await Promise.all(ends);

    const all = processes.flatMap(({ sent }) => sent).sort((a, b) => a - b);
    all.forEach((at, n) => expect(at).toBeGreaterThanOrEqual(n * 100));
    expect(all).toHaveLength(60);
    expect(all.at(-1)).toBeLessThan(8_000);
  });

  it('are both held back by a refusal of one, which counts once', async () => {
    const clock = manualClock();
    const begun = clock.now();
    const memory = new Memory(clock, 10);
    const answer = () => {
      const at = clock.now() - begun;
      return at >= 200 && at < 1_000 ? ({ status: 429, headers: { 'retry-after': '2' } } as const) : 200;
    };
    const processes = [1, 2].map(() => processAt(clock, memory.ask, answer));
    const ends = processes.map(({ many }) => many(60));
    await clock.advance(20_000);
    await Promise.all(ends);

    expect(memory.closings).toBe(1);
    expect(processes.flatMap(({ sent }) => sent).filter((at) => at > 400 && at < 2_200)).toEqual([]);
  });
});

it('slots that nobody uses lapse', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const { many, sent } = processAt(clock, memory.ask);
  const first = many(12);
  await clock.advance(1_000);
  await first;
  const more = many(10);
  await clock.advance(1_000);
  await more;
  expect(sent.filter((at) => at >= 1_000 && at < 1_050).length).toBeLessThanOrEqual(6);
});

it('a slot that is due long after it was reserved is checked again, and dropped if the limit was closed since', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 1_000);
  const { many, sent } = processAt(clock, memory.ask);
  const ends = many(2);
  await clock.advance(500);
  memory.closedUntil = memory.now + 5_000;
  await clock.advance(10_000);
  await ends;
  expect(memory.asked.map(({ want }) => want)).toContain(0);
  expect(sent[1]).toBeGreaterThanOrEqual(5_000);
});

it('a call that got no slot because none is early enough does not ask all the time', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const ask: Ask = (key, question) => {
    const reply = memory.ask(key, { ...question, want: 0 });
    return { ...reply, first: reply.now + question.within + 10_000 };
  };
  const { limited, events } = processAt(clock, ask);
  const end = limited(URL).catch(() => {});
  await clock.advance(65_200);
  await end;
  expect(memory.asked.length).toBeLessThan(20);
  expect(events).toEqual([]);
});

it.each([0, 1])('calls are sent with a queue of %i, since each waits for the answer of the place', async (maxQueue) => {
  const clock = manualClock();
  const store = storeOf(delayed(clock, 3, new Memory(clock, 10).ask), { clock });
  const limited = rateLimit({ clock, store, maxQueue })(fakeFetch(200, { clock }));
  for (let n = 0; n < 3; n++) {
    const end = limited(URL);
    await clock.advance(500);
    expect((await end).status).toBe(200);
  }
});

it('a question contains the cost of a call', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  await processAt(clock, memory.ask, 200, 40).limited(URL);
  expect(memory.asked[0]!.cost).toBe(40);
});

it('a call that fails is neither accepted nor refused', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 10);
  const { limited } = processAt(clock, memory.ask, ['network-error', 200]);
  await expect(limited(URL)).rejects.toThrow();
  await clock.advance(1_000);
  await limited(URL);
  expect(memory.asked.at(-1)).toMatchObject({ requests: 0, refusal: undefined });
});

it('a slot whose call was not sent is used by the next one', async () => {
  const clock = manualClock();
  const memory = new Memory(clock, 1_000);
  const store = storeOf(memory.ask, { clock });
  let isBroken = true;
  const breaks = defineMiddleware(async (call, next) => {
    if (isBroken) throw new Error('not sent');
    return next(call);
  });
  const limited = compose(rateLimit({ clock, store }), breaks)(fakeFetch(200, { clock }));
  await expect(limited(URL)).rejects.toThrow('not sent');
  isBroken = false;
  await clock.advance(20);
  await limited(URL);
  expect(memory.asked.filter(({ want }) => want > 0)).toHaveLength(1);
});
