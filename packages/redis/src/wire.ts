import type { Reply } from '@steadfetch/shared-limit';

/** The members of an answer, in the order in which the script returns them. */
const MEMBERS = 'now first every count closedUntil goodFor rate burst backAt'.split(' ');

/** Reads the answer of the script. */
export function replyOf(answer: unknown): Reply {
  const numbers = String(answer).split(' ').map(Number);
  if (numbers.length !== MEMBERS.length || numbers.some(Number.isNaN)) {
    throw new TypeError(`redisStore: expected the answer of the script, got ${JSON.stringify(answer)?.slice(0, 100)}`);
  }
  return Object.fromEntries(MEMBERS.map((name, n) => [name, numbers[n]])) as unknown as Reply;
}
