import { type Fetch, settle } from '@steadfetch/core';
import { asFetched } from '../server/as-fetched.ts';
import { KINDS, ofKind, statusAfterTen, USED_UP } from './aborted-call.ts';
import {
  CONTRACT_URL,
  type ContractCheck,
  errorOf,
  failureOf,
  inTime,
  isDone,
  isRead,
  MAX_WAIT_MS,
  type Make,
  same,
  statusOf,
} from './contract-claim.ts';
import { endInTime, ending, FAILED, FAILURES, failingOnce, ok, probe, REPEATED } from './contract-probe.ts';
import { countUnhandled } from './count-unhandled.ts';
import { macrotask } from './macrotask.ts';

/** The own properties and the headers of a response, as text. A middleware must not change them. */
function writtenOn(response: Response): string {
  return [...Reflect.ownKeys(response), ...response.headers].map(String).join();
}

/** Checks of the responses and errors that the caller gets. */
export const outcomeChecks: Readonly<Record<string, ContractCheck>> = {
  'gives the response of next itself': async (make) => {
    // no 'Request' kind: its signal may have to end the body, which needs a new response
    for (const kind of ['GET', 'PUT', 'POST'] as const) {
      const short = new Response('ok', { headers: { 'content-length': '2' } });
      for (const given of [short, Response.json('ok'), new Response('none', { status: 404 })]) {
        const response = asFetched(given);
        const before = writtenOn(response);
        const next: Fetch = async () => response;
        const outcome = await settle(ofKind(kind, make()(next))(CONTRACT_URL));
        same(outcome.failed ? outcome.error : outcome.response, response, `the response to a ${kind}`);
        same(writtenOn(response), before, 'what is written on the response');
      }
    }
    await givesWhatARepetitionGot(make);
    const last = await endInTime(make()(async () => new Response('ok', { headers: USED_UP })));
    if (last !== undefined)
      same(statusOf(last), 200, 'the status of the answer after which nothing is left of a quota');
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
        let latest: Response | undefined; // of the call itself, not of one for a token
        const busy: Fetch = async (...call) => {
          const request = new Request(...call);
          const body = await request.text();
          const response = asFetched(new Response(body || 'busy', given.length >= 20 ? {} : { status, headers }));
          given.push(response);
          if (request.url.includes('/things')) latest = response;
          return response;
        };
        const last = await inTime(settle(make()(busy)(...args(signal))));
        abort();
        // waiting may help a busy server, but not a refused token
        if (status === 401) same(given.length <= 20, true, 'whether a 401 that stays is given within 20 calls');
        if (last !== undefined) {
          // after a failed renewal the caller gets the earlier response; if it is a copy, it is of the last one
          const own = given.find((response) => response === last.response) ?? latest;
          const others = given.filter((response) => response !== own);
          same(others.every(isDone), true, `whether each answer but the one that is given is read after a ${status}`);
        }
        if (last === undefined || given.length > 20) return; // the call waits, or repeats until it succeeds
        same(statusOf(last), status, 'the status of the last answer');
        same(isRead(last.response!), false, `whether the last body of a ${status} is used or locked`);
      }),
    );
  },

  'gives a 404, a 302 and a 204 as any other response': async (make) => {
    for (const [status, body] of [
      [404, 'none'],
      [400, 'bad'],
      [422, 'invalid'],
      [410, 'gone'],
      [412, 'changed'],
      [201, 'made'],
      [206, 'a part'],
      [302, 'moved'],
      [303, 'made'],
      [307, 'moved'],
      [304, null],
      [0, null],
      [204, null],
      [200, Uint8Array.of(0xff, 0, 0x80)], // not valid UTF-8: a middleware that copies the body as text would lose it
    ] as const) {
      const headers = new Headers([
        ['location', '/elsewhere'],
        ['etag', '"2"'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]);
      const { headers: expected } = new Response(null, { headers }); // browsers hide cookies
      const { fetch, asked } = probe(async ({ url }) =>
        status === 0 ? opaque() : asFetched(new Response(body, { status, headers }), url),
      );
      const ends = KINDS.map(async (kind) => {
        const outcome = await settle(ofKind(kind, make()(fetch))(CONTRACT_URL, { redirect: 'manual' }));
        same(statusOf(outcome), status, `the status of a ${status} to a ${kind}`);
        same(isRead(outcome.response!), false, `whether the body of a ${status} to a ${kind} is used or locked`);
        for (const name of status === 0 ? [] : ['etag', 'set-cookie'])
          same(outcome.response!.headers.get(name), expected.get(name), `${name} of a ${status} to a ${kind}`);
        same(
          await bytesOf(outcome.response!),
          await bytesOf(new Response(body)),
          `the body of a ${status} to a ${kind}`,
        );
      });
      await Promise.all(ends);
      same(asked.length, ends.length, `the number of calls of next for a ${status}`);
    }
    // skip rate limiters, which also hold or reject a call after ten successful ones
    if ((await statusAfterTen(make, ok)) !== 200) return;
    for (const status of [404, 400, 204, 304]) {
      const none: Fetch = async () => new Response(status < 400 ? null : 'none', { status });
      const last = await statusAfterTen(make, none, { ms: MAX_WAIT_MS });
      same(last, 200, `the status of a call after ten that gave a ${status}`);
    }
  },

  'gives a response before its body is there': async (make) => {
    // a stream, so that no middleware repeats the call
    const order = () => ({ method: 'POST', body: new Response('order').body!, duplex: 'half' }) as RequestInit;
    for (const [status, kind, init, type] of [
      ...KINDS.map((one) => [200, one, {}, 'application/json'] as const),
      [200, 'GET', {}, 'text/event-stream'],
      [404, 'GET', {}, 'text/html'],
      [500, 'GET', order(), 'application/json'],
      [422, 'GET', order(), 'application/json'],
    ] as const) {
      const pull = () => new Promise<void>(() => {});
      const headers = { 'content-type': type };
      const { fetch, asked } = probe(async ({ request }) => {
        await request.text(); // a real fetch sends the body
        return new Response(new ReadableStream({ pull }), { status, headers });
      });
      const controller = new AbortController();
      const call = ofKind(kind, make()(fetch))(CONTRACT_URL, { ...init, signal: controller.signal });
      const response = await inTime(call, MAX_WAIT_MS);
      same(response !== undefined, true, `whether there is a response ${status}`);
      const reader = response!.body!.getReader();
      void reader.read().catch(() => {});
      await macrotask();
      controller.abort();
      same(asked.at(-1)?.request.signal.aborted, true, 'whether next hears an abort while the body is read');
      void reader.cancel().catch(() => {});
    }
    await streamsWhatARepetitionGot(make);
    const cancelled = new Promise((resolve, reject) => {
      const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => resolve(true) });
      const given = make()(async () => new Response(body))(CONTRACT_URL);
      void given
        .then((response) => void response.body?.cancel()) // not awaited: if the body was cloned, a cancel never resolves
        .then(macrotask)
        .then(() => resolve(false), reject);
    });
    same(await inTime(cancelled, MAX_WAIT_MS), true, 'whether the body of next hears that it is cancelled');
  },

  'rejects with the error of next itself': async (make) => {
    for (const error of [new Error('rejected'), { odd: true, message: 'rejected' }]) {
      const members = (): string => [...Reflect.ownKeys(error), error.message].map(String).join();
      const before = members();
      const reject: Fetch = () => Promise.reject(error);
      for (const kind of KINDS)
        same(await failureOf(ofKind(kind, make()(reject))(CONTRACT_URL)), error, `the error of a ${kind}`);
      same(members(), before, 'what is written on the error'); // a frozen error would hide a write by sloppy-mode code
    }
    const failed = new Error('rejected');
    for (const kind of KINDS) {
      let isFailing = true;
      const { fetch } = probe(() => (isFailing ? Promise.reject(failed) : ok())); // rejects if it gets an aborted signal of another call
      const steady = ofKind(kind, make()(fetch));
      await endInTime(steady);
      isFailing = false;
      const next = await endInTime(steady);
      same(next?.error === failed, false, `whether a ${kind} fails with the error of another`);
      isFailing = true;
      const last = await endInTime(steady);
      same(last?.response !== undefined, false, `whether a ${kind} gives the response of another`);
    }
    const { signal, abort } = ending();
    const ends = REPEATABLE.map(async (args) => {
      const errors: Error[] = [];
      const failing: Fetch = async (...call) => {
        await new Request(...call).text(); // a real fetch sends the body
        if (errors.length >= 20) return ok();
        throw errors[errors.push(new TypeError('fetch failed')) - 1];
      };
      const end = await inTime(settle(make()(failing)(...args(signal))));
      if (end === undefined || errors.length >= 20) return; // the call waits, or repeats until it succeeds
      same(errorOf(end) === errors.at(-1), true, 'whether a call that may be repeated fails with its last error');
    });
    await Promise.all(ends).finally(abort);
    await endsWithItsLast(make, 'error');
    await endsWithItsLast(make, 'answer');
  },

  'rejects when next throws instead of rejecting': async (make) => {
    const error = new Error('thrown');
    const next: Fetch = () => {
      throw error;
    };
    const steady = make()(next);
    // a middleware that returns next itself cannot fail this check
    if (steady === next) return;
    await countUnhandled(async () => {
      // a new middleware for each, since a circuit breaker may open after one error
      for (const kind of KINDS)
        same(await failureOf(called(ofKind(kind, make()(next)))), error, `the error of a ${kind}`);
      // skip who also holds or rejects a call after ten that succeeded or failed: a rate limiter, a circuit breaker
      for (const earlier of [ok, () => Promise.reject(error)])
        if ((await statusAfterTen(make, earlier)) !== 200) return;
      const last = await statusAfterTen(make, next, { ms: MAX_WAIT_MS });
      same(last === 'no end in time', false, 'whether a call waits for ever after ten for which next threw');
    });
  },
};

