import { Call, type Fetch, onAbort, settle } from '@steadfetch/core';
import { withDays } from './a-day.ts';
import { abortedInTime, callWith, KINDS, type Kind, lastOfEleven, ofKind, REFUSED, TRANSIENT } from './aborted-call.ts';
import {
  aMoment,
  type ContractCheck,
  errorOf,
  inTime,
  isRead,
  type Make,
  PATIENT,
  same,
  statusOf,
} from './contract-claim.ts';
import { endInTime, ending, endless, FAILED, FAILURES, ok, probe } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/** What becomes of calls that their caller aborts. */
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
      if (end !== undefined) await aMoment(); // it may end the others a turn later
      const isOpen = end !== undefined && signals.some((one) => !one?.aborted);
      abort();
      same(isOpen, false, `whether an attempt goes on after its ${kind} has ended`);
    }
  },

  'answers after calls that were aborted': async (make) => {
    for (const kind of KINDS) {
      // what limits calls also holds back or refuses one after ten that were answered
      if ((await lastOfEleven(make, ok, { kind })) !== 200) continue;
      const status = await lastOfEleven(make, endless().fetch, { kind, ms: PATIENT });
      same(status, 200, `the status of a ${kind} after ten that were aborted`);
      const early = await lastOfEleven(make, ok, { kind, ms: PATIENT, isEarly: true });
      same(early, 200, `the status of a ${kind} after ten that were aborted before they were made`);
      const begun = await lastOfEleven(make, unread, { kind, ms: PATIENT });
      same(begun, 200, `the status of a ${kind} after ten that were aborted while their answers were read`);
      const finish = (response: Response) => response.body?.cancel();
      const next = await lastOfEleven(make, ok, { kind, ms: PATIENT, finish });
      same(next, 200, `the status of a ${kind} after ten whose answers were cancelled`);
      await answersADayLater(make, kind);
    }
  },
};

/** Whatever calls met: a circuit closes, a pause ends, and the time limit of one call is none of another. */
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
    await abortAll(1); // it may be the probe of a circuit
    passADay();
    for (const { when, steady, meet } of all) {
      meet(probe().fetch); // which hears a signal
      let end = await endInTime(steady);
      for (let more = 2; more > 0 && end?.failed; more--) end = await endInTime(steady); // a circuit may want some
      if (end !== undefined && isClockRead()) same(statusOf(end), 200, `the status of a ${kind} a day ${when}`);
    }
  });
}

/** Answers with a body that only ends by the signal. */
const unread: Fetch = async (...call) => {
  const { signal } = Call.from(...call);
  return new Response(new ReadableStream({ start: (body) => void onAbort(signal, (reason) => body.error(reason)) }));
};

/** In an attempt, and before the call, whatever the reason is. */
async function rejectsInAnAttempt(make: Make): Promise<void> {
  const named = ['AbortError', 'TimeoutError'].map((name) => new DOMException('stop', name)); // as a signal without a reason, and one of a limit
  for (const reason of [{ by: 'caller' }, 'enough', null, new Error('stop'), ...named]) {
    await onceMore(async () => {
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

/** In a wait before the call is repeated, also in one that another call began. */
async function endsInAWait(make: Make): Promise<void> {
  for (const [when, next] of [...TRANSIENT, ...REFUSED]) {
    for (const kind of KINDS) {
      await onceMore(async () => {
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

/** In the attempt after that wait. */
async function endsInASecondAttempt(make: Make): Promise<void> {
  const ends = FAILURES.flatMap(({ when, fail }) =>
    KINDS.map((kind) =>
      onceMore(async () => {
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
        if (signals.length > 0) end ??= await inTime(call); // it may have been sent again just now
        if (end === undefined && signals.length > 0)
          throw new GoesOn(kind, `end when it is aborted in an attempt ${when}`);
      }),
    ),
  );
  await Promise.all(ends);
}

/** Behind ten others, as in a queue. */
async function endsBehindOthers(make: Make): Promise<void> {
  for (const kind of KINDS) {
    await onceMore(async () => {
      const { signal, abort } = ending();
      const steady = make()(endless().fetch);
      const others = Promise.allSettled(Array.from({ length: 10 }, () => callWith(signal, steady, kind)));
      await endsByAbort(steady, 'behind others', kind).finally(abort);
      await inTime(others);
    });
  }
}

/** A call goes on that should have ended. */
class GoesOn extends Error {
  constructor(kind: Kind, expected: string) {
    super(`expected the ${kind} to ${expected}, but it goes on`);
  }
}

/** Says that a call goes on where it does so twice: a machine may be slow once. */
async function onceMore(claim: () => Promise<void>): Promise<void> {
  try {
    await claim();
  } catch (error) {
    if (!(error instanceof GoesOn)) throw error;
    await claim();
  }
}

/** A call that is aborted in a wait ends, and by nothing else than the caller's reason where the abort has ended it. */
async function endsByAbort(steady: Fetch, when: string, kind: Kind): Promise<void> {
  const controller = new AbortController();
  const call = abortedInTime(steady, kind, controller);
  let wasAborted = false;
  const over = (): void => {
    wasAborted = controller.signal.aborted;
  };
  call.then(over, over);
  const end = await inTime(settle(call));
  if (end === undefined) throw new GoesOn(kind, `end when it is aborted ${when}`);
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

/** What an aborted call is rejected with. It takes a few turns of the event loop at most. */
async function reasonOf(call: Promise<Response>, kind: Kind): Promise<unknown> {
  const outcome = await inTime(settle(call));
  if (outcome === undefined) throw new GoesOn(kind, 'reject when it is aborted');
  return errorOf(outcome);
}
