import { describe, expect, it } from 'vitest';
import { networkError, seededRandom, simulate, VirtualTime } from '../src/simulation.ts';

describe('VirtualTime', () => {
  it('refuses times that are no numbers, after which no event would come any more', async () => {
    const time = new VirtualTime(0);
    const nothing = () => {};

    expect(() => new VirtualTime(undefined as never)).toThrow('VirtualTime: start: expected a number');
    expect(() => time.at(Number.NaN, nothing)).toThrow('VirtualTime: at: expected a number');
    expect(() => time.after('5' as never, nothing)).toThrow('VirtualTime: after: expected a number');
    await expect(time.sleep(Number.NaN)).rejects.toThrow(RangeError);
    await expect(time.run(Number.NaN)).rejects.toThrow('VirtualTime: run: expected a number');
  });

  it('jumps from event to event, those of one instant in the order they were added', async () => {
    const time = new VirtualTime(1_000);
    const log: [string, number][] = [];
    const note = (name: string) => () => void log.push([name, time.now()]);
    time.at(20, note('second'));
    time.after(10, note('first'));
    time.at(20, note('third'));

    await time.run(15);
    expect([log, time.elapsed]).toEqual([[['first', 1_010]], 15]);
    await time.run(100);

    expect(log.slice(1)).toEqual([
      ['second', 1_020],
      ['third', 1_020],
    ]);
    expect(time.now()).toBe(1_100);
  });

  it('lets promises settle before it moves on, and is a clock for them', async () => {
    const time = new VirtualTime(0);
    const woken: number[] = [];
    const loop = async () => {
      for (let turn = 0; turn < 3; turn++) {
        await time.sleep(100);
        woken.push(time.elapsed);
      }
    };
    void loop();

    await time.run(1_000, () => woken.length === 3);

    expect(woken).toEqual([100, 200, 300]);
    expect(time.elapsed).toBe(300);
  });

  it('takes a millisecond at least for a wait, and never goes back', async () => {
    const time = new VirtualTime(0);
    const log: number[] = [];
    time.after(5, () => {
      time.at(2, () => log.push(time.elapsed));
      time.at(5.5, () => log.push(time.elapsed));
      time.after(0, () => log.push(time.elapsed));
      time.after(0.5, () => log.push(time.elapsed));
    });

    await time.run(10);
    await time.run(3);

    expect([log, time.elapsed]).toEqual([[5, 6, 6, 6], 10]);
  });

  it('can call an event off', async () => {
    const time = new VirtualTime(0);
    let rang = false;
    const event = time.after(5, () => (rang = true));

    event.run = undefined;
    await time.run(10);

    expect(rang).toBe(false);
  });

  it('ends a sleep with the reason of an abort', async () => {
    const time = new VirtualTime(0);
    const controller = new AbortController();
    const sleep = time.sleep(50, controller.signal);
    time.after(10, () => controller.abort('enough'));

    await Promise.all([expect(sleep).rejects.toBe('enough'), time.run(100)]);
    await expect(time.sleep(5, controller.signal)).rejects.toBe('enough');
  });
});

describe('the entry', () => {
  it('has what a page needs to compare stacks', async () => {
    const report = await simulate({ client: (fetch) => fetch, arrivals: 10, service: { capacity: 50 }, seconds: 2 });

    expect(report.ok).toBe(20);
    expect(networkError('ECONNRESET').message).toBe('fetch failed');
    expect(seededRandom(1)()).toBe(seededRandom(1)());
  });
});
