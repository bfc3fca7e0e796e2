import type { Question, Reply } from '@steadfetch/shared-limit';

/** A question as the arguments of the script. */
export function argsOf(question: Question): string[] {
  const { want, cost, within, known, extra, requests, lastRate, lastBurst, accepted, aloneFor, refusal, quotas } =
    question;
  const seen = accepted.map(({ from, to, cost: spent }) => `${text(from)},${text(to)},${text(spent)};`);
  const told = quotas.map(({ name, at, remaining, limit, reset, window }) =>
    [nameOf(name), ...[at, remaining, limit, reset, window].map(text)].join(','),
  );
  return [
    ...[want, cost, known, extra, requests, lastRate, lastBurst].map(text),
    seen.join(''),
    refusal
      ? [refusal.at, refusal.closedUntil, refusal.every, refusal.wait ?? -1, refusal.isDoubted ? 1 : 0]
          .map(text)
          .join(',')
      : '',
    told.join(';'),
    aloneFor === undefined ? '' : text(aloneFor),
    text(within),
  ];
}

/** The members of an answer, in the order of the script. */
const MEMBERS = 'now first every count closedUntil goodFor rate burst backAt'.split(' ');

/** What the script answered. */
export function replyOf(answer: unknown): Reply {
  const numbers = String(answer).split(' ').map(Number);
  if (numbers.length !== MEMBERS.length || numbers.some(Number.isNaN)) {
    throw new TypeError(`redisStore: expected the answer of the script, got ${JSON.stringify(answer)?.slice(0, 100)}`);
  }
  return Object.fromEntries(MEMBERS.map((name, n) => [name, numbers[n]])) as unknown as Reply;
}

function text(value: number): string {
  return String(value);
}

/** Separators of the script are no part of a name. */
function nameOf(name: string): string {
  return name.slice(0, 64).replace(/[^\w.-]/g, '-');
}
