import type { Ask, Reply } from '@steadfetch/shared-limit';
import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { Memory } from './support/memory.ts';
import { delayed, later, processAt, URL } from './support/process.ts';

/** A promise, and the functions that settle it. */
function pending() {
  let resolve = () => {};
  const promise = new Promise<void>((end) => {
    resolve = end;
  });
  return { promise, resolve };
}

describe('a place that', () => {
  const reply: Reply = {
    now: 0,
    first: 0,
    every: 1,
    count: 1,
    closedUntil: 0,
    goodFor: 1,
    rate: 1,
    burst: 1,
    backAt: 0,
  };

  it.each<[string, Ask]>([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['does not answer', () => new Promise<Reply>(() => {})],
    ['answers nothing', () => undefined as unknown as Reply],
    ['answers NaN', () => ({ ...reply, first: Number.NaN })],
    ['answers too many', () => ({ ...reply, count: 1e9 })],
    ['reserves nothing though a slot is free', () => ({ ...reply, count: 0 })],
    ['goes back in time', async () => ({ ...reply, every: -1 })],
    ['reserves slots that have lapsed', () => ({ ...reply, now: 1_000 })],
    ['reserves slots that are good for no time', () => ({ ...reply, goodFor: -1 })],
  ])('%s holds no call back for longer than 50 ms, and is told once', async (_, ask) => {
    const clock = manualClock();
    const { many, sent, why, events } = processAt(clock, ask);
    const ends = many(4);
    await clock.advance(3_000);
    await ends;

    expect(Math.max(...sent)).toBeLessThanOrEqual(50);
    expect(why()).toBe('no limit is known yet');
    expect(events).toHaveLength(1);
  });

  it('answers late because this process was busy is waited for a little longer', async () => {
    const clock = manualClock();
    const busy = { ...clock, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms + 30, signal) };
    const { limited, sent } = processAt(busy, delayed(clock, 90, new Memory(clock, 10).ask));
    const end = limited(URL);
    await clock.advance(200);
    await end;
    expect(sent).toEqual([90]);
  });

  it('gets the report of the last call even if no other call follows', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { many } = processAt(clock, memory.ask);
    const ends = many(5);
    await clock.advance(300);
    await ends;
    expect(memory.accepted).toBe(5);
    await clock.advance(10_000);
    expect(Math.max(...memory.times)).toBeLessThan(300);
  });

  it('answers again is used again, and causes one event', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    memory.isDown = true;
    const { limited, why, events } = processAt(clock, memory.ask);
    await limited(URL);
    memory.isDown = false;
    for (let n = 0; n < 3; n++) {
      await clock.advance(1_000);
      await limited(URL);
    }
    expect(why()).toBe('a store reserves the slots');
    expect(events).toEqual(['down 0', 'up 2000']);
  });

  it('fails is asked again each second', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    memory.isDown = true;
    const { limited } = processAt(clock, memory.ask);
    for (let n = 0; n < 10; n++) {
      await limited(URL);
      await clock.advance(500);
    }
    expect(memory.times).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });

  it('answers nothing for an hour is asked more and more rarely, since its client may queue the questions', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { promise: back, resolve: comeBack } = pending();
    let asked = 0;
    const ask: Ask = async (...args) => {
      asked++;
      await back;
      return memory.ask(...args);
    };
    const { limited, events } = processAt(clock, ask);
    const callFor = async (seconds: number) => {
      for (let n = 0; n < seconds; n++) {
        const end = limited(URL);
        await clock.advance(1_000);
        await end;
      }
      return asked;
    };
    expect(await callFor(30)).toBeGreaterThan(25);
    expect(await callFor(3_600)).toBeLessThan(150);
    comeBack();
    await callFor(10);
    expect(events.map((event) => event.split(' ')[0])).toEqual(['down', 'up']);
  });

  it('failed on a report while a call was waiting is asked for slots again when it is used again', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    let hangs = false;
    const { limited, sent, events } = processAt(clock, (...args) => {
      const reply = memory.ask(...args);
      return hangs ? new Promise<Reply>(() => {}) : reply;
    });
    await limited(URL);
    hangs = true;
    await clock.advance(1_220); // a report has been on its way since 250
    void limited(URL);
    await clock.advance(1_000);
    hangs = false;
    for (let n = 0; n < 10; n++) {
      await clock.advance(1_000);
      void limited(URL);
    }
    await clock.advance(1_000);
    expect(events.map((event) => event.split(' ')[0])).toEqual(['down', 'up']);
    expect(sent).toHaveLength(12);
  });

  it('fails again soon has to answer in time for longer each time, up to a minute', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { limited, events } = processAt(clock, memory.ask);
    const call = async () => {
      await clock.advance(250);
      await limited(URL);
    };
    for (let n = 0; n < 5; n++) {
      while (events.length % 2 === 0) {
        memory.isDown = true;
        await call();
      }
      memory.isDown = false;
      while (events.length % 2 === 1) await call();
    }
    const times = events.map((event) => Number(event.split(' ')[1]));
    const proofs = [0, 1, 2, 3, 4].map((n) => Math.round((times[2 * n + 1]! - times[2 * n]!) / 1_000));
    expect(proofs).toEqual([2, 5, 17, 61, 61]);
  });

  it('says when all come back is not used until then', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    memory.isDown = true;
    const { limited, events } = processAt(clock, memory.ask);
    await limited(URL);
    memory.isDown = false;
    memory.backAt = memory.now + 4_000;
    for (let n = 0; n < 20; n++) {
      await clock.advance(250);
      await limited(URL);
    }
    expect(events).toEqual(['down 0', 'up 4000']);
  });

  it('gets no `aloneFor` once all are back, even if an answer comes before the next call', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    memory.isDown = true;
    const { limited, events } = processAt(clock, memory.ask, { status: 200, delay: 500 });
    void limited(URL);
    await clock.advance(1_000);
    memory.isDown = false;
    memory.backAt = memory.now + 3_000;
    for (let n = 0; n < 4; n++) {
      void limited(URL);
      await clock.advance(1_400);
    }
    const alone = memory.times.filter((_, n) => memory.asked[n]!.aloneFor !== undefined);
    expect(alone.at(-1)).toBeLessThan(4_000);
    expect(events).toEqual(['down 0', 'up 4300']);
  });

  it('answers late is not waited for, and its slots are used', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { limited, sent, events, why } = processAt(clock, delayed(clock, 70, memory.ask));
    const end = limited(URL);
    await clock.advance(50);
    await end;
    await clock.advance(20);
    await limited(URL);
    expect(sent).toEqual([50, 70]);
    expect(why()).toBe('a store reserves the slots');
    expect(events).toEqual([]);
  });

  it('is waited for as long as earlier calls waited for their slots', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 400);
    let late = 0;
    const ask: Ask = async (key, question) => {
      const reply = await memory.ask(key, question);
      await clock.sleep(late);
      return reply;
    };
    const { many, why, events } = processAt(clock, ask);
    const end = many(4);
    await clock.advance(450);
    late = 200;
    await clock.advance(10_000);
    await end;
    expect(why()).toBe('a store reserves the slots');
    expect(events).toEqual([]);
  });

  it('says that another process has left it is left for as long', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { limited, sent, why, events } = processAt(clock, memory.ask);
    await limited(URL);
    memory.backAt = memory.now + 3_000;
    await limited(URL);
    expect(why()).not.toBe('a store reserves the slots');
    await clock.advance(3_000);
    await limited(URL);
    expect(why()).toBe('a store reserves the slots');
    expect(sent).toHaveLength(3);
    expect(events).toEqual([]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['hangs', () => new Promise<Reply>(() => {})],
  ])('%s while this process is alone because another one is, is told once', async (_, fails) => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    let isAway = false;
    const { limited, events } = processAt(clock, (...args) => (isAway ? fails() : memory.ask(...args)));
    await limited(URL);
    memory.backAt = memory.now + 10_000;
    await limited(URL);
    isAway = true;
    for (let n = 0; n < 5; n++) {
      await limited(URL);
      await clock.advance(1_000);
    }
    expect(events.map((event) => event.split(' ')[0])).toEqual(['down']);
  });

  it.each([
    ['is still used if one answer in ten comes in time', (n: number) => (n % 10 === 0 ? 10 : 70), []],
    ['is not used any more after five seconds', () => 70, ['down']],
  ])('answers late %s', async (_, latency, expected) => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    let asked = 0;
    const ask: Ask = async (key, question) => {
      const reply = await memory.ask(key, question);
      if (question.want > 0) asked++;
      await clock.sleep(latency(asked));
      return reply;
    };
    const { limited, events } = processAt(clock, ask);
    for (let n = 0; n < 200; n++) {
      const end = limited(URL);
      await clock.advance(100);
      await end;
    }
    expect(events.map((event) => event.split(' ')[0])).toEqual(expected);
  });

  it('rejects after nobody waits any more causes one event', async () => {
    const clock = manualClock();
    const { limited, events } = processAt(clock, async () => {
      await clock.sleep(1_500);
      throw new Error('away');
    });
    const end = limited(URL);
    await clock.advance(3_000);
    await end;
    expect(events).toEqual(['down 1000']);
  });

  it('answers a question after an outage is asked again at once', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { promise: over, resolve: release } = pending();
    const { limited } = processAt(clock, (...args) => {
      const reply = memory.ask(...args);
      return over.then(() => reply);
    });
    const end = limited(URL);
    await clock.advance(1_800);
    await end;
    release();
    await clock.advance(10);
    await limited(URL);
    expect(memory.times).toEqual([0, 1_810]);
  });
});

