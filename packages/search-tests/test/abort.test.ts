import { getEventListeners } from 'node:events';
import { onAbort, settle, systemClock } from '@steadfetch/core';
import { fakeFetch, type Reply } from '@steadfetch/testing';
import fc from 'fast-check';
import { bodyFactory, Call, compose, defineMiddleware, type Fetch, type Middleware, type Outcome } from 'steadfetch';
import { describe, it } from 'vitest';
import { macrotasks, nameOf, SteppedTime } from './support/drive.ts';
import { fetchInside, type Inside, insides } from './support/fetch-inside.ts';
import { collectGarbage } from './support/gc.ts';
import { handlingAll } from './support/handling-all.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { type Built, build, type Spec, specs, type Timing } from './support/stacks.ts';

quiet();

const API = 'https://api.test/things';

type Form = 'init' | 'Request' | 'Request with body' | 'stream' | 'factory' | 'slow factory' | 'slow key';

interface Case {
  readonly spec: Spec;
  readonly script: readonly Reply[];
  readonly form: Form;
  readonly inside: Inside;
  /** Whether the call goes on until its body is read. */
  readonly reads: boolean;
  readonly calls: number;
  readonly reason: unknown;
  /** So many turns after the call: of the microtask queue, of the event loop, of time. */
  readonly turns: readonly ('promise' | 'loop' | 'time')[];
  readonly gc: boolean;
  /** Timers of the machine in place of a clock. */
  readonly real: boolean;
}

const reasons = fc.constantFrom<unknown>(
  undefined,
  null,
  0,
  '',
  'enough',
  new Error('stop'),
  { by: 'caller' },
  Symbol('stop'),
  new DOMException('gone', 'AbortError'),
  new DOMException('late', 'TimeoutError'),
  Promise.resolve('a promise'),
);

const replies = fc.constantFrom<Reply>(
  200,
  503,
  429,
  { status: 429, headers: { 'retry-after': '5' } },
  { status: 503, headers: { 'retry-after': '2' } },
  { error: 'ECONNRESET' },
  { fault: 'stall-headers' },
  { status: 200, delay: 700 },
  { fault: 'stall-body' },
  { fault: 'reset-mid-body' },
);

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({ form: fc.constantFrom('compose', 'twice', 'rules', 'ky use', 'ky hooks') }),
  script: fc.array(replies, { minLength: 1, maxLength: 4 }),
  form: fc.constantFrom<Form>('init', 'Request', 'Request with body', 'stream', 'factory', 'slow factory', 'slow key'),
  inside: insides,
  reads: fc.boolean(),
  calls: fc.constantFrom(1, 1, 4),
  reason: reasons,
  turns: fc.array(fc.constantFrom('promise', 'promise', 'loop', 'time'), { maxLength: 24 }),
  real: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  gc: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});

type Subject = (spec: Spec, timing: Timing, form: Form) => Built;

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** A call that may be aborted, and what it holds. */
interface Started {
  readonly call: Promise<Response>;
  /** Whether a stream of the caller is still open. */
  isOpen(): boolean;
}

function start(steady: Fetch, { form, spec, reads }: Case, signal: AbortSignal): Started {
  const { call, isOpen } = send(steady, form, spec, signal);
  return { call: reads ? call.then(async (response) => new Response(await response.text())) : call, isOpen };
}

function send(steady: Fetch, form: Form, { key }: Spec, signal: AbortSignal): Started {
  const post = { method: 'POST', headers: { 'idempotency-key': 'a' }, signal };
  const closed = () => false;
  switch (form) {
    case 'Request':
      return { call: steady(new Request(API, { signal })), isOpen: closed };
    case 'Request with body':
      return { call: steady(new Request(API, { ...post, body: 'x', ...(key && { headers: {} }) })), isOpen: closed };
    case 'stream': {
      let open = true;
      const body = new ReadableStream({
        pull: () => new Promise(() => {}),
        cancel: () => {
          open = false;
        },
      });
      return { call: steady(API, { ...post, body, duplex: 'half' } as RequestInit), isOpen: () => open };
    }
    case 'factory':
      return { call: steady(API, { ...post, body: bodyFactory(() => 'x') }), isOpen: closed };
    case 'slow factory':
      return { call: steady(API, { ...post, body: bodyFactory(() => new Promise(() => {})) }), isOpen: closed };
    case 'slow key':
      return { call: steady(API, { method: 'POST', body: 'x', signal }), isOpen: closed };
    default:
      return { call: steady(API, { signal }), isOpen: closed };
  }
}

