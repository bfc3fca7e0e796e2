import { type Fetch, settle } from '@steadfetch/core';
import {
  CONTRACT_URL,
  type ContractCheck,
  errorOf,
  failureOf,
  inTime,
  isRead,
  PATIENT,
  same,
} from './contract-claim.ts';
import { ending, endless, ok, probe, REPEATED, UNTIL_IT_WAITS, watchListeners } from './contract-probe.ts';
import { countTimers } from './count-timers.ts';
import { countUnhandled } from './count-unhandled.ts';
import { macrotask } from './macrotask.ts';

/** The members and the headers of a response: it belongs to the caller as much as to a middleware. */
function writtenOn(response: Response): string {
  return [...Reflect.ownKeys(response), ...response.headers].map(String).join();
}

/** What comes back to the caller. */
export const outcomeChecks: Readonly<Record<string, ContractCheck>> = {
  'gives the response of next itself': async (make) => {
    for (const response of [new Response('ok'), Response.json('ok'), new Response('none', { status: 404 })]) {
      const before = writtenOn(response);
      same(await make()(async () => response)(CONTRACT_URL), response, 'the response');
      same(writtenOn(response), before, 'what is written on the response');
    }
  },

  'gives a response that nobody has read': async (make) => {
    const response = await make()(ok)(CONTRACT_URL);
    same(isRead(response), false, 'whether the body is used or locked');
    same(await response.text(), 'ok', 'the body');
    const ends = REPEATED.flatMap(([status, headers]) => REPEATABLE.map((args) => ({ status, headers, args })));
    await Promise.all(
      ends.map(async ({ status, headers, args }) => {
        const { signal, abort } = ending();
        const given: Response[] = [];
        const busy: Fetch = async (...call) => {
          const body = await new Request(...call).text();
          const response = new Response(body || 'busy', given.length >= 20 ? {} : { status, headers });
          given.push(response);
          return response;
        };
        const last = await inTime(settle(make()(busy)(...args(signal))));
        abort();
        // a wait may help a server that is busy, and no wait helps a token that is refused
        if (status === 401) same(given.length <= 20, true, 'whether a 401 that stays is given within 20 calls');
        if (last !== undefined) {
          // who renews a token in vain gives the answer before it; of a copy it is the last
          const own = given.find((response) => response === last.response) ?? given.at(-1);
          const others = given.filter((response) => response !== own);
          same(others.every(isRead), true, `whether each answer but the one that is given is read after a ${status}`);
        }
        if (last === undefined || given.length > 20) return; // it waits, or goes on until it is answered
        same(last.response?.status, status, 'the status of the last answer');
        same(isRead(last.response!), false, `whether the last body of a ${status} is used or locked`);
      }),
    );
  },

  'gives a 404, a 302 and a 204 as any other response': async (make) => {
    for (const [status, body] of [
      [404, 'none'],
      [400, 'bad'],
      [422, 'invalid'],
      [302, 'moved'],
      [204, null],
    ] as const) {
      const headers = { location: '/elsewhere' };
      const { fetch, asked } = probe(async () => new Response(body, { status, headers }));
      const response = await make()(fetch)(CONTRACT_URL, { redirect: 'manual' });
      same(response?.status, status, 'the status');
      same(asked.length, 1, 'the number of calls of next');
      same(await response.text(), body ?? '', 'the body');
    }
    // what limits calls also holds back or refuses one after ten that were answered
    if ((await lastOfEleven(make, ok)) !== 200) return;
    const none: Fetch = async () => new Response('none', { status: 404 });
    same(await lastOfEleven(make, none, PATIENT), 200, 'the status of a call after ten that gave a 404');
  },

  'gives a response before its body is there': async (make) => {
    for (const [status, init] of [
      [200, {}],
      [500, { method: 'POST', body: 'order' }],
    ] as const) {
      const body = new ReadableStream({ pull: () => new Promise(() => {}) });
      const headers = { 'content-type': 'application/json' };
      const { fetch, asked } = probe(async () => new Response(body, { status, headers }));
      const controller = new AbortController();
      const response = await inTime(make()(fetch)(CONTRACT_URL, { ...init, signal: controller.signal }), PATIENT);
      same(response !== undefined, true, `whether there is a response ${status}`);
      const reader = response!.body!.getReader();
      void reader.read().catch(() => {});
      await macrotask();
      controller.abort();
      same(asked[0]?.request.signal.aborted, true, 'whether next hears an abort while the body is read');
      void reader.cancel().catch(() => {});
    }
    const cancelled = await new Promise((resolve) => {
      const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => resolve(true) });
      const given = make()(async () => new Response(body))(CONTRACT_URL);
      void given
        .then((response) => void response.body?.cancel()) // where two read it, the first to cancel waits for ever
        .then(macrotask)
        .then(() => resolve(false));
    });
    same(cancelled, true, 'whether the body of next hears that it is cancelled');
  },

  'tells of a body that breaks off': async (make) => {
    const chunks = [new TextEncoder().encode('{"a":')];
    const pull = (stream: ReadableStreamDefaultController) =>
      chunks.length > 0 ? stream.enqueue(chunks.pop()) : stream.error(new TypeError('terminated'));
    const { fetch } = probe(async () => new Response(new ReadableStream({ pull })));
    const outcome = await settle(make()(fetch)(CONTRACT_URL, { method: 'POST', body: 'order' }));
    const read =
      outcome.failed ||
      (await outcome.response.text().then(
        () => false,
        () => true,
      ));
    same(read, true, 'whether the call or the reading fails');
  },

  'rejects with the error of next itself': async (make) => {
    for (const error of [new Error('rejected'), { odd: true }]) {
      same(await failureOf(make()(() => Promise.reject(Object.freeze(error)))(CONTRACT_URL)), error, 'the error');
    }
    const { signal, abort } = ending();
    const failed = new Error('rejected');
    let isFailing = true;
    const steady = make()(() => (isFailing ? Promise.reject(failed) : ok()));
    await inTime(settle(steady(CONTRACT_URL, { signal })));
    isFailing = false;
    const next = await inTime(settle(steady(CONTRACT_URL, { signal })));
    same(next?.error === failed, false, 'whether a call fails with the error of another');
    isFailing = true;
    const last = await inTime(settle(steady(CONTRACT_URL, { signal })));
    same(last?.response !== undefined, false, 'whether a call gives the response of another');
    const errors: Error[] = [];
    const failing: Fetch = () => {
      if (errors.length >= 20) return ok();
      return Promise.reject(errors[errors.push(new TypeError('fetch failed')) - 1]);
    };
    const end = await inTime(settle(make()(failing)(CONTRACT_URL, { signal })));
    abort();
    await endsWithItsLast(make, 'error');
    await endsWithItsLast(make, 'answer');
    if (end === undefined || errors.length >= 20) return; // it waits, or goes on until it is answered
    same(errorOf(end) === errors.at(-1), true, 'whether a call that may be repeated fails with its last error');
  },

  'rejects when next throws instead of rejecting': async (make) => {
    const error = new Error('thrown');
    const next: Fetch = () => {
      throw error;
    };
    const steady = make()(next);
    // One that hands back next itself does nothing that could be wrong.
    if (steady === next) return;
    await countUnhandled(async () => same(await failureOf(called(steady)), error, 'the error'));
  },

  'leaves no rejection unhandled': async (make) => {
    const unhandled = await countUnhandled(async () => {
      const error = new Error('rejected');
      await failureOf(make()(() => Promise.reject(error))(CONTRACT_URL));
      await failureOf(make()(endless().fetch)(CONTRACT_URL, { signal: AbortSignal.abort(error) }));
      await inTime(settle(abortedInTime(make()(endless().fetch))));
      const broken: Fetch = async () => {
        const pull = (body: ReadableStreamDefaultController) => body.error(new TypeError('terminated'));
        return new Response(new ReadableStream({ pull }), { status: 503 });
      };
      const { signal, abort } = ending();
      await inTime(settle(make()(broken)(CONTRACT_URL, { signal })));
      abort();
      for (let turns = 0; turns < 3; turns++) await macrotask();
    });
    same(unhandled, 0, 'the number of rejections that nobody handles');
  },

  "rejects with the caller's abort reason": async (make) => {
    for (const reason of [{ by: 'caller' }, 'enough', null, new Error('stop')]) {
      await onceMore(async () => {
        const { fetch, signals } = endless();
        const steady = make()(fetch);
        await abortsWith(reason, (signal) => steady(CONTRACT_URL, { signal }));
        await abortsWith(reason, (signal) => steady(new Request(CONTRACT_URL, { signal })));
        for (const signal of signals) {
          same(signal?.aborted && signal.reason, reason, 'the reason of the signal that next was given');
        }
        const before = steady(CONTRACT_URL, { signal: AbortSignal.abort(reason) });
        same(await reasonOf(before), reason, 'the reason from before');
      });
    }
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
    for (const kind of KINDS) {
      await onceMore(async () => {
        const { signal, abort } = ending();
        const steady = make()(endless().fetch);
        const others = Promise.allSettled(Array.from({ length: 10 }, () => steady(CONTRACT_URL, { signal })));
        await endsByAbort(steady, 'behind others', kind).finally(abort);
        await inTime(others);
      });
    }
  },

  'answers after calls that were aborted': async (make) => {
    // what limits calls also holds back or refuses one after ten that were answered
    if ((await lastOfEleven(make, ok)) !== 200) return;
    const status = await lastOfEleven(make, endless().fetch, PATIENT);
    same(status, 200, 'the status of a call after ten that were aborted');
  },

  'leaves no timer behind': async (make) => {
    const reject: Fetch = () => Promise.reject(new Error('rejected'));
    const timers = await countTimers(async () => {
      const steady = make()(() => macrotask().then(ok));
      const read = async () => (await steady(CONTRACT_URL)).text();
      await inTime(Promise.allSettled([read(), read()])); // what never ends would keep all others waiting that count
      const { signal, abort } = ending();
      const failing = settle(make()(reject)(CONTRACT_URL, { signal }));
      await inTime(failing);
      abort();
      await inTime(failing);
      await inTime(settle(make()(endless().fetch)(CONTRACT_URL, { signal })));
      for (const [, next] of TRANSIENT) {
        for (const kind of KINDS) await inTime(settle(abortedInTime(make()(next), kind)));
      }
    });
    same(timers, 0, 'the number of timers that are left');
  },

  "leaves no listener on the caller's signal": async (make) => {
    const reject: Fetch = () => Promise.reject(new Error('rejected'));
    const ends: [string, Fetch, boolean][] = [
      ['after a response', ok, false],
      ['after an error', reject, false],
      ['after an abort', endless().fetch, true],
      ...[...TRANSIENT, ...REFUSED].map(([when, next]): [string, Fetch, boolean] => [when, next, false]),
    ];
    for (const [when, first, aborts] of ends) {
      for (const kind of KINDS) {
        let sent = 0;
        const next: Fetch = (...call) => (++sent === 1 ? first(...call) : ok());
        const controller = new AbortController();
        const request = new Request(CONTRACT_URL, { signal: controller.signal });
        const signal = kind === 'init' ? controller.signal : request.signal;
        const listeners = watchListeners(signal);
        const steady = make()(next);
        const end = kind === 'init' ? steady(CONTRACT_URL, { signal }) : steady(request);
        const read = end.then((response) => response.text()).catch(() => {});
        if (aborts) controller.abort();
        if (!(await inTime(read.then(() => true)))) controller.abort(); // it waits, and sends it again
        await inTime(read);
        await macrotask();
        same(listeners.count, 0, `the number of listeners ${when}, on the signal of ${kind}`);
      }
    }
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

/** What the `fetch` of Node says of a connection that is lost. */
const FAILED = /* @__PURE__ */ Object.freeze(new TypeError('fetch failed'));

/** What a middleware may repeat after a wait of its own. */
const TRANSIENT: readonly [string, Fetch][] = [
  ['after a 503', copiedOnce],
  ['after an error', () => Promise.reject(FAILED)],
];

/** Who waits until the body of such an answer is cancelled waits for ever: another holds a copy. */
async function copiedOnce(): Promise<Response> {
  const response = new Response('busy', { status: 503 });
  response.clone();
  return response;
}

/** After these it may begin what other calls wait for as well, such as a pause, or a new token. */
const REFUSED: readonly [string, Fetch][] = [
  ['after a 429', async () => new Response('slow down', { status: 429, headers: { 'retry-after': '5' } })],
  ['after a 401', async () => new Response('who are you?', { status: 401 })],
];

/** A call goes on that should have ended. */
class GoesOn extends Error {
  constructor(expected: string) {
    super(`expected the call ${expected}, but it goes on`);
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

/** How a signal comes. */
const KINDS = ['init', 'Request'] as const;

/** Calls that may be sent again, and such that cannot: a stream is read once. */
const REPEATABLE: readonly ((signal: AbortSignal) => [RequestInfo, RequestInit?])[] = [
  (signal) => [CONTRACT_URL, { signal }],
  (signal) => [CONTRACT_URL, { method: 'PUT', body: 'order', signal }],
  (signal) => [new Request(CONTRACT_URL, { method: 'PUT', body: 'order', signal })],
  (signal) => [
    CONTRACT_URL,
    { method: 'PUT', body: new Response('order').body!, duplex: 'half', signal } as RequestInit,
  ],
];

/** A call that its caller aborts in the wait after a failure. By microtasks: behind a clock that skips waits nothing else may ever run. */
function abortedInTime(
  steady: Fetch,
  kind: (typeof KINDS)[number] = 'init',
  controller = new AbortController(),
): Promise<Response> {
  void (async () => {
    for (let turns = 0; turns < UNTIL_IT_WAITS; turns++) await undefined;
    controller.abort();
  })();
  const init = { signal: controller.signal };
  return kind === 'init' ? steady(CONTRACT_URL, init) : steady(new Request(CONTRACT_URL, init));
}

/** A call that is aborted in a wait ends, and by nothing else than the caller's reason where the abort has ended it. */
async function endsByAbort(steady: Fetch, when: string, kind?: (typeof KINDS)[number]): Promise<void> {
  const controller = new AbortController();
  const call = abortedInTime(steady, kind, controller);
  let wasAborted = false;
  const over = (): void => {
    wasAborted = controller.signal.aborted;
  };
  call.then(over, over);
  const end = await inTime(settle(call));
  if (end === undefined) throw new GoesOn(`to end when it is aborted ${when}`);
  if (end.failed && wasAborted && end.error !== FAILED) same(end.error, controller.signal.reason, `the reason ${when}`);
  if (!end.failed) same(isRead(end.response), false, `whether the answer to a call that is aborted ${when} is read`);
}

/** Behind one error and then answers of 503, or one answer and then errors, no call ends with what came before. */
async function endsWithItsLast(make: Parameters<ContractCheck>[0], first: 'error' | 'answer'): Promise<void> {
  const { signal, abort } = ending();
  let sent = 0;
  let last: Response | undefined;
  const mixed: Fetch = async () => {
    last = undefined;
    if (++sent > 20) return ok();
    if ((sent === 1) === (first === 'error')) throw FAILED;
    last = new Response('busy', { status: 503 });
    return last;
  };
  const end = await inTime(settle(make()(mixed)(CONTRACT_URL, { signal })));
  abort();
  if (end === undefined || sent > 20) return; // it waits, or goes on until it is answered
  if (end.failed) same(last === undefined, true, 'whether a call fails with its last outcome');
  else same(isRead(end.response), false, 'whether a call gives an answer that it has dropped');
}

/** The status of a call after ten to another fetch, each aborted if it is not answered, if it comes in time. */
async function lastOfEleven(
  make: Parameters<ContractCheck>[0],
  before: Fetch,
  ms?: number,
): Promise<number | undefined> {
  let next = before;
  const steady = make()((...call) => next(...call));
  const read = () => abortedInTime(steady).then((response) => response.text());
  await inTime(Promise.allSettled(Array.from({ length: 10 }, read)));
  next = ok;
  const { signal, abort } = ending();
  const last = await inTime(settle(steady(CONTRACT_URL, { signal })), ms);
  abort();
  return last === undefined || last.failed ? undefined : last.response.status;
}

function called(steady: Fetch): Promise<Response> {
  try {
    return steady(CONTRACT_URL);
  } catch {
    throw new Error('expected the call to reject, but it threw what next threw');
  }
}

async function abortsWith(reason: unknown, call: (signal: AbortSignal) => Promise<Response>): Promise<void> {
  const controller = new AbortController();
  const end = call(controller.signal);
  end.catch(() => {});
  await macrotask();
  controller.abort(reason);
  same(await reasonOf(end), reason, 'the reason');
}

/** What an aborted call is rejected with. It takes a few turns of the event loop at most. */
async function reasonOf(call: Promise<Response>): Promise<unknown> {
  const outcome = await inTime(settle(call));
  if (outcome === undefined) throw new GoesOn('to reject when it is aborted');
  return errorOf(outcome);
}
