import { type Fetch, settle } from '@steadfetch/core';
import { abortedInTime, callWith, KINDS, ofKind, REFUSED, TRANSIENT } from './aborted-call.ts';
import { backgroundWork, CONTRACT_URL, type ContractCheck, failureOf, inTime, same } from './contract-claim.ts';
import { endInTime, ending, endless, failingOnce, ok, untilItWaits, watchListeners } from './contract-probe.ts';
import { countTimers } from './count-timers.ts';
import { countUnhandled } from './count-unhandled.ts';
import { macrotask } from './macrotask.ts';

const reject: Fetch = () => Promise.reject(new Error('rejected'));

/** Checks that a call leaves nothing behind. */
export const leftoverChecks: Readonly<Record<string, ContractCheck>> = {
  'leaves no rejection unhandled': async (make) => {
    const unhandled = await countUnhandled(async () => {
      const error = new Error('rejected');
      const fail: Fetch = () => Promise.reject(error);
      for (const kind of KINDS) {
        await failureOf(ofKind(kind, make()(fail))(CONTRACT_URL));
        await failureOf(callWith(AbortSignal.abort(error), make()(endless().fetch), kind));
        await inTime(settle(abortedInTime(make()(endless().fetch), kind)));
      }
      for (const status of [503, 200]) {
        const broken: Fetch = async () => {
          const pull = (body: ReadableStreamDefaultController) => body.error(new TypeError('terminated'));
          return new Response(new ReadableStream({ pull }), { status, headers: { 'cache-control': 'max-age=60' } });
        };
        await (await endInTime(make()(broken)))?.response?.text().catch(() => {});
      }
      const kept = new Response('kept', {
        headers: { 'cache-control': 'max-age=0, stale-while-revalidate=60', etag: '"1"' },
      });
      let sent = 0;
      const steady = make()(() => (sent++ === 0 ? Promise.resolve(kept) : reject(CONTRACT_URL)));
      for (let calls = 0; calls < 3; calls++) await endInTime(steady);
      for (let turns = 0; turns < 3; turns++) await macrotask();
    });
    same(unhandled, 0, 'the number of rejections that nobody handles');
  },

  'leaves no timer behind': async (make) => {
    const timers = await countTimers(async () => {
      const { signal, abort } = ending();
      const second = ending();
      const steady = make()(() => macrotask().then(ok));
      const read = async (call: Promise<Response>) => (await call).text();
      const first = read(steady(CONTRACT_URL));
      const all = Promise.allSettled([first, ...KINDS.map((kind) => read(callWith(second.signal, steady, kind)))]);
      // abort what does not end: other checks wait for this one. A rate limiter may hold the second call.
      if (!(await inTime(all))) second.abort();
      await inTime(all);
      const failing = settle(make()(reject)(CONTRACT_URL, { signal }));
      await inTime(failing);
      abort();
      await inTime(failing);
      await inTime(settle(make()(endless().fetch)(CONTRACT_URL, { signal })));
      for (const [, next] of TRANSIENT) {
        for (const kind of KINDS) await inTime(settle(abortedInTime(make()(next), kind)));
        const again = () => make()(failingOnce(() => next(CONTRACT_URL)).fetch);
        await Promise.all(KINDS.map((kind) => endInTime(ofKind(kind, again()))));
      }
      await backgroundWork(); // a browser needs a moment to drain a discarded body
    });
    same(timers, 0, 'the number of timers that are left');
  },

  'keeps the process alive while it waits': async (make) => {
    const ends = [...TRANSIENT, ...REFUSED, ['behind others', ok] as const];
    for (const [when, next] of ends) {
      for (const kind of KINDS) {
        const { signal, abort } = ending();
        let isFree = false;
        await countTimers(async (left) => {
          let before: unknown[] = [];
          let isSent = (): void => {};
          const last: Fetch = (...call) => {
            before = left(); // a timeout of the attempt may be unref'ed: the connection keeps the process alive
            isSent();
            return next(...call);
          };
          const steady = make()(last);
          // an earlier call may make later ones wait: after a failure the next, at a limit one of ten
          for (let calls = next === ok ? 10 : 2; calls > 0 && !isFree; calls--) {
            before = left();
            const sent = new Promise<void>((resolve) => {
              isSent = resolve;
            });
            let isOver = false; // after the end, a timer may be for later work, such as writing a log
            const end = settle(callWith(signal, steady, kind)).then(async ({ response }) => {
              await response?.text().catch(() => {});
              isOver = true;
            });
            await inTime(Promise.race([sent, end])); // a call may be signed before it is sent
            await untilItWaits();
            const timers = left() as { hasRef?: () => boolean }[];
            const isHeld = timers.some((timer) => timer.hasRef?.() !== false);
            isFree = !isOver && !isHeld && timers.some((timer) => !before.includes(timer));
            if (!isOver && next === ok) break;
          }
          abort();
          await macrotask();
        });
        same(isFree, false, `whether Node may exit while a ${kind} waits ${when}`);
      }
    }
  },

  "leaves no listener on the caller's signal": async (make) => {
    const ends: [string, Fetch, boolean][] = [
      ['after a response', ok, false],
      ['after an error', reject, false],
      ['after an abort', endless().fetch, true],
      ...[...TRANSIENT, ...REFUSED].map(([when, next]): [string, Fetch, boolean] => [when, next, false]),
    ];
    const all = ends.flatMap(([when, first, aborts]) =>
      KINDS.map(async (kind) => {
        let sent = 0;
        const next: Fetch = (...call) => (++sent === 1 ? first(...call) : ok());
        const controller = new AbortController();
        const request = new Request(CONTRACT_URL, { signal: controller.signal });
        const signal = kind === 'Request' ? request.signal : controller.signal;
        const listeners = watchListeners(signal);
        const steady = make()(next);
        const end = kind === 'Request' ? steady(request) : callWith(signal, steady, kind);
        const read = end.then((response) => response.text()).catch(() => {});
        if (aborts) controller.abort();
        if (!(await inTime(read.then(() => true)))) controller.abort(); // the call waits for a retry
        await inTime(read);
        await macrotask();
        same(listeners.count, 0, `the number of listeners ${when}, on the signal of a ${kind}`);
      }),
    );
    await Promise.all(all);
    const { signal, abort } = ending();
    const listeners = watchListeners(signal);
    const steady = make()(() => macrotask().then(ok));
    const read = () => steady(CONTRACT_URL, { signal }).then((response) => response.text());
    const ten = Promise.allSettled(Array.from({ length: 10 }, read));
    if (!(await inTime(ten))) abort();
    await inTime(ten);
    await macrotask();
    same(listeners.count, 0, 'the number of listeners after ten calls at once');
  },
};