describe('while the place fails', () => {
  it('a process goes on with its share', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 100);
    const { many, sent } = processAt(clock, memory.ask);
    const ends = many(300);
    await clock.advance(15_000);
    memory.isDown = true;
    await clock.advance(5_000);
    const during = sent.filter((at) => at >= 15_000 && at < 20_000).length;
    expect(during).toBeGreaterThan(42);
    expect(during).toBeLessThan(52);
    await clock.advance(60_000);
    await ends;
  });

  it('no accepted request is lost: all are reported when the place answers again', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 100);
    const { many, sent } = processAt(clock, later(memory.ask));
    const ends = many(200);
    for (let n = 0; n < 4; n++) {
      memory.isDown = n % 2 === 1;
      await clock.advance(5_000);
    }
    memory.isDown = false;
    await clock.advance(60_000);
    await ends;
    expect(sent).toHaveLength(200);
    expect(memory.accepted).toBeGreaterThan(190); // the last ones have no question to go with
    expect(memory.heard.some(({ aloneFor, accepted }) => aloneFor !== undefined && accepted.length > 0)).toBe(true);
  });

  it('a report that fails costs the caller nothing', async () => {
    const clock = manualClock();
    const memory = new Memory(clock, 10);
    const { limited } = processAt(clock, memory.ask, [429, 200]);
    const end = limited(URL);
    memory.isDown = true;
    await clock.advance(2_000);
    expect((await end).status).toBe(200);
  });
});
