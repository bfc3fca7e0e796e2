import { Turns } from '@steadfetch/core/kit';
import { manualClock } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const PER_TURN = 200;

it('rejects a limited number of calls per turn of the event loop', async () => {
  const clock = manualClock();
  const turns = new Turns(clock);
  const mine = new Error('mine');
  const refused: unknown[] = [];
  for (let n = 0; n < 500; n++) turns.refuse(() => mine).catch((error) => refused.push(error));

  await clock.advance(0);
  expect(refused).toHaveLength(PER_TURN - 1);
  await clock.advance(1);
  expect(refused).toHaveLength(2 * PER_TURN);
  await clock.advance(1);

  expect(refused).toEqual(Array.from({ length: 500 }, () => mine));
});

it('lets timers run, also if the caller is busy for a while after each rejection', async () => {
  const clock = manualClock();
  let now = 0;
  const turns = new Turns(clock, () => now);
  let calls = 0;
  void (async () => {
    for (; calls < 1_000; calls++) {
      await turns.refuse(() => new Error('refused')).catch(() => {});
      now += 3;
    }
  })();

  await clock.advance(0);
  expect(calls).toBe(PER_TURN - 1);
});

it('goes on if the clock cannot sleep', async () => {
  const sleep = () => {
    throw new Error('no timer');
  };
  const turns = new Turns({ now: () => 0, sleep });
  const refusals = Array.from({ length: 500 }, () => turns.refuse(() => new Error('refused')));

  expect((await Promise.allSettled(refusals)).every(({ status }) => status === 'rejected')).toBe(true);
});

it('rejects at once if a call is aborted while its rejection waits for a turn', async () => {
  const turns = new Turns(manualClock());
  for (let n = 0; n < 300; n++) turns.refuse(() => new Error('refused')).catch(() => {});
  const caller = new AbortController();
  const call = turns.refuse(() => new Error('refused'), caller.signal);
  caller.abort('enough');

  await expect(call).rejects.toBe('enough');
});

describe('in Workers, where a timer ends with the request that started it', () => {
  beforeEach(() => void vi.stubGlobal('WebSocketPair', class {}));
  afterEach(() => void vi.unstubAllGlobals());

  it('waits for no timer of another call', async () => {
    const clock = manualClock();
    const turns = new Turns(clock);
    const refused: unknown[] = [];
    for (let n = 0; n < 500; n++) turns.refuse(() => new Error('refused')).catch((error) => refused.push(error));

    await clock.advance(0);
    expect(refused).toHaveLength(498); // the 200th and the 400th wait for timers of their own, which have not come
    expect(turns.enter()).toBeUndefined();
  });

  it('lets a timer end a loop that calls again at once', async () => {
    const clock = manualClock();
    const turns = new Turns(clock);
    let calls = 0;
    void (async () => {
      for (; calls < 1_000; calls++) await turns.refuse(() => new Error('refused')).catch(() => {});
    })();

    await clock.advance(0);
    expect(calls).toBe(199);
    await clock.advance(1);
    expect(calls).toBe(399);
  });
});
