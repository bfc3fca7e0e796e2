import { rateLimit } from '@steadfetch/rate-limit';
import { type Ask, storeOf } from '@steadfetch/shared-limit';
import { fakeFetch, type ManualClock } from '@steadfetch/testing';

export const URL = 'https://api.example.com/jobs';

type Answer = Parameters<typeof fakeFetch>[0];

/** A process that shares a limit, what it sent and when, and the events of its store. */
export function processAt(clock: ManualClock, ask: Ask, answer: Answer = 200, cost = 1) {
  const begun = clock.now();
  const sent: number[] = [];
  const events: string[] = [];
  const note = (name: string) => () => void events.push(`${name} ${clock.now() - begun}`);
  const store = storeOf(ask, { clock, hooks: { onDown: note('down'), onUp: note('up') } });
  const limiter = rateLimit({ clock, store, cost: () => cost });
  const send = fakeFetch(answer, { clock });
  const limited = limiter((...args) => {
    sent.push(clock.now() - begun);
    return send(...args);
  });
  const many = (count: number) => Promise.all(Array.from({ length: count }, () => limited(URL)));
  const why = () => limiter.snapshot()[0]!.why;
  return { sent, events, limited, many, why };
}

/** Answers with a promise. */
export const later =
  (ask: Ask): Ask =>
  async (...args) =>
    ask(...args);

/** Answers after `ms`. */
export const delayed =
  (clock: ManualClock, ms: number, ask: Ask): Ask =>
  async (...args) => {
    const reply = await ask(...args);
    await clock.sleep(ms);
    return reply;
  };
