import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { Ahead } from '../src/ahead.ts';
import type { Gate, Permit } from '../src/gate.ts';
import { rateLimit } from '../src/index.ts';
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

  it('wait for twenty that are accepted, and for eight seconds, where one refusal is believed', () => {
    const ahead = aheadOf(false);
    const atAfter = (isRefused: boolean, times: number) => {
      for (let i = 0; i < times; i++) ahead.answered(isRefused);
      return ahead.at(ticket);
    };

    expect([atAfter(false, 19), atAfter(false, 1), atAfter(true, 1), atAfter(false, 20)]).toEqual([
      Infinity,
      8_000,
      Infinity,
      8_000,
    ]);
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
