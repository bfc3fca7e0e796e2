import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { Ahead } from '../src/ahead.ts';
import { Gate, type Permit } from '../src/gate.ts';
import type { GateContext } from '../src/gate-context.ts';
import { rateLimit } from '../src/index.ts';
import { Pacer } from '../src/model/pacer.ts';
import type { Ticket } from '../src/ticket.ts';
import { endingsOf } from './random-calls.ts';

const permit = () => ({}) as Permit;
const ticket = { since: 0, cost: 1 } as Ticket;

function aheadOf(needsProof: boolean): Ahead {
  const gate = { admit: permit, pacer: { guessesSince: 0 }, learned: { lastRefused: -Infinity } };
  return new Ahead(gate as unknown as Gate, { needsProof, limit: undefined, store: undefined });
}

describe('calls that go ahead of a pace', () => {
  it('go one at a time', () => {
    const ahead = aheadOf(true);
    const first = ahead.admit(ticket, 0);
    expect(ahead.at(ticket)).toBe(Infinity);

    ahead.returned(permit());
    expect(ahead.at(ticket)).toBe(Infinity);
    ahead.returned(first);
    expect(ahead.at(ticket)).toBe(1_000);
  });

  it('wait twice as long after each that is refused, eight seconds at most, and one second after one that is accepted', () => {
    const ahead = aheadOf(true);
    const waits = [true, true, true, true, false].map((isRefused) => {
      const permit = ahead.admit(ticket, 0);
      ahead.answered(permit, isRefused);
      ahead.returned(permit);
      return ahead.at(ticket);
    });
    ahead.answered(permit(), true);

    expect(waits).toEqual([2_000, 4_000, 8_000, 8_000, 1_000]);
    expect(ahead.at(ticket)).toBe(1_000);
  });

  it('wait for twenty that are accepted, and for eight seconds, where one refusal is believed', () => {
    const ahead = aheadOf(false);
    const atAfter = (isRefused: boolean, times: number) => {
      for (let i = 0; i < times; i++) ahead.answered(permit(), isRefused);
      return ahead.at(ticket);
    };

    expect([atAfter(false, 19), atAfter(false, 1), atAfter(true, 1), atAfter(false, 20)]).toEqual([
      Infinity,
      8_000,
      Infinity,
      8_000,
    ]);
  });

  it('wait no longer than at first after a reset', () => {
    const context = { needsProof: true, createPacer: () => new Pacer({ random: () => 0 }) };
    const gate = new Gate('api', undefined, 'api', context as unknown as GateContext);
    const permit = gate.ahead.admit(ticket, 0);
    gate.ahead.answered(permit, true);
    gate.returned(permit);
    expect(gate.ahead.at(ticket)).toBe(2_000);

    gate.reset();
    expect(gate.ahead.at(ticket)).toBe(1_000);
  });

  it('take nothing from the pace when they are refused, as at each limit without a burst', async () => {
    const clock = manualClock();
    const [random, travel] = [seededRandom(3), seededRandom(53)];
    let last = -Infinity;
    const fetch = fakeFetch(
      async () => {
        await clock.sleep(5 + 20 * travel());
        const isAccepted = clock.now() - last >= 500;
        if (isAccepted) last = clock.now();
        await clock.sleep((isAccepted ? 105 : 25) + 20 * travel());
        return isAccepted ? 200 : { status: 429, headers: { 'retry-after': '1' } };
      },
      { clock },
    );
    const limited = rateLimit({ clock, random, maxWait: 30_000 })(fetch);
    const endings = await endingsOf(limited, { clock, random, perSecond: 1.7, lasts: 210_000, until: 240_000 });

    expect(endings.filter(Boolean).length / endings.length).toBeGreaterThan(0.9);
  });
});
