import { Call, type Fetch, onAbort, settle } from '@steadfetch/core';
import { withDays } from './a-day.ts';
import {
  abortedInTime,
  callWith,
  KINDS,
  type Kind,
  ofKind,
  REFUSED,
  statusAfterTen,
  TRANSIENT,
} from './aborted-call.ts';
import {
  backgroundWork,
  type ContractCheck,
  errorOf,
  inTime,
  isRead,
  MAX_WAIT_MS,
  type Make,
  same,
  statusOf,
} from './contract-claim.ts';
import { endInTime, ending, endless, FAILED, FAILURES, ok, probe } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/** Checks of calls that their caller aborts. */
export const abortChecks: Readonly<Record<string, ContractCheck>> = {
  "rejects with the caller's abort reason": async (make) => {
    await rejectsInAnAttempt(make);
    await endsInAWait(make);
    await endsInASecondAttempt(make);
    await endsBehindOthers(make);
  },

  'ends each attempt that it gives up': async (make) => {
    for (const kind of KINDS) {
      const { signal, abort } = ending();
      const { fetch, signals } = endless();
      let sent = 0;
      const steady = make()((...call) => (++sent === 1 ? fetch(...call) : ok()));
      const end = await inTime(settle(callWith(signal, steady, kind)));
      if (end !== undefined) await backgroundWork(); // a middleware may abort its other attempts a little later
      const isOpen = end !== undefined && signals.some((one) => !one?.aborted);
      abort();
      same(isOpen, false, `whether an attempt goes on after its ${kind} has ended`);
    }
  },

  'answers after calls that were aborted': async (make) => {
    for (const kind of KINDS) {
      // skip rate limiters, which also hold or reject a call after ten successful ones
      if ((await statusAfterTen(make, ok, { kind })) !== 200) continue;
      const status = await statusAfterTen(make, endless().fetch, { kind, ms: MAX_WAIT_MS });
      same(status, 200, `the status of a ${kind} after ten that were aborted`);
      const early = await statusAfterTen(make, ok, { kind, ms: MAX_WAIT_MS, isEarly: true });
      same(early, 200, `the status of a ${kind} after ten that were aborted before they were made`);
      const begun = await statusAfterTen(make, unread, { kind, ms: MAX_WAIT_MS });
      same(begun, 200, `the status of a ${kind} after ten that were aborted while their answers were read`);
      const finish = (response: Response) => response.body?.cancel();
      const next = await statusAfterTen(make, ok, { kind, ms: MAX_WAIT_MS, finish });
      same(next, 200, `the status of a ${kind} after ten whose answers were cancelled`);
      await answersADayLater(make, kind);
    }
  },
};

/** A day after any failure, calls succeed: circuits have closed, pauses have ended, and no call has the timeout of an earlier one. */
async function answersADayLater(make: Make, kind: Kind): Promise<void> {
  await withDays(async (passADay, isClockRead) => {
    const ends = [['after answers', ok] as const, ...TRANSIENT, ...REFUSED];
    const all = ends.map(([when, first]) => {
      let next: Fetch = first;
      const steady = ofKind(
        kind,
        make()((...call) => next(...call)),
      );
      const meet = (other: Fetch): void => {
        next = other;
      };
      return { when, steady, meet };
    });
    const abortAll = (calls: number) =>
      inTime(
        Promise.allSettled(
          all.flatMap(({ steady }) =>
            Array.from({ length: calls }, () => abortedInTime(steady).then((response) => response.text())),
          ),
        ),
      );
    await abortAll(10);
    passADay();
    for (const { meet } of all) meet(endless().fetch);
    await abortAll(1); // this call may be the probe of a circuit breaker
    passADay();
    for (const { when, steady, meet } of all) {
      meet(probe().fetch); // it rejects if its signal is aborted
      let end = await endInTime(steady);
      for (let more = 2; more > 0 && end?.failed; more--) end = await endInTime(steady); // a circuit breaker may need several probes
      if (end !== undefined && isClockRead()) same(statusOf(end), 200, `the status of a ${kind} a day ${when}`);
    }
  });
}

/** Answers with a body that ends only when the signal aborts. */
const unread: Fetch = async (...call) => {
  const { signal } = Call.from(...call);
  return new Response(new ReadableStream({ start: (body) => void onAbort(signal, (reason) => body.error(reason)) }));
};

