import { type BreakerOptions, breaker, consecutive, countWindow, type Permit } from '@steadfetch/circuit-breaker';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';

const KEY = 'https://api.test';

/** Opens after two failures in a row, for a second. */
function setup(options: BreakerOptions = {}) {
  const clock = instantClock();
  const circuits = breaker({ rule: consecutive(2), openFor: 1_000, clock, random: () => 0, ...options });
  const acquire = () => circuits.acquire(KEY);
  const call = (verdict: Parameters<Permit['settle']>[0], retryAfter?: number) =>
    acquire()!.settle(verdict, retryAfter);
  const trip = (retryAfter?: number) => {
    call('failure');
    call('failure', retryAfter);
  };
  /** Fails the probe of a circuit that is open. */
  const reopen = () => {
    clock.advance(circuits.snapshot(KEY).retryAfter);
    call('failure');
  };
  return { circuits, clock, acquire, call, trip, reopen, snapshot: () => circuits.snapshot(KEY) };
}

describe('breaker', () => {
  it('refuses everything while open, until the open time is over', () => {
    const { acquire, clock, snapshot, trip } = setup();

    trip();

    expect(snapshot()).toEqual({ key: KEY, state: 'open', openings: 1, retryAfter: 1_000, probes: 0 });
    clock.advance(999);
    expect(acquire()).toBeUndefined();
    clock.advance(1);
    expect(snapshot()).toMatchObject({ state: 'half-open', retryAfter: 0 });
    expect(acquire()).toBeDefined();
  });

  it('keeps one circuit per key', () => {
    const { circuits, trip } = setup();

    trip();

    expect(circuits.acquire('https://other.test')).toBeDefined();
  });

  it('lets exactly one probe through when half-open', () => {
    const { acquire, clock, snapshot, trip } = setup();
    trip();
    clock.advance(5_000);

    const permits = [acquire(), acquire(), acquire()];

    expect(permits.map(Boolean)).toEqual([true, false, false]);
    expect(snapshot()).toMatchObject({ state: 'half-open', probes: 1, retryAfter: 1_000 });
  });

  it('closes when all of its probes succeeded', () => {
    const { acquire, clock, snapshot, trip } = setup({ probes: 3 });
    trip();
    clock.advance(1_000);
    const permits = [acquire(), acquire(), acquire(), acquire()];

    permits[0]!.settle('success');
    permits[1]!.settle('success');

    expect(permits[3]).toBeUndefined();
    expect(acquire()).toBeUndefined();
    expect(snapshot().state).toBe('half-open');
    permits[2]!.settle('success');
    expect(snapshot().state).toBe('closed');
    expect([acquire(), acquire()].every(Boolean)).toBe(true);
  });

  it('opens again at the first probe that fails, whatever the others come to', () => {
    const { acquire, clock, snapshot, trip } = setup({ probes: 2 });
    trip();
    clock.advance(1_000);
    const [first, second] = [acquire()!, acquire()!];

    first.settle('failure');
    second.settle('success');

    expect(snapshot()).toMatchObject({ state: 'open', openings: 2 });
  });

  it('takes back the slot of a neutral probe and stays half-open', () => {
    const { acquire, call, clock, snapshot, trip } = setup();
    trip();
    clock.advance(1_000);

    call('neutral');

    expect(snapshot()).toMatchObject({ state: 'half-open', probes: 0, openings: 1 });
    expect([acquire(), acquire()].map(Boolean)).toEqual([true, false]);
  });

  it('gives the slot of a probe without an answer to another call after probeTimeout', () => {
    const { acquire, clock, snapshot, trip } = setup({ probeTimeout: 30_000 });
    trip();
    clock.advance(1_000);
    const lost = acquire()!;

    clock.advance(29_999);
    const early = acquire();
    clock.advance(1);
    const next = acquire();
    lost.settle('success');

    expect([early, next].map(Boolean)).toEqual([false, true]);
    expect(snapshot().state).toBe('closed');
  });

  it('ignores a probe that lost its slot once the circuit closed without it', () => {
    const { acquire, call, clock, snapshot, trip } = setup({ probeTimeout: 1_000 });
    trip();
    clock.advance(1_000);
    const lost = acquire()!;
    clock.advance(1_000);
    call('success');

    lost.settle('failure');
    call('failure');

    expect(snapshot().state).toBe('closed');
  });

  it('guesses a second for calls refused beside a probe, or the open time if that is shorter', () => {
    const { acquire, clock, snapshot, trip } = setup({ openFor: 200 });
    trip();
    clock.advance(200);

    acquire();

    expect(snapshot().retryAfter).toBe(200);
  });

  it('rounds up, so that whoever waits that long in whole milliseconds is not early', () => {
    const { clock, snapshot, trip } = setup();
    trip();

    clock.advance(0.25);

    expect(snapshot().retryAfter).toBe(1_000);
  });

  it('does not close on a slow probe', () => {
    const { acquire, clock, snapshot, trip } = setup({ rule: countWindow({ size: 2, slowerThan: 100 }) });
    trip();
    clock.advance(1_000);
    const permit = acquire()!;

    clock.advance(101);
    permit.settle('success');

    expect(snapshot()).toMatchObject({ state: 'open', openings: 2 });
  });

  it('ignores what calls come to that were let through before it opened', () => {
    const { acquire, clock, snapshot, trip } = setup();
    const early = [acquire()!, acquire()!, acquire()!];
    trip();

    early[0]!.settle('success');
    clock.advance(1_000);
    const probe = acquire()!;
    early[1]!.settle('failure');
    expect(snapshot()).toMatchObject({ state: 'half-open', probes: 1 });
    probe.settle('success');
    early[2]!.settle('failure');
    acquire()!.settle('failure');

    expect(snapshot().state).toBe('closed');
  });

  it('counts a permit once', () => {
    const { acquire, snapshot } = setup();
    const permit = acquire()!;

    permit.settle('failure');
    permit.settle('failure');

    expect(snapshot().state).toBe('closed');
  });

  it('is not changed by neutral outcomes while closed', () => {
    const { call, snapshot } = setup();

    for (const verdict of ['failure', 'neutral', 'neutral', 'failure'] as const) call(verdict);

    expect(snapshot().state).toBe('open');
  });

  it('closes by hand and forgets what it counted', () => {
    const { call, circuits, snapshot, trip } = setup();

    trip();
    circuits.reset(KEY);
    expect(snapshot()).toMatchObject({ state: 'closed', openings: 0 });
    call('failure');
    circuits.reset(KEY);
    call('failure');

    expect(snapshot().state).toBe('closed');
  });

  it('is not wedged by a clock that is set back', () => {
    const { acquire, clock, trip } = setup();
    trip();

    clock.advance(-86_400_000);
    expect(acquire()).toBeUndefined();
    clock.advance(1_000);

    expect(acquire()).toBeDefined();
  });

  it('forgets the circuit used least recently beyond a thousand', () => {
    const { circuits, snapshot, trip } = setup();
    trip();

    for (let n = 0; n < 1_000; n++) circuits.acquire(`https://${n}.test`);

    expect(snapshot().state).toBe('closed');
  });

  it('tells observers of each change, with the state after it', () => {
    const events: unknown[] = [];
    const note = (event: unknown) => void events.push(event);
    const { call, clock, trip } = setup({ onOpen: note, onHalfOpen: note, onClose: note });

    trip();
    clock.advance(1_000);
    call('success');

    expect(events).toEqual([
      { key: KEY, state: 'open', openings: 1, retryAfter: 1_000, probes: 0 },
      { key: KEY, state: 'half-open', openings: 1, retryAfter: 0, probes: 0 },
      { key: KEY, state: 'closed', openings: 1, retryAfter: 0, probes: 0 },
    ]);
  });

  it('goes on when an observer throws, rejects or never ends', async () => {
    const onOpen = () => {
      throw new Error('observer');
    };
    const onHalfOpen = (() => Promise.reject(new Error('observer'))) as never;
    const onClose = (() => new Promise(() => {})) as never;
    const { call, clock, snapshot, trip } = setup({ onOpen, onHalfOpen, onClose });

    trip();
    clock.advance(1_000);
    call('success');
    await Promise.resolve();

    expect(snapshot().state).toBe('closed');
  });

  it('stays consistent when an observer calls in', () => {
    const { acquire, circuits, clock, trip } = setup({ onHalfOpen: () => void taken.push(circuits.acquire(KEY)) });
    const taken: unknown[] = [];
    trip();
    clock.advance(1_000);

    const permit = acquire();

    expect([Boolean(taken[0]), permit]).toEqual([true, undefined]);
  });
});