const deafCalls: Search<Case, Subject> = {
  cases,
  check: handlingAll(async (given, subject) => {
    const { spec, script, form, inside, reads, calls, reason, turns, gc, real } = given;
    // ky hands on a Request of its own: the text of a function, and a copy of a stream
    if (spec.form.startsWith('ky') && /factory|stream/.test(form)) return;
    // ky itself, without us, does not hear an abort in its second attempt after a garbage collection
    if (spec.form.startsWith('ky') && gc) return;
    // a Request made of another does not hear its signal after a garbage collection, and listens to it as long as it lives (undici)
    const makesRequest = inside === 'makes a Request of both';
    if (gc && (makesRequest || inside === 'passes on a Request alone')) return;
    // the fetch of Node does not hear the signal of a Request that was collected while its answer is read (undici)
    if (gc && reads && form.startsWith('Request')) return;
    const time = new SteppedTime(1);
    /** The signals of requests that are not answered yet. */
    const signals = new Set<AbortSignal | undefined>();
    /** As a connection does, which holds the body that it still brings. */
    const held: Outcome[] = [];
    const fake = fakeFetch(script, { clock: time });
    const below = fetchInside(inside)((input, init) => {
      const { signal } = Call.from(input, init);
      signals.add(signal);
      const answer = fake(input, init);
      void settle(answer).then((outcome) => {
        signals.delete(signal);
        held.push(outcome);
      });
      return answer;
    });
    const timers = countTimers();
    const clock = real ? systemClock : time;
    const built = subject(spec, { clock, random: () => 0.9 }, form);
    const steady = built.wrap(below);
    const controller = new AbortController();
    const outcomes: (Outcome | undefined)[] = [];
    const started = Array.from({ length: calls }, (_, index) => {
      const one = start(steady, given, controller.signal);
      void settle(one.call).then((outcome) => {
        outcomes[index] = outcome;
      });
      return one;
    });
    await pass(turns, time);
    if (gc) collectGarbage();
    await macrotasks(gc ? 1 : 0);
    const ended = Array.from({ length: calls }, (_, index) => outcomes[index]);
    controller.abort(reason);
    const expected = controller.signal.reason;
    await macrotasks(30);
    for (const [index, before] of ended.entries()) {
      const after = outcomes[index];
      claim(after !== undefined, 'the call goes on after the abort');
      if (before === undefined && after!.failed && !Object.is(after!.error, expected)) {
        const other = await endsByItself(given, subject, index);
        if (other) continue;
        claim(Object.is(after!.error, expected), `rejected with ${nameOf(after!)} in place of the reason`);
      }
      // that of a call which failed unsent before the abort is its owner's
      if (before === undefined)
        claim(!(after!.failed && started[index]!.isOpen()), 'a stream of the caller stays open');
    }
    if (outcomes.every((one) => one?.failed) && ended.every((one) => one === undefined)) {
      claim(
        getEventListeners(controller.signal, 'abort').length === 0 ||
          form.startsWith('Request') ||
          makesRequest ||
          spec.form.startsWith('ky'),
        'a listener stays on the signal',
      );
      claim(signals.size === 0, 'the fetch inside is not told');
      const left = real ? countTimers() - timers : time.pending;
      // a gate that is closed has one, and so has a response that was let go
      const mayHave = spec.rateLimit || (real && turns.length > 0);
      claim(left <= 0 || mayHave, `${left} timers are left`);
    }
    const { concurrency, rateLimit } = built.snapshot() as {
      concurrency?: { active: number; queued: number };
      rateLimit?: { waiting: number; inFlight: number }[];
    };
    if (concurrency)
      claim(concurrency.active + concurrency.queued === 0, `slots are held: ${JSON.stringify(concurrency)}`);
    for (const gate of rateLimit ?? [])
      claim(gate.waiting + gate.inFlight === 0, `held by a gate: ${JSON.stringify(gate)}`);
  }),
};