/** An abort during an attempt, or before the call, rejects with the caller's reason, of any type. */
async function rejectsInAnAttempt(make: Make): Promise<void> {
  const named = ['AbortError', 'TimeoutError'].map((name) => new DOMException('stop', name)); // as `abort()` without a reason and `AbortSignal.timeout()` make them
  for (const reason of [{ by: 'caller' }, 'enough', null, new Error('stop'), ...named]) {
    await twiceIfSlow(async () => {
      const { fetch, signals } = endless();
      const steady = make()(fetch);
      for (const kind of KINDS) await abortsWith(reason, steady, kind);
      for (const signal of signals) {
        same(signal?.aborted && signal.reason, reason, 'the reason of the signal that next was given');
      }
      for (const kind of KINDS) {
        const before = callWith(AbortSignal.abort(reason), steady, kind);
        same(await reasonOf(before, kind), reason, `the reason of a ${kind} that is aborted before`);
      }
    });
  }
}

/** An abort ends a call that waits for its retry, also if another call began the wait. */
async function endsInAWait(make: Make): Promise<void> {
  for (const [when, next] of [...TRANSIENT, ...REFUSED]) {
    for (const kind of KINDS) {
      await twiceIfSlow(async () => {
        let sent = 0;
        const { fetch } = endless();
        const once: Fetch = (...call) => (++sent === 1 ? next(...call) : fetch(...call));
        const steady = make()(once);
        await endsByAbort(steady, when, kind);
        await endsByAbort(steady, `${when} of another call`, kind);
      });
    }
  }
}

/** An abort ends a call during a retry. */
async function endsInASecondAttempt(make: Make): Promise<void> {
  const ends = FAILURES.flatMap(({ when, fail }) =>
    KINDS.map((kind) =>
      twiceIfSlow(async () => {
        const controller = new AbortController();
        const { fetch, signals } = endless();
        let sent = 0;
        const steady = make()((...call) => {
          if (++sent === 1) return fail();
          void macrotask().then(() => controller.abort());
          return fetch(...call);
        });
        const call = settle(callWith(controller.signal, steady, kind));
        let end = await inTime(call);
        controller.abort();
        if (signals.length > 0) end ??= await inTime(call); // the retry may have been sent just now
        if (end === undefined && signals.length > 0)
          throw new NotEnded(kind, `end when it is aborted in an attempt ${when}`);
      }),
    ),
  );
  await Promise.all(ends);
}

/** An abort ends a call that waits behind ten others, as in a queue. */
async function endsBehindOthers(make: Make): Promise<void> {
  for (const kind of KINDS) {
    await twiceIfSlow(async () => {
      const { signal, abort } = ending();
      const steady = make()(endless().fetch);
      const others = Promise.allSettled(Array.from({ length: 10 }, () => callWith(signal, steady, kind)));
      await endsByAbort(steady, 'behind others', kind).finally(abort);
      await inTime(others);
    });
  }
}

/** A call did not end although it should have. */
class NotEnded extends Error {
  constructor(kind: Kind, expected: string) {
    super(`expected the ${kind} to ${expected}, but it goes on`);
  }
}

/** Tests a claim again if a call did not end in time, since the machine may have been slow. */
async function twiceIfSlow(claim: () => Promise<void>): Promise<void> {
  try {
    await claim();
  } catch (error) {
    if (!(error instanceof NotEnded)) throw error;
    await claim();
  }
}

/** A call that is aborted in a wait must end. If the abort has ended it, it must reject with the caller's reason. */
async function endsByAbort(steady: Fetch, when: string, kind: Kind): Promise<void> {
  const controller = new AbortController();
  const call = abortedInTime(steady, kind, controller);
  let wasAborted = false;
  const over = (): void => {
    wasAborted = controller.signal.aborted;
  };
  call.then(over, over);
  const end = await inTime(settle(call));
  if (end === undefined) throw new NotEnded(kind, `end when it is aborted ${when}`);
  if (end.failed && wasAborted && end.error !== FAILED)
    same(end.error, controller.signal.reason, `the reason of a ${kind} ${when}`);
  if (!end.failed) same(isRead(end.response), false, `whether the answer to a ${kind} that is aborted ${when} is read`);
}

async function abortsWith(reason: unknown, steady: Fetch, kind: Kind): Promise<void> {
  const controller = new AbortController();
  const end = callWith(controller.signal, steady, kind);
  end.catch(() => {});
  await macrotask();
  controller.abort(reason);
  same(await reasonOf(end, kind), reason, `the reason of a ${kind}`);
}

/** Returns the error of an aborted call, which must reject within a few turns of the event loop. */
async function reasonOf(call: Promise<Response>, kind: Kind): Promise<unknown> {
  const outcome = await inTime(settle(call));
  if (outcome === undefined) throw new NotEnded(kind, 'reject when it is aborted');
  return errorOf(outcome);
}