async function givesWhatARepetitionGot(make: Make): Promise<void> {
  const ends = FAILURES.flatMap(({ when, fail }) =>
    KINDS.map(async (kind) => {
      const response = asFetched(Response.json('ok'));
      const before = writtenOn(response);
      const steady = make()(async () => response);
      const usual = await endInTime(ofKind(kind, steady));
      if (usual?.response !== response) return; // this middleware wraps the body, so that the signal can end it
      const { fetch } = failingOnce(fail, async () => response);
      const end = await endInTime(ofKind(kind, make()(fetch)));
      if (!end?.response?.ok) return; // the call waits, or was not repeated
      same(end.response, response, `the response to a ${kind} that is sent again ${when}`);
      same(writtenOn(response), before, 'what is written on the response');
    }),
  );
  await Promise.all(ends);
}

/** A repeated call gets its response before the body is complete, and an abort still ends that body. */
async function streamsWhatARepetitionGot(make: Make): Promise<void> {
  const pull = () => new Promise<void>(() => {});
  const ends = FAILURES.map(async ({ when, fail }) => {
    const { fetch, asked } = failingOnce(fail, async () => new Response(new ReadableStream({ pull })));
    const { signal, abort } = ending();
    const call = settle(make()(fetch)(CONTRACT_URL, { signal }));
    let end = await inTime(call);
    const [, again] = asked.filter(({ url }) => url.includes('/things'));
    if (again !== undefined) end ??= await inTime(call, MAX_WAIT_MS); // the retry may have been sent just now
    if (end?.response?.ok)
      void end.response.body
        ?.getReader()
        .read()
        .catch(() => {}); // some middlewares pass an abort on only while the body is read
    await macrotask();
    abort();
    if (again === undefined) return; // the call waits, or was not repeated
    same(end !== undefined, true, `whether there is a response to a call that is sent again ${when}`);
    if (end?.response?.ok)
      same(again.request.signal.aborted, true, `whether next hears an abort while the body is read ${when}`);
  });
  await Promise.all(ends);
}