/** Whether a call has its outcome without an abort, in the turns that it had and the rest of the last one. */
async function endsByItself(given: Case, subject: Subject, index: number): Promise<boolean> {
  const { spec, script, form, inside, calls, turns, real } = given;
  const time = new SteppedTime(1);
  const timing = { clock: real ? systemClock : time, random: () => 0.9 };
  const steady = subject(spec, timing, form).wrap(fetchInside(inside)(fakeFetch(script, { clock: time })));
  const { signal } = new AbortController();
  const ended = Array.from({ length: calls }, (_, n) => {
    const { call } = start(steady, given, signal);
    return { n, over: settle(call) };
  });
  let isOver = false;
  void ended[index]!.over.then(() => {
    isOver = true;
  });
  await pass(turns, time);
  await macrotasks(2);
  return isOver;
}

async function pass(turns: Case['turns'], time: SteppedTime): Promise<void> {
  for (const turn of turns) {
    if (turn === 'promise') await undefined;
    else if (turn === 'loop') await macrotasks(1);
    else await time.step();
  }
}

const ours: Subject = (spec, timing, form) =>
  build(form === 'slow key' ? { ...spec, key: true } : spec, timing, {
    ...(form === 'slow key' && { idempotencyKey: { generate: () => new Promise<string>(() => {}) } }),
  });

function wrongly(layer: (timing: Timing) => Middleware): Subject {
  return (_, timing) => ({ wrap: layer(timing), snapshot: () => ({}) });
}

const repeating = (wait: (timing: Timing, call: Call) => Promise<void>) => (timing: Timing) =>
  defineMiddleware(async (call, next) => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await settle(next(call));
      if (outcome.response && (attempt > 2 || outcome.response.status < 500)) return outcome.response;
      if (call.signal?.aborted || attempt > 2) throw outcome.error;
      await wait(timing, call);
    }
  });

const wrong: Record<string, Subject> = {
  'sleeps without the signal': wrongly(repeating(({ clock }) => clock.sleep(1_000))),
  'has an error of its own': wrongly(
    () => (next) => (input, init) =>
      next(input, init).catch((error) => Promise.reject(init?.signal?.aborted ? new Error('aborted') : error)),
  ),
  'replaces a reason that is falsy': wrongly(
    () => (next) => (input, init) => next(input, init).catch((error) => Promise.reject(error || new Error('aborted'))),
  ),
  'leaves a listener': wrongly(() => (next) => (input, init) => {
    init?.signal?.addEventListener('abort', () => {}, { once: false });
    return next(input, init);
  }),
  'hands on another signal': wrongly(
    () => (next) => (input, init) => next(input, { ...init, signal: new AbortController().signal }),
  ),
  'hears nothing once there is a response': wrongly(() =>
    defineMiddleware(async (call, next) => {
      const link = new AbortController();
      const release = onAbort(call.signal, (reason) => link.abort(reason));
      return next(call.with({ signal: link.signal })).finally(release);
    }),
  ),
  'takes the signal out of a Request': wrongly(
    () => (next) => (input, init) =>
      input instanceof Request
        ? next(new Request(input, { signal: null }), { signal: input.signal, ...init })
        : next(input, init),
  ),
  'leaves a timer': wrongly(({ clock }) => (next) => (input, init) => {
    void clock.sleep(1_000).catch(() => {});
    return next(input, init);
  }),
  'waits before it sends a stream': wrongly(() => (next) => async (input, init) => {
    await macrotasks(1);
    init?.signal?.throwIfAborted();
    return next(input, init);
  }),
  'lets a rejection go': wrongly(() => (next) => (input, init) => {
    const answer = next(input, init);
    void answer.then(() => {});
    return answer;
  }),
  'does not hear a factory': wrongly(() =>
    compose(
      defineMiddleware(async (call, next) => {
        if (typeof (call.init?.body as unknown) === 'function')
          await (call.init!.body as unknown as () => Promise<string>)();
        return next(call);
      }),
    ),
  ),
};

describe('an abort', () => {
  it('ends every call at once, with its reason, and leaves nothing', () => expectNone(deafCalls, ours, 300), PATIENCE);

  it.each(Object.keys(wrong))('is found to be mistreated by a layer that %s', async (name) => {
    await expectFound(deafCalls, wrong[name]!, 500);
  });
});
