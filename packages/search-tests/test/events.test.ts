import {
  type Clock,
  type Fetch,
  type Listener,
  type Middleware,
  observe,
  onAbort,
  type SteadfetchEvent,
  settle,
} from '@steadfetch/core';
import { networkError } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import { Call, compose } from 'steadfetch';
import { describe, it } from 'vitest';
import { macrotasks, SteppedTime } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Spec, specs, type Timing } from './support/stacks.ts';
import { askingResponse, spellings } from './support/told-waits.ts';

quiet();

const API = 'https://api.test/things';
const HOUR = 3_600_000;
/** No call takes so long. */
const LONG = 600_000;

/** What a request meets: a status, an error, what is no error, nothing for ever, also after an abort, or a body that breaks. */
type Reply = number | Asking | 'ECONNRESET' | 'text' | 'hangs' | 'hears nothing' | 'breaks';

/** An answer that asks to wait. A 200 is one that `inspect` calls failed. */
interface Asking {
  readonly status: 200 | 429 | 503;
  readonly by: string;
}

interface Case {
  readonly spec: Spec;
  readonly replies: readonly Reply[];
  readonly calls: number;
  /** After so many steps of time the caller aborts, if it does. */
  readonly abortAfter: number | undefined;
  readonly conduct: 'none' | 'throws' | 'cancels' | 'goes now';
  readonly retryOff: boolean;
  /** After so many steps the clock is set, if it is, by so many milliseconds. */
  readonly set: { readonly after: number; readonly by: number } | undefined;
}

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({ form: fc.constantFrom('compose', 'twice', 'rules', 'ky use'), offline: fc.constant(false) }),
  replies: fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom<Reply>(200, 404, 503, 429, 'ECONNRESET', 'text', 'hangs', 'hears nothing', 'breaks'),
      },
      fc.record({ status: fc.constantFrom<Asking['status']>(200, 429, 503), by: spellings }),
    ),
    { minLength: 1, maxLength: 5 },
  ),
  calls: fc.constantFrom(1, 1, 5),
  abortAfter: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 2 }),
  conduct: fc.constantFrom('none', 'throws', 'cancels', 'goes now'),
  retryOff: fc.boolean(),
  set: fc.option(fc.record({ after: fc.integer({ min: 0, max: 4 }), by: fc.constantFrom(8 * HOUR, -HOUR) }), {
    nil: undefined,
    freq: 2,
  }),
});

type Subject = (listener: Listener, spec: Spec, timing: Timing) => (next: Fetch) => Fetch;

function serverOf(time: SteppedTime, { replies, spec }: Case): Fetch {
  let sent = 0;
  return async (input, init) => {
    const { signal, url } = Call.from(input, init);
    const reply = replies[sent++ % replies.length]!;
    await time.sleep(5, signal);
    if (reply === 'text') throw 'a text';
    if (reply === 'ECONNRESET') throw networkError(reply, url);
    // without a timeout such a call never ends
    if (reply === 'hears nothing' && spec.attemptTimeout) return new Promise(() => {});
    if (reply === 'hangs' || reply === 'hears nothing') return new Promise((_, reject) => void onAbort(signal, reject));
    if (typeof reply === 'object') return askingResponse(reply.status, reply.by, time.now());
    if (typeof reply === 'number') return new Response('', { status: reply });
    return new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError('terminated')) }));
  };
}

/** What an observer does with what it hears. */
function answer(conduct: Case['conduct'], event: SteadfetchEvent): void {
  if (conduct === 'throws') throw new Error('of the observer');
  if (conduct === 'cancels' && event.attempt === 2 && 'cancel' in event) event.cancel?.();
  if (conduct === 'goes now' && event.type === 'wait') event.retryNow();
}

const oddStories: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    const { spec, replies, calls, abortAfter, conduct, retryOff, set } = given;
    const time = new SteppedTime(2);
    const told = new Map<number, SteadfetchEvent[]>();
    const listener: Listener = (event) => {
      told.set(event.callId, [...(told.get(event.callId) ?? []), event]);
      answer(conduct, event);
    };
    let sent = 0;
    const server = serverOf(time, given);
    const counting: Fetch = (input, init) => {
      sent++;
      return server(input, init);
    };
    const steady = subject(listener, spec, { clock: time, random: seededRandom(1) })(counting);
    const caller = new AbortController();
    const init = { signal: caller.signal, ...(retryOff && { retry: spec.form === 'ky use' ? 0 : false }) };
    let left = calls;
    for (let call = 0; call < calls; call++) void settle(steady(API, init as RequestInit)).finally(() => left--);
    const isOver = () => left === 0;
    for (let step = 0, idle = 0; !isOver() && idle < 20 && step < (abortAfter ?? 2_000); step++) {
      if (set?.after === step) await macrotasks(2).then(() => time.set(set.by));
      if (!(await time.step(isOver))) idle++;
    }
    const hangs = replies.includes('hangs') || replies.includes('hears nothing') || abortAfter !== undefined;
    claim(hangs || (isOver() && time.elapsed < LONG), `${left} calls go on after ${time.elapsed} ms`);
    caller.abort(new Error('enough'));
    for (let step = 0; step < 5 || (step < 50 && !isOver()); step++) await time.step();
    await macrotasks(2);

    claim(isOver(), `${left} calls go on after an abort`);
    claim(told.size === calls, `${told.size} calls are told of, of ${calls}`);
    const attempts = [...told.values()].flat().filter(({ type }) => type === 'attempt').length;
    // ky stands inside of the observer, and is one request to it
    claim(spec.form === 'ky use' || attempts === sent, `${attempts} attempts are told of, of ${sent}`);
    // a retry inside of what sends again numbers the attempts of each of its rounds
    const isOutside = spec.rateLimit && spec.order !== undefined;
    for (const events of told.values()) {
      checkStory(events, !isOutside);
      if (!set || set.by > 0) checkWaits(events);
    }
  },
};

