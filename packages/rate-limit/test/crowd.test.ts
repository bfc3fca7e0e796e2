import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const turn = () => new Promise((resolve) => setTimeout(resolve));

describe('a thousand calls', () => {
  it('answered 429 at once are taken a few per turn of the event loop, and none is lost', async () => {
    const clock = manualClock();
    const held: ((response: Response) => void)[] = [];
    const limit = { requests: 1_000_000, per: 1 };
    const limiter = rateLimit({ clock, limit, maxWait: 600_000, maxResends: 1, random: () => 0 });
    const limited = limiter(() => new Promise((resolve) => held.push(resolve)));
    const calls = Array.from({ length: 1_000 }, () => limited(URL));
    for (const answer of held.splice(0)) answer(new Response(null, { status: 429, headers: { 'retry-after': '1' } }));
    await turn();
    const { waiting } = limiter.snapshot()[0]!;
    await clock.advance(10);

    expect(waiting).toBeLessThanOrEqual(200);
    expect(limiter.snapshot()).toMatchObject([{ waiting: 1_000, inFlight: 0 }]);
    await clock.advance(600_000);
    for (const answer of held.splice(0)) answer(new Response());
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
  });

  it('that wait for too long are sent away a few per turn', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, limit: { requests: 1, per: 10_000 }, maxWait: 11_000 })(
      async () => new Response(),
    );
    const ends: string[] = [];
    for (let n = 0; n < 600; n++)
      void limited(URL).then(
        () => ends.push('sent'),
        ({ name }) => ends.push(name),
      );

    await clock.advance(20_000);

    expect(ends.filter((end) => end === 'sent')).toHaveLength(2);
    expect(ends).toHaveLength(600);
  });
});

it('keeps numbers of credentials for a bounded number of them', async () => {
  const limiter = rateLimit({ scope: 'credential' });
  const limited = limiter(async () => new Response());
  const as = (who: number) => limited(URL, { headers: { authorization: `Bearer ${who}` } });

  for (let who = 0; who <= 10_000; who++) await as(who);
  await as(0);

  expect(limiter.snapshot().at(-1)!.key).toBe('https://api.example.com #10002');
});

it('holds a known limit for a call that comes while another waits behind the gate', async () => {
  const clock = manualClock();
  const limited = rateLimit({ clock, limit: { requests: 3, per: 1_000 }, maxWait: 100 });
  const slow = limited((_, init) => clock.sleep(50, init?.signal ?? undefined).then(() => new Response()));

  const calls = Array.from({ length: 3 }, () => slow(URL));
  await clock.advance(60);

  for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
});
