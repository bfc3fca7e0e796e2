import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { instantClock, manualClock } from '../src/index.ts';

describe('instantClock', () => {
  it('moves on by each sleep, and writes it down', async () => {
    const clock = instantClock({ now: 1_000 });

    await clock.sleep(50);
    clock.advance(25);
    await clock.sleep(5);

    expect(clock.now()).toBe(1_080);
    expect(clock.sleeps).toEqual([50, 5]);
  });

  it('never goes back', async () => {
    const clock = instantClock({ now: 1_000 });

    await clock.sleep(-50);

    expect(clock.now()).toBe(1_000);
    expect(clock.sleeps).toEqual([-50]);
  });

  it('rejects with the reason of an abort, before and during a sleep', async () => {
    const clock = instantClock();
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);

    controller.abort('enough');

    await expect(sleep).rejects.toBe('enough');
    await expect(clock.sleep(10, controller.signal)).rejects.toBe('enough');
    expect(clock.sleeps).toEqual([10]);
  });
});

describe.each([
  ['instantClock', instantClock],
  ['manualClock', manualClock],
] as const)('the options of %s', (name, make) => {
  it.each([['x'], [null], [[]], [{ nov: 1 }], [{ now: '5' }], [{ now: Number.NaN }]])(
    'are refused when they mean nothing: %j',
    (options) => {
      expect(() => make(options as never)).toThrow(/^(instant|manual)Clock: .*expected/);
    },
  );

  it('name the clock and what is allowed', () => {
    expect(() => make({ nov: 1 } as never)).toThrow(`${name}: unknown option 'nov', expected one of now`);
    expect(() => make({ now: '5' } as never)).toThrow(`${name}: now: expected a number from`);
  });

  it('refuse time that is no number, also in a sleep', async () => {
    const clock = make({ now: 0 });

    await expect(async () => clock.advance(Number.NaN)).rejects.toThrow(`${name}: advance: expected a number`);
    await expect(async () => clock.advance('5' as never)).rejects.toThrow(TypeError);
    await expect(clock.sleep(Number.NaN)).rejects.toThrow(`${name}: sleep: expected a number`);
    expect(clock.now()).toBe(0);
  });
});

describe('manualClock', () => {
  it('wakes sleepers in the order they are due, each at its instant', async () => {
    const clock = manualClock({ now: 0 });
    const woken: [string, number][] = [];
    const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push([name, clock.now()]));
    sleep('late', 30);
    sleep('early', 10).then(() => sleep('after early', 10));
    sleep('early too', 10);

    await clock.advance(29);
    expect(woken).toEqual([
      ['early', 10],
      ['early too', 10],
      ['after early', 20],
    ]);
    expect([clock.now(), clock.pending]).toEqual([29, 1]);
    await clock.advance(1);
    expect(woken.at(-1)).toEqual(['late', 30]);
  });

  it('makes moves that overlap one after the other', async () => {
    const clock = manualClock({ now: 0 });
    const woken: number[] = [];
    const sleep = (ms: number) => void clock.sleep(ms).then(() => woken.push(clock.now()));
    sleep(150);
    sleep(350);

    const moves = [clock.advance(100), clock.advance(100), clock.runAll(), clock.advance(50)];
    await expect(clock.advance(Number.NaN)).rejects.toThrow('manualClock: advance');
    await Promise.all(moves);

    expect([clock.now(), woken]).toEqual([400, [150, 350]]);
  });

  it('runs until there is no sleeper, or to the limit', async () => {
    const clock = manualClock({ now: 0 });
    let rounds = 0;
    const loop = async (): Promise<void> => {
      rounds++;
      await clock.sleep(100);
      return loop();
    };
    void loop();

    await expect(clock.runAll(Number.NaN)).rejects.toThrow('manualClock: runAll: expected a number >= 0, got NaN');
    await clock.runAll(1_000);
    expect([rounds, clock.now(), clock.pending]).toEqual([11, 1_000, 1]);

    const finite = manualClock({ now: 0 });
    const done = finite.sleep(5_000);
    await finite.runAll();
    await done;
    expect(finite.now()).toBe(5_000);
  });

  it('forgets a sleeper that is aborted', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);
    const woken = clock.sleep(10, controller.signal);
    await clock.advance(0);
    expect(clock.pending).toBe(2);

    controller.abort(null);

    await expect(sleep).rejects.toBeNull();
    await expect(woken).rejects.toBeNull();
    await expect(clock.sleep(10, controller.signal)).rejects.toBeNull();
    expect(clock.pending).toBe(0);
  });

  it('refuses to go back', async () => {
    await expect(manualClock().advance(-1)).rejects.toThrow('manualClock: advance: expected a number from 0 to');
  });

  it('leaves no listener behind after a sleep', async () => {
    const clock = manualClock();
    const { signal } = new AbortController();
    const sleep = clock.sleep(10, signal);

    await clock.advance(10);
    await sleep;

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
