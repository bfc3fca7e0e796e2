import { type Drain, DrainError, drain, type Fetch, type Outcome, observe, onAbort, settle } from '@steadfetch/core';
import { seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import { compose, type Middleware, type RetryBudget } from 'steadfetch';
import { describe, it } from 'vitest';
import { drive, macrotasks, SteppedTime } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Spec, specs } from './support/stacks.ts';

quiet();

const API = 'https://api.test/things';

/** What a request meets: a status after some time, a network error, or nothing for ever. */
type Reply = { readonly status: number; readonly after: number } | 'ECONNRESET' | 'hangs';

interface Case {
  readonly spec: Spec;
  readonly replies: readonly Reply[];
  readonly calls: number;
  /** So much happens before the client is closed. */
  readonly steps: number;
  readonly deadline: number;
  readonly observer: 'none' | 'throws' | 'cancels';
  /** The budget gives no retry: a call that fails is held. */
  readonly isSpent: boolean;
}

const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ status: fc.constantFrom(200, 503, 429, 500), after: fc.constantFrom(0, 10, 700) }),
  fc.constantFrom<Reply>('ECONNRESET', 'hangs'),
);

const cases: fc.Arbitrary<Case> = fc.record({
  // outside of ky a drain sees the calls of ky alone
  spec: specs({ form: fc.constantFrom('compose', 'twice', 'rules'), drain: fc.constant(false) }),
  replies: fc.array(replies, { minLength: 1, maxLength: 6 }),
  calls: fc.integer({ min: 1, max: 9 }),
  steps: fc.integer({ min: 0, max: 8 }),
  deadline: fc.constantFrom(0, 50, 20_000),
  observer: fc.constantFrom('none', 'throws', 'cancels'),
  isSpent: fc.boolean(),
});

type Subject = (time: SteppedTime) => Drain;

/** A server that counts the requests under way. */
class Server {
  sent = 0;
  readonly #time: SteppedTime;
  readonly #replies: readonly Reply[];

  constructor(time: SteppedTime, replies: readonly Reply[]) {
    this.#time = time;
    this.#replies = replies;
  }

  readonly fetch: Fetch = async (_, init) => {
    const reply = this.#replies[this.sent++ % this.#replies.length]!;
    if (reply === 'hangs') return new Promise((__, reject) => void onAbort(init?.signal ?? undefined, reject));
    if (reply === 'ECONNRESET')
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: reply }) });
    await this.#time.sleep(reply.after, init?.signal ?? undefined);
    return new Response('', { status: reply.status });
  };
}

const SPENT: RetryBudget = { acquire: () => undefined, record: () => {} };

const OBSERVERS: Record<Case['observer'], Middleware> = {
  none: compose(),
  throws: observe(() => {
    throw new Error('of the observer');
  }),
  cancels: observe((event) => {
    if (event.attempt === 2 && 'cancel' in event) event.cancel?.();
  }),
};

const leavesSomething: Search<Case, Subject> = {
  cases,
  check: async ({ spec, replies, calls, steps, deadline, observer, isSpent }, subject) => {
    const time = new SteppedTime(2);
    const server = new Server(time, replies);
    const draining = subject(time);
    const { wrap } = build(spec, { clock: time, random: seededRandom(1) }, isSpent ? { retry: { budget: SPENT } } : {});
    const steady = compose(OBSERVERS[observer], draining)(wrap(server.fetch));
    const errors: unknown[] = [];
    let open = calls;
    const all = Array.from({ length: calls }, () =>
      steady(API)
        .catch((error) => errors.push(error))
        .finally(() => open--),
    );
    for (let step = 0; step < steps; step++) await time.step();
    await macrotasks(2);

    const [opened, sent, startedAt] = [open, server.sent, time.now()];
    const before = errors.length;
    let closed: Awaited<ReturnType<Drain['close']>> | undefined;
    await drive(
      time,
      draining.close({ deadline }).then((counts) => {
        closed = counts;
        return new Response();
      }),
    );
    await macrotasks(2);

    const ended = errors.slice(before).filter((error) => error instanceof DrainError).length;
    claim(open === 0, `${open} calls are open after close()`);
    claim(server.sent === sent, `${server.sent - sent} requests were sent after close()`);
    claim(time.now() - startedAt <= deadline, `it took ${time.now() - startedAt} ms of ${deadline}`);
    claim(closed!.finished + closed!.ended === opened, `${JSON.stringify(closed)} of ${opened} calls`);
    claim(closed!.ended === ended, `${closed!.ended} calls are said to be ended, and ${ended} are`);
    const isQuick = replies.every((reply) => reply === 'ECONNRESET' || (reply !== 'hangs' && reply.after === 0));
    claim(!isQuick || time.now() - startedAt <= 10, `a wait went on for ${time.now() - startedAt} ms`);
    claim(!isQuick || deadline === 0 || isNeverCut(errors.slice(before)), 'a request under way was cut');
    let late: Outcome | undefined;
    void settle(steady(API)).then((outcome) => {
      late = outcome;
    });
    await macrotasks(2);
    claim(server.sent === sent, 'a new call is sent');
    claim(late?.error instanceof DrainError, 'a new call ends otherwise');
    await Promise.all(all);
  },
};

/** No request hangs, so that none is under way at the deadline. */
function isNeverCut(errors: readonly unknown[]): boolean {
  return errors.every((error) => !(error instanceof DrainError && /at the deadline/.test(error.message)));
}

const ours: Subject = (time) => drain({ clock: time });

/** A drain that is right but for one thing. */
function wrongly(
  change: (own: Drain, time: SteppedTime) => Partial<Drain> & { readonly around?: Middleware },
): Subject {
  return (time) => {
    const own = drain({ clock: time });
    const { around = own, ...others } = change(own, time);
    const middleware: Middleware = (next) => around(next);
    return Object.assign(middleware, { close: own.close, ...others });
  };
}

const wrong: Record<string, Subject> = {
  'ends nothing': wrongly(() => ({ around: compose(), close: async () => ({ finished: 0, ended: 0 }) })),
  'waits for the deadline': wrongly((own, time) => ({
    close: async (options) => {
      const counts = await own.close(options);
      await time.sleep((options?.deadline ?? 0) + 1);
      return counts;
    },
  })),
  'cuts what is under way': wrongly((own) => ({ close: () => own.close({ deadline: 0 }) })),
  'goes on to wait': wrongly((own) => ({ around: (next) => own(withoutObservers(next)) })),
  'lets new calls through': wrongly((own) => {
    let isClosed = false;
    const close: Drain['close'] = (options) => {
      isClosed = true;
      return own.close(options);
    };
    const around: Middleware = (next) => {
      const steady = own(next);
      return (...call) => (isClosed ? next(...call) : steady(...call));
    };
    return { around, close };
  }),
  'counts those that it ends as finished': wrongly((own) => ({
    close: async (options) => {
      const { finished, ended } = await own.close(options);
      return { finished: finished + ended, ended: 0 };
    },
  })),
};

/** What stands inside is not told who observes. */
function withoutObservers(next: Fetch): Fetch {
  return (input, init) =>
    next(
      input,
      init && { ...init, ...Object.fromEntries(Object.getOwnPropertySymbols(init).map((key) => [key, undefined])) },
    );
}

describe('a client that is closed', () => {
  it(
    'ends all waits, cuts no request, and sends none any more',
    () => expectNone(leavesSomething, ours, 300),
    PATIENCE,
  );

  it.each(Object.keys(wrong))(
    'is found to do otherwise where it %s',
    async (name) => {
      await expectFound(leavesSomething, wrong[name]!, 400);
    },
    PATIENCE,
  );
});