describe('openFor', () => {
  it('doubles with each opening in a row, up to five minutes', () => {
    const { reopen, snapshot, trip } = setup({ openFor: 100_000 });
    const times: number[] = [];

    trip();
    for (let n = 0; n < 4; n++, reopen()) times.push(snapshot().retryAfter);

    expect(times).toEqual([100_000, 200_000, 300_000, 300_000]);
  });

  it('takes up to a fifth off a doubled time by chance, never off the first', () => {
    const { reopen, snapshot, trip } = setup({ openFor: 1_000, random: () => 0.5 });

    trip();
    const first = snapshot().retryAfter;
    reopen();

    expect([first, snapshot().retryAfter]).toEqual([1_000, 1_800]);
  });

  it('looks the chance of the machine up at each use', () => {
    const { reopen, snapshot, trip } = setup({ openFor: 1_000, ...({ random: undefined } as object) });
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.25);

    trip();
    reopen();

    expect(snapshot().retryAfter).toBe(1_900);
    chance.mockRestore();
  });

  it('keeps a number above five minutes', () => {
    const { reopen, snapshot, trip } = setup({ openFor: 600_000, random: () => 0.9 });

    trip();
    reopen();

    expect(snapshot().retryAfter).toBe(600_000);
  });

  it('starts over once the circuit stayed closed for as long as it had been open', () => {
    const { call, clock, reopen, snapshot, trip } = setup();
    const recover = () => {
      clock.advance(snapshot().retryAfter);
      call('success');
    };
    trip();
    reopen();

    recover();
    clock.advance(1_999);
    trip();
    expect(snapshot()).toMatchObject({ openings: 3, retryAfter: 4_000 });
    recover();
    clock.advance(4_000);
    expect(snapshot().openings).toBe(0);
    trip();

    expect(snapshot()).toMatchObject({ openings: 1, retryAfter: 1_000 });
  });

  it('may be a function of the openings in a row, as the delays of backoff are', () => {
    const openFor = vi.fn(({ attempt }: { attempt: number }) => attempt * 10);
    const { call, clock, reopen, trip } = setup({ openFor });

    trip();
    reopen();
    reopen();
    clock.advance(30);
    call('success');
    clock.advance(30);
    trip();

    expect(openFor.mock.calls.flat()).toEqual([
      { attempt: 1, previousDelay: 0 },
      { attempt: 2, previousDelay: 10 },
      { attempt: 3, previousDelay: 20 },
      { attempt: 1, previousDelay: 0 },
    ]);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined, 'a promise', 'a throw'])(
    'is the time before, or five seconds, where a function gives %s',
    (ms) => {
      const odd: Record<string, () => unknown> = {
        'a promise': () => Promise.reject(new Error('no')),
        'a throw': () => JSON.parse('{'),
      };
      const nonsense = odd[String(ms)] ?? (() => ms);
      const times = [nonsense, () => 20_000, nonsense] as (() => number)[];
      const { reopen, snapshot, trip } = setup({ openFor: () => times.shift()!() });

      trip();
      expect(snapshot()).toMatchObject({ state: 'open', retryAfter: 5_000 });
      reopen();
      reopen();

      expect(snapshot()).toMatchObject({ state: 'open', openings: 3, retryAfter: 20_000 });
    },
  );

  it('is the first time where chance fails', () => {
    const { snapshot, trip } = setup({
      openFor: 2_000,
      random: () => {
        throw new Error('no');
      },
    });

    trip();

    expect(snapshot()).toMatchObject({ state: 'open', retryAfter: 2_000 });
  });

  it('is extended by what the server asked for, up to an hour, and never shortened', () => {
    const openedFor = (retryAfter: number, openFor = 1_000) => {
      const { snapshot, trip } = setup({ openFor });
      trip(retryAfter);
      return snapshot().retryAfter;
    };

    const times = [30_000, 10, 0, -5, Number.NaN, 1e12].map((hint) => openedFor(hint));

    expect(times).toEqual([30_000, 1_000, 1_000, 1_000, 1_000, 3_600_000]);
    expect(openedFor(9_000_000, 7_200_000)).toBe(7_200_000);
  });
});
