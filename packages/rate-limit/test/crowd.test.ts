import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
/** How many go on in one turn of the event loop. */
const PER_TURN = 200;
const refusal = (seconds: number) => new Response(null, { status: 429, headers: { 'retry-after': String(seconds) } });
const ended = (calls: Promise<unknown>[]) => {
  const ends: string[] = [];
  for (const call of calls) {
    call.then(
      () => ends.push('sent'),
      ({ name }) => ends.push(name),
    );
  }
  return ends;
};

describe('a thousand calls', () => {
  it('answered 429 at once are taken a few per turn of the event loop, and none is lost', async () => {
    const clock = manualClock();
    const held: ((response: Response) => void)[] = [];
    const limit = { requests: 1_000_000, per: 1 };
    const limiter = rateLimit({ clock, limit, maxWait: 600_000, maxResends: 1, random: () => 0 });
    const limited = limiter(() => new Promise((resolve) => held.push(resolve)));
    const calls = Array.from({ length: 1_000 }, () => limited(URL));
    for (const answer of held.splice(0)) answer(refusal(1));
    await clock.advance(0);
    const { waiting } = limiter.snapshot()[0]!;
    await clock.advance(10);

    expect(waiting).toBeLessThanOrEqual(PER_TURN);
    expect(limiter.snapshot()).toMatchObject([{ waiting: 1_000, inFlight: 0 }]);
    await clock.advance(600_000);
    for (const answer of held.splice(0)) answer(new Response());
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
  });

  it('are released a few per turn, also to a server that answers at once', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, limit: { requests: 1_000, per: 1_000 } })(async () => new Response());
    await Promise.all(Array.from({ length: 1_000 }, () => limited(URL)));
    const ends = ended(Array.from({ length: 1_000 }, () => limited(URL)));
    await clock.advance(999);
    expect(ends).toHaveLength(0);

    await clock.advance(1);
    const { length } = ends;
    await clock.advance(10);

    expect(length).toBeLessThanOrEqual(PER_TURN);
    expect(ends).toHaveLength(1_000);
  });

  it('at many more gates than go on in one turn are released by all of them', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, limit: { requests: 1, per: 1_000 } })(async () => new Response());
    const gates = 3 * PER_TURN;
    const ends = ended(Array.from({ length: 2 * gates }, (_, n) => limited(`https://host${n % gates}.example.com`)));

    await clock.advance(1_100);

    expect(ends).toEqual(Array.from({ length: 2 * gates }, () => 'sent'));
  });

  it('that wait for too long are sent away a few per turn', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, limit: { requests: 1, per: 10_000 }, maxWait: 11_000 })(
      async () => new Response(),
    );
    const ends = ended(Array.from({ length: 600 }, () => limited(URL)));

    await clock.advance(20_000);

    expect(ends.filter((end) => end === 'sent')).toHaveLength(2);
    expect(ends).toHaveLength(600);
  });

  it('that wait, and would wait too long after a refusal, are sent away a few per turn', async () => {
    const clock = manualClock();
    const answers: ((response: Response) => void)[] = [];
    const limit = { requests: 100, per: 1_000 };
    const limited = rateLimit({ clock, limit, maxWait: 20_000, maxResends: 0 })(
      () => new Promise((resolve) => answers.push(resolve)),
    );
    const ends = ended(Array.from({ length: 1_100 }, () => limited(URL)));
    await clock.advance(10);
    answers[0]!(refusal(60));

    await clock.advance(0);
    expect(ends.length).toBeLessThanOrEqual(PER_TURN + 1);
    await clock.advance(2_000);

    expect(ends.filter((end) => end === 'RateLimitError')).toHaveLength(1_000);
  });

  it('that are called again at once after a refusal here do not hold the event loop', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, maxWait: 1_000 })(async () => refusal(60));
    await limited(URL);
    let refused = 0;
    const again = async () => {
      for (let n = 0; n < 10; n++) await limited(URL).catch(() => refused++);
    };
    const all = Promise.all(Array.from({ length: 100 }, again));

    await clock.advance(0);
    const atFirst = refused;
    await clock.advance(20);
    await all;

    expect(atFirst).toBeLessThanOrEqual(PER_TURN);
    expect(refused).toBe(1_000);
  });

  it('aborted by one signal end with its reason, a few per turn, and none of them is sent', async () => {
    const clock = manualClock();
    let sent = 0;
    const caller = new AbortController();
    const limited = rateLimit({ clock, random: () => 0 })(async () => (++sent === 1 ? refusal(1) : new Response()));
    const first = limited(URL);
    await clock.advance(0);
    const ends: unknown[] = [];
    for (let n = 0; n < 1_000; n++) limited(URL, { signal: caller.signal }).catch((reason) => ends.push(reason));

    caller.abort('over');
    await clock.advance(0);
    const { length } = ends;
    await clock.runAll(10_000);

    expect(length).toBeLessThanOrEqual(PER_TURN);
    expect(ends).toEqual(Array.from({ length: 1_000 }, () => 'over'));
    expect((await first).status).toBe(200);
    expect(sent).toBe(2);
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
