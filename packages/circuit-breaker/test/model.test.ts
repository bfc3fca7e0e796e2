import {
  breaker,
  CircuitOpenError,
  circuitBreaker,
  consecutive,
  countWindow,
  timeWindow,
} from '@steadfetch/circuit-breaker';
import { instantClock } from '@steadfetch/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ReferenceRule, reference, type Verdict } from './reference.ts';

const KEY = 'https://api.test';
const share = (log: { failed: boolean }[]) => log.filter(({ failed }) => failed).length / log.length;
const slowShare = (log: { slow: boolean }[]) => log.filter(({ slow }) => slow).length / log.length;

/** Each rule with its reference. Windows of at most 100 ms, where the slices of a time window are exact. */
const RULES: [string, ReturnType<typeof consecutive>, ReferenceRule][] = [
  [
    'consecutive',
    consecutive(3),
    { opens: (log) => log.length >= 3 && share(log.slice(-3)) === 1, slowerThan: Number.POSITIVE_INFINITY },
  ],
  [
    'countWindow',
    countWindow({ size: 5, failureRatio: 0.6, minCalls: 3 }),
    { opens: (log) => log.length >= 3 && share(log.slice(-5)) >= 0.6, slowerThan: Number.POSITIVE_INFINITY },
  ],
  [
    'timeWindow',
    timeWindow({ window: 100, failureRatio: 0.5, minCalls: 3, slowerThan: 40, slowCallRatio: 0.75 }),
    {
      opens: (log, now) => {
        const recent = log.filter(({ at }) => at > now - 100);
        return recent.length >= 3 && (share(recent) >= 0.5 || slowShare(recent) >= 0.75);
      },
      slowerThan: 40,
    },
  ],
];

const verdict = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Verdict>('failure') },
  { weight: 2, arbitrary: fc.constant<Verdict>('success') },
  { weight: 1, arbitrary: fc.constant<Verdict>('neutral') },
);
const ms = fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 3_000 }), fc.constant(3_600_000));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('acquire' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(), verdict }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: -5_000_000, max: -1 }) }),
  },
);
const steps = fc.array(step, { maxLength: 80, size: 'max' });
const settings = fc.record({ probes: fc.integer({ min: 1, max: 3 }), probeTimeout: fc.integer({ min: 1, max: 500 }) });

function setup(rule: number, { probes, probeTimeout }: { probes: number; probeTimeout: number }) {
  const clock = instantClock();
  const [, real, model] = RULES[rule]!;
  const options = { rule: real, openFor: 100, probes, probeTimeout, clock, random: () => 0 };
  return { clock, options, expected: reference({ rule: model, first: 100, probes, probeTimeout }) };
}

it.each(RULES.map(([name], index) => [name, index] as const))('behaves as its model under %s', (_, rule) => {
  fc.assert(
    fc.property(settings, steps, (chosen, schedule) => {
      const { clock, options, expected } = setup(rule, chosen);
      const circuits = breaker(options);
      const permits: ReturnType<typeof circuits.acquire>[] = [];

      for (const next of schedule) {
        if (next.do === 'acquire') {
          const permit = circuits.acquire(KEY);
          permits.push(permit);
          expect(Boolean(permit)).toBe(expected.acquire());
        } else if (next.do === 'settle') {
          const index = permits.length === 0 ? 0 : next.which % permits.length;
          if (!permits[index]) continue;
          permits[index].settle(next.verdict);
          expected.settle(index, next.verdict);
        } else {
          clock.advance(next.ms);
          expected.advance(next.ms);
        }
        const { state, openings, retryAfter } = circuits.snapshot(KEY);
        expect({ state, openings }).toEqual({ state: expected.state, openings: expected.openings });
        expect(expected.left ?? retryAfter).toBe(retryAfter);
        expect(expected.slotsHeld).toBeLessThanOrEqual(chosen.probes);
      }

      recovers(circuits, clock, chosen.probeTimeout);
    }),
    { numRuns: 150 },
  );
});

/**
 * Whatever has happened, and whatever calls were lost on the way: a server that is well again gets its calls back.
 * Failures still in a window may open the circuit once more, hence two rounds.
 */
function recovers(circuits: ReturnType<typeof breaker>, clock: ReturnType<typeof instantClock>, probeTimeout: number) {
  for (let round = 0; round < 2; round++) {
    clock.advance(circuits.snapshot(KEY).retryAfter + probeTimeout);
    for (let probe = 0; probe < 3; probe++) circuits.acquire(KEY)?.settle('success');
  }
  expect(circuits.snapshot(KEY).state).toBe('closed');
}

const ANSWERS: Record<string, Verdict> = {
  200: 'success',
  404: 'success',
  429: 'neutral',
  503: 'failure',
  'fetch failed': 'failure',
};
const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(),
      answer: fc.constantFrom(...Object.keys(ANSWERS)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms }) },
);

it('behaves as its model as a middleware, under random answers, aborts and times', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(event, { maxLength: 60, size: 'max' }), async (chosen, schedule) => {
      const { clock, options, expected } = setup(2, chosen);
      const inFlight = new Map<number, { answer(answer: string): void; abort(): void }>();
      const outcomes = new Map<number, unknown>();
      let calls = 0;
      const middleware = circuitBreaker(options);
      const call = (index: number) => {
        const controller = new AbortController();
        const fetch = middleware((_, init) => {
          return new Promise((resolve, reject) => {
            init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason));
            const answer = (answer: string) =>
              answer === 'fetch failed'
                ? reject(new TypeError(answer))
                : resolve(new Response(null, { status: Number(answer) }));
            inFlight.set(index, { answer, abort: () => controller.abort(`abort ${index}`) });
          });
        });
        const settled = (outcome: unknown) => outcomes.set(index, outcome);
        fetch(KEY, { signal: controller.signal }).then(({ status }) => settled(status), settled);
      };

      for (const next of schedule) {
        if (next.do === 'advance') {
          clock.advance(next.ms);
          expected.advance(next.ms);
        } else if (next.do === 'call') {
          const index = calls++;
          call(index);
          await turns();
          expect(inFlight.has(index)).toBe(expected.acquire());
          if (!inFlight.has(index)) expect(outcomes.get(index)).toBeInstanceOf(CircuitOpenError);
        } else if (inFlight.size > 0) {
          const [index, request] = [...inFlight][next.which % inFlight.size]!;
          inFlight.delete(index);
          if (next.do === 'abort') request.abort();
          else request.answer(next.answer);
          await turns();
          expected.settle(index, next.do === 'abort' ? 'neutral' : ANSWERS[next.answer]!);
          if (next.do === 'abort') expect(outcomes.get(index)).toBe(`abort ${index}`);
          else expect(String(outcomes.get(index))).toContain(next.answer);
        }
        const { state, openings } = middleware.breaker.snapshot(KEY);
        expect({ state, openings }).toEqual({ state: expected.state, openings: expected.openings });
      }

      recovers(middleware.breaker, clock, chosen.probeTimeout);
    }),
    { numRuns: 100 },
  );
});

async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}
