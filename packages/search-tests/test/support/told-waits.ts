import fc from 'fast-check';

/** The milliseconds that are asked for. */
const ASKED = 3_000;
const HOUR = 3_600_000;

const date = (ms: number) => new Date(ms).toUTCString();

/** How an answer asks to wait, by the fields that say so. */
const SPELLINGS: Record<string, (now: number) => Record<string, string>> = {
  nothing: () => ({}),
  seconds: () => ({ 'retry-after': String(ASKED / 1_000) }),
  'a quota': () => ({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3' }),
  'a date': (now) => ({ 'retry-after': date(now + ASKED) }),
  'a date of a server in Go': (now) => ({ 'retry-after': date(now + ASKED).replace('GMT', 'UTC') }),
  'a date by another clock': (now) => ({ date: date(now + HOUR), 'retry-after': date(now + HOUR + ASKED) }),
  'a date that a cache has kept': (now) => ({ date: date(now - 2_000), age: '2', 'retry-after': date(now + ASKED) }),
  'a date that a cache has written': (now) => ({ date: date(now), age: '2', 'retry-after': date(now + ASKED) }),
};

export const spellings: fc.Arbitrary<string> = fc.constantFrom(...Object.keys(SPELLINGS));

/** A response that asks to wait. `x-asked`: for how long at least, for those that must not read the rest. */
export function askingResponse(status: number, spelling: string, now: number): Response {
  const asked = spelling === 'nothing' ? 0 : spelling.includes('date') ? ASKED - (now % 1_000) : ASKED;
  return new Response('', { status, headers: { ...SPELLINGS[spelling]!(now), 'x-asked': String(asked) } });
}