/** Calls that may be repeated, and one that cannot, because its body is a stream. */
const REPEATABLE: readonly ((signal: AbortSignal) => [RequestInfo, RequestInit?])[] = [
  (signal) => [CONTRACT_URL, { signal }],
  (signal) => [CONTRACT_URL, { method: 'PUT', body: 'order', signal }],
  (signal) => [CONTRACT_URL, { method: 'POST', body: 'order', signal }], // after a 429, or with a new token
  (signal) => [new Request(CONTRACT_URL, { method: 'PUT', body: 'order', signal })],
  (signal) => [
    CONTRACT_URL,
    { method: 'PUT', body: new Response('order').body!, duplex: 'half', signal } as RequestInit,
  ],
];

/** A call must end with its last outcome: after an error and then 503s, or after a 503 and then errors. */
async function endsWithItsLast(make: Make, first: 'error' | 'answer'): Promise<void> {
  let sent = 0;
  let last: Response | undefined;
  const given: Response[] = [];
  const mixed: Fetch = async () => {
    last = undefined;
    if (++sent > 20) return ok();
    if ((sent === 1) === (first === 'error')) throw FAILED;
    last = new Response('busy', { status: 503 });
    given.push(last);
    return last;
  };
  const end = await endInTime(make()(mixed));
  if (end === undefined || sent > 20) return; // the call waits, or repeats until it succeeds
  if (end.failed) same(last === undefined, true, 'whether a call fails with its last outcome');
  else same(isRead(end.response), false, 'whether a call gives an answer that it has dropped');
  if (end.failed) same(given.every(isDone), true, 'whether an answer is read where a call fails after it');
}

async function bytesOf(response: Response): Promise<string> {
  return new Uint8Array(await response.arrayBuffer()).join();
}

/** A response as to a call with `mode: 'no-cors'`. Only its type shows that it is no failure. */
function opaque(): Response {
  return Object.defineProperty(Response.error(), 'type', { value: 'opaque' });
}

function called(steady: Fetch): Promise<Response> {
  try {
    return steady(CONTRACT_URL);
  } catch {
    throw new Error('expected the call to reject, but it threw what next threw');
  }
}
