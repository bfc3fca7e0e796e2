import { countWindow } from '@steadfetch/circuit-breaker';
import { describe, expect, it, vi } from 'vitest';
import { KEY, setup } from './support/bare-breaker.ts';

describe('breaker', () => {
  it('refuses everything while open, until the open time is over', () => {
    const { acquire, clock, snapshot, trip } = setup();

    trip();

    expect(snapshot()).toEqual({
      key: KEY,
      state: 'open',
      why: '2 calls failed in 0 ms and none succeeded',
      failures: 2,
      failingFor: 0,
      openings: 1,
      retryAfter: 1_000,
      probes: 0,
    });
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

  it('does not search thousands of probes at each call', () => {
    const { circuits, clock, trip } = setup({ probes: 10_000 });
    trip();
    clock.advance(5_000);
    let looks = 0;
    const attempt = {
      get aborted() {
        looks++;
        return false;
      },
    };

    for (let n = 0; n < 2_000; n++) expect(circuits.acquire(KEY, attempt)).toBeDefined();

    expect(looks).toBeLessThan(10_000);
  });

  it('lets exactly one probe through when half-open', () => {
    const { acquire, clock, snapshot, trip } = setup();
    trip();
    clock.advance(5_000);

    const permits = [acquire(), acquire(), acquire()];

    expect(permits.map(Boolean)).toEqual([true, false, false]);
    expect(snapshot()).toMatchObject({ state: 'half-open', probes: 1, retryAfter: 1_000 });
  });

  it('closes when `probes` probes have succeeded', () => {
    const { acquire, clock, snapshot, trip } = setup({ probes: 3 });
    trip();
    clock.advance(1_000);
    const permits = [acquire(), acquire(), acquire(), acquire()];

    permits[0]!.settle('success');
    permits[1]!.settle('success');

    expect(permits[3]).toBeUndefined();
    expect(snapshot().state).toBe('half-open');
    permits[2]!.settle('success');
    expect(snapshot().state).toBe('closed');
    expect([acquire(), acquire()].every(Boolean)).toBe(true);

    trip();
    clock.advance(1_000);
    acquire()!.settle('success');
    expect(snapshot().state).toBe('half-open'); // probes of an earlier outage do not count
  });

  it.each([
    { what: 'fail', verdict: 'failure', took: 10 },
    { what: 'are slow', verdict: 'success', took: 101 },
  ] as const)('closes where a third of the calls always $what, however many probes there are', ({ verdict, took }) => {
    const { acquire, clock, snapshot, trip } = setup({ probes: 10, rule: countWindow({ size: 2, slowerThan: 100 }) });
    trip();

    for (let n = 0; n < 30 && snapshot().state !== 'closed'; n++) {
      clock.advance(snapshot().retryAfter);
      const permit = acquire()!;
      clock.advance(n % 3 === 0 ? took : 10);
      permit.settle(n % 3 === 0 ? verdict : 'success');
    }

    expect(snapshot().state).toBe('closed');
  });

  it('opens again at the first failed probe, whatever happens to the others', () => {
    const { acquire, clock, snapshot, trip } = setup({ probes: 2 });
    trip();
    clock.advance(1_000);
    const [first, second] = [acquire()!, acquire()!];

    first.settle('failure');
    second.settle('success');

    expect(snapshot()).toMatchObject({ state: 'open', openings: 2 });
  });

  it('frees the slot of a neutral probe and stays half-open', () => {
    const { acquire, call, clock, snapshot, trip } = setup();
    trip();
    clock.advance(1_000);

    call('neutral');

    expect(snapshot()).toMatchObject({ state: 'half-open', probes: 0, openings: 1 });
    expect([acquire(), acquire()].map(Boolean)).toEqual([true, false]);
  });

  it('gives the slot of a probe without an answer to another call after probeTimeout', () => {
    const { acquire, clock, snapshot, trip } = setup({ probeTimeout: 10_000 });
    trip();
    clock.advance(1_000);
    const lost = acquire()!;

    clock.advance(9_999);
    const early = acquire();
    clock.advance(1);
    const next = acquire();
    const { probes } = snapshot();
    lost.settle('success');

    expect([early, next].map(Boolean)).toEqual([false, true]);
    expect(probes).toBe(1);
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

  it('says retryAfter of a second to calls refused during a probe, or the open time if that is shorter', () => {
    const { acquire, clock, snapshot, trip } = setup({ openFor: 200 });
    trip();
    clock.advance(200);

    acquire();

    expect(snapshot().retryAfter).toBe(200);
  });

  it('rounds retryAfter up, so that a caller who waits for it is not early', () => {
    const { clock, snapshot, trip } = setup();
    trip();

    clock.advance(0.25);

    expect(snapshot().retryAfter).toBe(1_000);
  });

  it.each([
    { what: 'does not close on slow probes', probes: [101, 101], expected: { state: 'open', openings: 2 } },
    {
      what: 'excuses the first slow probe: the server may have gone cold',
      probes: [101, 100],
      expected: { state: 'closed' },
    },
    { what: 'excuses it after each open time', probes: [101, 101, 101], expected: { state: 'half-open', openings: 2 } },
  ])('$what', ({ probes, expected }) => {
    const { acquire, clock, snapshot, trip } = setup({ rule: countWindow({ size: 2, slowerThan: 100 }) });
    trip();

    for (const took of probes) {
      clock.advance(snapshot().retryAfter);
      const permit = acquire()!;
      clock.advance(took);
      permit.settle('success');
    }

    expect(snapshot()).toMatchObject(expected);
  });

  it('lets one more probe through in every second round if several paths are called, and excuses one failure', () => {
    const { circuits, clock, snapshot } = setup();
    const ask = (thing = '/a') => circuits.acquire(KEY, { thing });
    for (const thing of ['/a', '/b']) ask(thing)!.settle('failure');

    const probes = Array.from({ length: 8 }, () => {
      clock.advance(snapshot().retryAfter);
      const permits = [];
      for (let permit = ask(); permit; permit = ask()) permits.push(permit);
      for (const { settle } of permits) {
        settle('failure');
        expect(ask()).toBeUndefined();
      }
      return permits.length;
    });

    expect(probes).toEqual([1, 2, 1, 3, 1, 2, 1, 4]);
  });

  it('adds a slot at the first, third and seventh neutral probe if several paths are called, until the circuit closes', () => {
    const { circuits, clock, snapshot } = setup();
    const ask = (thing = '/a') => circuits.acquire(KEY, { thing });
    const slots = () => {
      for (const thing of ['/a', '/b']) ask(thing)!.settle('failure');
      clock.advance(snapshot().retryAfter);
      return Array.from({ length: 5 }, () => {
        const permits = [];
        for (let permit = ask(); permit; permit = ask()) permits.push(permit);
        for (const { settle } of permits) settle('neutral');
        return permits.length;
      });
    };

    expect(slots()).toEqual([1, 2, 3, 3, 4]);

    ask()!.settle('success');
    expect(slots()).toEqual([1, 2, 3, 3, 4]);
  });

  it('refuses everything under a rule that is not scoped, and lists no parts', () => {
    const { circuits, snapshot } = setup();
    for (const part of ['/a', '/b']) circuits.acquire(KEY, { part })!.settle('failure');

    expect(snapshot().parts).toBeUndefined();
    expect(circuits.acquire(KEY, { part: '/c' })).toBeUndefined();
  });

  it('closes after slow answers opened it, even if the first path of each page always fails', () => {
    const { circuits, clock, snapshot } = setup({ rule: countWindow({ size: 4, slowerThan: 100 }) });
    const page = (took: number) => {
      const permits = ['/broken', '/a'].map((thing) => circuits.acquire(KEY, { thing }));
      permits[0]?.settle('failure');
      clock.advance(took);
      permits[1]?.settle('success');
      clock.advance(1_000);
    };
    for (let n = 0; n < 9; n++) page(101);
    expect(snapshot().state).not.toBe('closed');

    for (let n = 0; n < 3; n++) page(10);

    expect(snapshot().state).toBe('closed');
  });

  it('lets as many probes through after a slow one as after the open time: fast ones before it have freed their slots', () => {
    const { acquire, clock, trip } = setup({ probes: 3, rule: countWindow({ size: 2, slowerThan: 100 }) });
    trip();
    clock.advance(1_000);

    const [first, second, slow] = [acquire()!, acquire()!, acquire()!];
    first.settle('success');
    second.settle('success');
    clock.advance(101);
    slow.settle('success');

    expect([acquire(), acquire(), acquire()]).not.toContain(undefined);
  });

  it('ignores the outcomes of calls that were let through before it opened', () => {
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

  it('forgets the least recently used circuit beyond a thousand, and open ones last', () => {
    const { circuits, clock, snapshot, trip } = setup();
    const callOthers = (from: number) => {
      for (let n = from; n < from + 1_000; n++) circuits.acquire(`https://${n}.test`);
    };
    trip();

    callOthers(0);
    expect(snapshot().state).toBe('open');
    expect(Object.keys(circuits.snapshot())).toHaveLength(1_000);
    expect(circuits.snapshot()).not.toHaveProperty(['https://0.test']);

    clock.advance(1_000);
    callOthers(1_000);
    expect(snapshot().state).toBe('closed');
  });

  it('keeps a million characters of keys at most, and a key that is longer alone', () => {
    const { circuits } = setup();
    const call = (key: string) => circuits.acquire(key)!.settle('failure');
    const keys = () => Object.keys(circuits.snapshot());
    const long = Array.from({ length: 30 }, (_, n) => `https://${'a'.repeat(99_990 - String(n).length)}${n}.t`);

    for (const key of long) for (let n = 0; n < 2; n++) call(key);
    expect(keys()).toEqual(long.slice(-10));
    circuits.reset(long.at(-1));
    call('https://short.test');
    expect(keys()).toHaveLength(10);
    call('a'.repeat(1_000_001));
    expect(keys()).toHaveLength(1);
    call('https://short.test');
    expect(keys()).toEqual(['https://short.test']);
  });

  it('forgets an open circuit if all are open', () => {
    const { circuits } = setup();
    const keys = Array.from({ length: 1_001 }, (_, n) => `https://${n}.test`);

    for (const key of keys) for (let n = 0; n < 2; n++) circuits.acquire(key)!.settle('failure');

    expect(Object.keys(circuits.snapshot())).toEqual(keys.slice(1));
  });

  it('calls observers at each change, with the state after it', () => {
    const events: unknown[] = [];
    const note = (event: unknown) => void events.push(event);
    const { call, clock, trip } = setup({ hooks: { onOpen: note, onHalfOpen: note, onClose: note } });

    trip();
    clock.advance(1_000);
    call('success');

    expect(events).toMatchObject([
      { key: KEY, state: 'open', openings: 1, retryAfter: 1_000, failures: 2 },
      { key: KEY, state: 'half-open', openings: 1, retryAfter: 0, failures: 2 },
      { key: KEY, state: 'closed', openings: 0, retryAfter: 0, failures: 0 },
    ]);
  });

  it('goes on when an observer throws, rejects or never ends', async () => {
    const onOpen = () => {
      throw new Error('observer');
    };
    const onHalfOpen = (() => Promise.reject(new Error('observer'))) as never;
    const onClose = (() => new Promise(() => {})) as never;
    const { call, clock, snapshot, trip } = setup({ hooks: { onOpen, onHalfOpen, onClose } });

    trip();
    clock.advance(1_000);
    call('success');
    await Promise.resolve();

    expect(snapshot().state).toBe('closed');
  });

  it('stays consistent if an observer calls the breaker', () => {
    const { acquire, circuits, clock, trip } = setup({
      hooks: { onHalfOpen: () => void taken.push(circuits.acquire(KEY)) },
    });
    const taken: unknown[] = [];
    trip();
    clock.advance(1_000);

    const permit = acquire();

    expect([Boolean(taken[0]), permit]).toEqual([true, undefined]);
  });
});

describe('snapshot and reset', () => {
  it('add no key', () => {
    const { circuits, snapshot } = setup();

    expect(snapshot()).toMatchObject({ state: 'closed', why: 'no call has failed since the last success' });

    expect(circuits.snapshot()).toEqual({});
  });

  it('show all circuits by key', () => {
    const { circuits, trip } = setup();

    trip();
    circuits.acquire('__proto__')!.settle('failure');

    const all = circuits.snapshot();
    expect(Object.entries(all).map(([key, { state }]) => [key, state])).toEqual([
      [KEY, 'open'],
      ['__proto__', 'closed'],
    ]);
  });

  it('show the state and why', () => {
    const { call, clock, snapshot } = setup();
    const answer = { status: 503, headers: new Headers({ server: 'x' }) };
    call('failure');
    clock.advance(20);
    call('failure', answer);

    const believed = snapshot();
    believed.lastAnswer!.headers.set('server', 'changed');

    expect(believed.why).toBe('2 calls failed in 20 ms and none succeeded, the last answer was 503');
    expect(snapshot().lastAnswer!.headers.get('server')).toBe('x');
  });

  it('show that the rule opened the circuit if the last call succeeded', () => {
    const { acquire, call, clock, snapshot } = setup({ rule: countWindow({ size: 2, slowerThan: 100 }) });

    call('failure', { status: 500, headers: new Headers() });
    const permit = acquire()!;
    clock.advance(101);
    permit.settle('success');

    expect(snapshot()).toMatchObject({
      state: 'open',
      why: 'calls failed or were slow, as its rule says',
      lastAnswer: { status: 500 },
    });
  });

  it('close all circuits without a key, and call the hook of each that was open', () => {
    const onClose = vi.fn();
    const { circuits, snapshot, trip } = setup({ hooks: { onClose } });
    trip();
    circuits.acquire('other')!.settle('failure');

    circuits.reset();

    expect(circuits.snapshot()).toEqual({});
    expect(snapshot().state).toBe('closed');
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('ignore the outcomes of calls that were in flight at the reset', () => {
    const onOpen = vi.fn();
    const { acquire, circuits } = setup({ hooks: [{ onOpen }] });
    const permits = [acquire()!, acquire()!];

    circuits.reset(KEY);
    for (const permit of permits) permit.settle('failure');

    expect(onOpen).not.toHaveBeenCalled();
  });
});