/** No attempt begins before the answer to the one before it allows. */
function checkWaits(events: readonly SteadfetchEvent[]): void {
  let from = 0;
  for (const event of events) {
    if (event.type !== 'attempt') continue;
    const begun = event.at - event.ms;
    claim(begun >= from, `attempt ${event.attempt} comes ${from - begun} ms before it was asked to`);
    from = event.at + Number(event.response?.headers.get('x-asked') ?? 0);
  }
}

/** What comes after the end is told by requests that an abort has left behind. */
function checkStory(events: readonly SteadfetchEvent[], isNumbered: boolean): void {
  const types = events.map(({ type }) => type);
  const story = types.join();
  claim(types.indexOf('start') === 0 && types.lastIndexOf('start') === 0, `begins otherwise: ${story}`);
  const end = types.indexOf('end');
  claim(end > 0 && types.lastIndexOf('end') === end, `has no end, or two: ${story}`);
  claim(!types.slice(end).includes('wait'), `waits after its end: ${story}`);
  const { attempts } = events[end] as SteadfetchEvent & { readonly attempts: number };
  const sent = events.slice(0, end).filter(({ type }) => type === 'attempt');
  claim(sent.length === attempts, `counts ${attempts} attempts in ${story}`);
  const numbers = sent.map(({ attempt }) => attempt);
  claim(
    !isNumbered || numbers.every((attempt, index) => attempt > (numbers[index - 1] ?? 0)),
    `numbers its attempts ${numbers}`,
  );
  claim(
    events.every((event) => Object.isFrozen(event)),
    'can be changed',
  );
}

const inspect = ({ status, headers }: Response) => status === 200 && headers.has('x-asked');

const ours: Subject = (listener, spec, timing) =>
  compose(observe(listener, { clock: timing.clock }), build(spec, timing, { retry: { inspect } }).wrap);

/** Ours, where each call has to get through one more layer first. */
const behind =
  (layer: (clock: Clock) => Middleware): Subject =>
  (listener, spec, timing) =>
    compose(layer(timing.clock), ours(listener, spec, timing));

/** Hears through something that changes what it hears. */
const heardThrough =
  (change: (event: SteadfetchEvent, tell: (event: SteadfetchEvent) => void) => void): Subject =>
  (listener, spec, timing) =>
    ours((event) => change(event, (told) => void listener(told)), spec, timing);

const wrong: Record<string, Subject> = {
  'tells of no end after an abort': heardThrough((event, tell) => {
    if (event.type !== 'end' || (event.error as Error | undefined)?.message !== 'enough') tell(event);
  }),
  'tells the end of each attempt as that of the call': heardThrough((event, tell) => {
    tell(event);
    if (event.type === 'attempt' && event.error) tell({ ...event, type: 'end', attempts: event.attempt } as never);
  }),
  'loses an attempt': heardThrough((event, tell) => {
    if (event.type !== 'attempt' || event.attempt !== 2) tell(event);
  }),
  'counts each attempt as the first': heardThrough((event, tell) => {
    tell(Object.freeze({ ...event, attempt: event.type === 'attempt' ? 1 : event.attempt }));
  }),
  'comes back in half of the time': (listener, spec, { clock, random }) =>
    ours(listener, spec, {
      random,
      clock: { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(ms / 2, signal) },
    }),
  'waits as long as an attempt took': behind((clock) => (next) => async (input, init) => {
    const begun = clock.now();
    const response = await next(input, init);
    await clock.sleep(clock.now() - begun, init?.signal ?? undefined);
    return response;
  }),
  'waits until an instant': behind((clock) => (next) => async (input, init) => {
    const until = clock.now() + 10;
    while (clock.now() < until) await clock.sleep(until - clock.now(), init?.signal ?? undefined);
    return next(input, init);
  }),
  'hands observers what they can change': heardThrough((event, tell) => tell({ ...event })),
};

describe('what is told of a call', () => {
  it('has one beginning, one end and each attempt in order', () => expectNone(oddStories, ours, 300), PATIENCE);

  it.each(Object.keys(wrong))(
    'is found to be wrong where something %s',
    async (name) => {
      await expectFound(oddStories, wrong[name]!, 400);
    },
    PATIENCE,
  );
});
