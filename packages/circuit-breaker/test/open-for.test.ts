import { describe, expect, it, vi } from 'vitest';
import { setup } from './support/bare-breaker.ts';

describe('openFor', () => {
  it('is 15 s at most', () => {
    const { reopen, snapshot, trip } = setup({ openFor: 600_000 });
    const grown = setup({ openFor: ({ attempt }) => attempt * 10_000 });
    trip();
    grown.trip();
    grown.reopen();

    expect([snapshot().retryAfter, grown.snapshot().retryAfter]).toEqual([15_000, 15_000]);
    reopen();
    expect(snapshot().retryAfter).toBe(15_000);
  });

  it('is followed by a probe within 15 s, even if another one hangs', () => {
    const { acquire, clock, trip } = setup({ probeTimeout: 60_000 });
    trip();
    clock.advance(1_000);
    acquire();

    clock.advance(15_000);

    expect(acquire()).toBeDefined();
  });

  it('grows to a fiftieth of the outage, up to ten seconds', () => {
    const { clock, reopen, snapshot, trip } = setup();
    trip();
    const longerBy = (ms: number) => {
      clock.advance(ms - 1_000);
      reopen();
      return snapshot().retryAfter;
    };

    expect([1_000, 49_000, 50_000, 300_000, 300_000].map(longerBy)).toEqual([1_000, 1_000, 1_960, 7_940, 10_000]);
  });

  it('is shortened at random by up to a fifth when grown, never at first', () => {
    const { clock, reopen, snapshot, trip } = setup({ random: () => 0.5 });

    trip();
    const first = snapshot().retryAfter;
    clock.advance(300_000);
    reopen();

    expect([first, snapshot().retryAfter]).toEqual([1_000, 5_400]);
  });

  it('calls the current Math.random at each use', () => {
    const { clock, reopen, snapshot, trip } = setup({ ...({ random: undefined } as object) });
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.25);

    trip();
    clock.advance(300_000);
    reopen();

    expect(snapshot().retryAfter).toBe(5_700);
    chance.mockRestore();
  });

  it('starts over once the circuit closed', () => {
    const { call, clock, reopen, snapshot, trip } = setup();
    trip();
    clock.advance(300_000);
    reopen();
    expect(snapshot()).toMatchObject({ openings: 2, retryAfter: 6_000 });

    clock.advance(6_000);
    call('success');
    expect(snapshot().openings).toBe(0);
    trip();

    expect(snapshot()).toMatchObject({ openings: 1, retryAfter: 1_000 });
  });

  it('may be a function of the failed probes, as the delays of backoff are', () => {
    const openFor = vi.fn(({ attempt }: { attempt: number }) => attempt * 10);
    const { call, clock, reopen, trip } = setup({ openFor });

    trip();
    reopen();
    reopen();
    clock.advance(30);
    call('success');
    trip();

    expect(openFor.mock.calls.flat()).toEqual([
      { attempt: 1, previousDelay: 0, elapsed: 0 },
      { attempt: 2, previousDelay: 10, elapsed: 10 },
      { attempt: 3, previousDelay: 20, elapsed: 30 },
      { attempt: 1, previousDelay: 0, elapsed: 0 },
    ]);
  });

  it('of 0 calls onOpen, and lets the next call through', () => {
    const told: string[] = [];
    const note = ({ state }: { state: string }) => void told.push(state);
    const { call, trip } = setup({ openFor: () => 0, hooks: { onOpen: note, onHalfOpen: note, onClose: note } });

    trip();
    call('success');

    expect(told).toEqual(['open', 'half-open', 'closed']);
  });

  it('calls onOpen once for an outage, however many probes fail', () => {
    const onOpen = vi.fn();
    const { reopen, trip } = setup({ hooks: [{ onOpen }] });

    trip();
    reopen();
    reopen();

    expect(onOpen).toHaveBeenCalledOnce();
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined, 'a promise', 'a throw'])(
    'is the time before, or a second, where a function gives %s',
    (ms) => {
      const odd: Record<string, () => unknown> = {
        'a promise': () => Promise.reject(new Error('no')),
        'a throw': () => JSON.parse('{'),
      };
      const nonsense = odd[String(ms)] ?? (() => ms);
      const times = [nonsense, () => 8_000, nonsense] as (() => number)[];
      const { reopen, snapshot, trip } = setup({ openFor: () => times.shift()!() });

      trip();
      expect(snapshot()).toMatchObject({ state: 'open', retryAfter: 1_000 });
      reopen();
      reopen();

      expect(snapshot()).toMatchObject({ state: 'open', openings: 3, retryAfter: 8_000 });
    },
  );

  it('is the first open time if `random` fails', () => {
    const { clock, reopen, snapshot, trip } = setup({
      random: () => {
        throw new Error('no');
      },
    });

    trip();
    clock.advance(300_000);
    reopen();

    expect(snapshot()).toMatchObject({ state: 'open', retryAfter: 1_000 });
  });
});
