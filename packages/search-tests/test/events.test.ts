import { type Fetch, type Listener, observe, onAbort, type SteadfetchEvent, settle } from '@steadfetch/core';
import { networkError } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import { Call, compose } from 'steadfetch';
import { describe, it } from 'vitest';
import { macrotasks, SteppedTime } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Spec, specs, type Timing } from './support/stacks.ts';

quiet();

const API = 'https://api.test/things';

/** What a request meets: a status, an error, what is no error, nothing for ever, or a body that breaks. */
type Reply = number | 'ECONNRESET' | 'text' | 'hangs' | 'breaks';

interface Case {
  readonly spec: Spec;
  readonly replies: readonly Reply[];
  readonly calls: number;
  /** After so many steps of time the caller aborts, if it does. */
  readonly abortAfter: number | undefined;
  readonly conduct: 'none' | 'throws' | 'cancels' | 'goes now';
  readonly retryOff: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({ form: fc.constantFrom('compose', 'twice', 'rules', 'ky use'), offline: fc.constant(false) }),
  replies: fc.array(fc.constantFrom<Reply>(200, 404, 503, 429, 'ECONNRESET', 'text', 'hangs', 'breaks'), {
    minLength: 1,
    maxLength: 5,
  }),
  calls: fc.constantFrom(1, 1, 5),
  abortAfter: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  conduct: fc.constantFrom('none', 'throws', 'cancels', 'goes now'),
  retryOff: fc.boolean(),
});

type Subject = (listener: Listener, spec: Spec, timing: Timing) => (next: Fetch) => Fetch;

function serverOf(time: SteppedTime, replies: readonly Reply[]): Fetch {
  let sent = 0;
  return async (input, init) => {
    const { signal, url } = Call.from(input, init);
    const reply = replies[sent++ % replies.length]!;
    await time.sleep(5, signal);
    if (reply === 'text') throw 'a text';
    if (reply === 'ECONNRESET') throw networkError(reply, url);
    if (reply === 'hangs') return new Promise((_, reject) => void onAbort(signal, reject));
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
  check: async ({ spec, replies, calls, abortAfter, conduct, retryOff }, subject) => {
    const time = new SteppedTime(2);
    const told = new Map<number, SteadfetchEvent[]>();
    const listener: Listener = (event) => {
      told.set(event.callId, [...(told.get(event.callId) ?? []), event]);
      answer(conduct, event);
    };
    const steady = subject(listener, spec, { clock: time, random: seededRandom(1) })(serverOf(time, replies));
    const caller = new AbortController();
    const init = { signal: caller.signal, ...(retryOff && { retry: spec.form === 'ky use' ? 0 : false }) };
    const outcomes = Array.from({ length: calls }, () => settle(steady(API, init as RequestInit)));
    for (let step = 0; step < (abortAfter ?? 200); step++) await time.step();
    caller.abort(new Error('enough'));
    await Promise.all(outcomes);
    for (let step = 0; step < 5; step++) await time.step();
    await macrotasks(2);

    claim(told.size === calls, `${told.size} calls are told of, of ${calls}`);
    // a retry inside of what sends again numbers the attempts of each of its rounds
    const isOutside = spec.rateLimit && spec.order !== undefined;
    for (const events of told.values()) checkStory(events, !isOutside);
  },
};

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

const ours: Subject = (listener, spec, timing) =>
  compose(observe(listener, { clock: timing.clock }), build(spec, timing).wrap);

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
