import { anyOf, consecutive, countWindow, type Rule, type Sample, timeWindow } from '@steadfetch/circuit-breaker';
import { describe, expect, it } from 'vitest';
import { KEY, setup } from './support/bare-breaker.ts';

describe('the attempts of one call', () => {
  const asked = (state = setup()) => {
    const ask = (call: object) => state.circuits.acquire(KEY, { call });
    return { ...state, ask };
  };

  it('count once when they fail', () => {
    const { ask, snapshot } = asked();
    const one = {};

    for (let attempt = 0; attempt < 3; attempt++) ask(one)!.settle('failure');
    expect(snapshot()).toMatchObject({ state: 'closed', failures: 1 });
    ask({})!.settle('failure');

    expect(snapshot().state).toBe('open');
  });

  it.each([
    ['countWindow', 2, countWindow({ size: 4, failureRatio: 0.5, minCalls: 4 })],
    ['timeWindow', 4, timeWindow({ failureRatio: 0.5, minCalls: 4 })],
    ['anyOf', 2, anyOf(countWindow({ size: 4, failureRatio: 0.5, minCalls: 4 }), consecutive(9))],
  ])('count as the success of the last one under %s, of four', (_, more, rule) => {
    const { ask, snapshot } = asked(setup({ rule }));
    const calls = [{}, {}, {}, {}];

    for (const call of calls) {
      ask(call)!.settle('failure');
      ask(call)!.settle('success');
    }
    for (let n = 1; n < more; n++) ask({})!.settle('failure');

    expect(snapshot().state).toBe('closed');
    ask({})!.settle('failure');
    expect(snapshot().state).toBe('open');
  });

  it('do not take back a failure that the window has forgotten', () => {
    const { ask, clock, snapshot } = asked(setup({ rule: timeWindow({ window: 1_000, minCalls: 2 }) }));
    const one = {};
    ask(one)!.settle('failure');
    clock.advance(1_000);
    ask({})!.settle('success');
    ask(one)!.settle('success');

    ask({})!.settle('failure');
    expect(snapshot().state).toBe('closed');
    ask({})!.settle('failure');

    expect(snapshot().state).toBe('open');
  });

  it('count once, even if the circuit closes between them', () => {
    const takenBack: Sample[] = [];
    const rule: Rule = { start: () => ({ ...consecutive(2).start(), takeBack: (sample) => takenBack.push(sample) }) };
    const { ask, clock, snapshot, trip } = asked(setup({ rule }));
    trip();
    clock.advance(1_000);
    const probe = {};
    ask(probe)!.settle('failure');
    clock.advance(1_000);
    ask({})!.settle('success');

    ask(probe)!.settle('failure');
    expect(snapshot()).toMatchObject({ state: 'closed', failures: 0 });
    ask(probe)!.settle('success');

    expect(takenBack).toEqual([]);
  });

  it('after a probe are let through, and one that succeeds closes the circuit', () => {
    const { ask, clock, snapshot, trip } = asked();
    trip();
    clock.advance(1_000);
    const probe = {};
    ask(probe)!.settle('failure');

    expect(ask({})).toBeUndefined();
    ask(probe)!.settle('failure');
    expect(snapshot()).toMatchObject({ state: 'open', openings: 2, retryAfter: 1_000 });
    ask(probe)!.settle('success');

    expect(snapshot().state).toBe('closed');
  });

  it('that were let through before the circuit opened are refused', () => {
    const { ask } = asked();
    const one = {};
    ask(one)!.settle('failure');
    ask({})!.settle('failure');

    expect(ask(one)).toBeUndefined();
  });
});
