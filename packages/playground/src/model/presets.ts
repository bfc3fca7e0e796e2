import type { Choice, Scene } from './scene.ts';

/** A scene with a stack and a story. */
export interface Preset {
  readonly id: string;
  readonly title: string;
  /** Two sentences: what happens, and what to look at. */
  readonly story: readonly [happens: string, look: string];
  readonly scene: Scene;
  readonly code: string;
  /** The part of time to look at first, in milliseconds. */
  readonly view?: readonly [from: number, to: number];
}

const limit = (more: Record<string, number | string>): Choice => ({
  kind: 'bucket',
  rate: 100,
  burst: 20,
  hint: 'seconds',
  ...more,
});
const everyday = (name: string): Pick<Scene, 'server' | 'load'> => ({
  server: { kind: 'everyday', name },
  load: { kind: 'own' },
});

export const PRESETS: readonly Preset[] = [
  {
    id: 'forty-workers',
    title: 'Forty workers at 100 a second',
    story: [
      'Forty workers reach a limit of 100 requests a second that they do not know.',
      'After about thirty refusals the limiter sends at that rate; a plain retry is refused two thousand times, and loses calls.',
    ],
    scene: { server: limit({}), load: { kind: 'workers', workers: 40, lasts: 60_000 }, seed: 1 },
    code: 'rateLimit()',
    view: [0, 15_000],
  },
  {
    id: 'storm',
    title: 'The storm',
    story: [
      '800 calls a second go to a service with a capacity of 1,000, which fails for ten seconds.',
      'A plain retry triples the load just when the service comes back, and keeps it down; the budget of retry() does not.',
    ],
    scene: {
      server: { kind: 'service', capacity: 1_000, shedCost: 0.5, failRate: 0.01, from: 10_000, to: 20_000 },
      load: { kind: 'open', perSecond: 800, lasts: 50_000 },
      seed: 42,
    },
    code: 'retry()',
    view: [7_000, 27_000],
  },
  {
    id: 'one-429',
    title: 'One 429 among a thousand answers',
    story: [
      'Twenty calls a second, and a single answer says 429 with Retry-After 30.',
      'Only the refused call waits: a single refusal is no evidence of a rate limit, so the others are sent.',
    ],
    scene: {
      server: { kind: 'trouble', reply: '429', retryAfter: 30, nth: 400 },
      load: { kind: 'open', perSecond: 20, lasts: 50_000 },
      seed: 7,
    },
    code: 'standard({ rateLimit: true, timeout: 60_000 })',
    view: [15_000, 50_000],
  },
  {
    id: 'order',
    title: 'The order placed twice',
    story: [
      'One order in ten is placed, but the connection breaks before the answer comes.',
      'A blind retry of the POST places it again; with one Idempotency-Key per call the server recognises the retry.',
    ],
    scene: {
      server: { kind: 'trouble', reply: 'lost', share: 0.1, latency: 200 },
      load: { kind: 'open', perSecond: 5, lasts: 60_000, method: 'POST' },
      seed: 7,
    },
    code: 'compose(\n  timeout(30_000),\n  idempotencyKey(),\n  retry(),\n  timeout(10_000),\n)',
    view: [6_500, 10_300],
  },
  {
    id: 'eight-processes',
    title: 'Eight processes, one limit',
    story: [
      'Eight processes share a limit of 100 a second and know nothing of each other.',
      'Each finds its share from its own answers, without a store; the table shows how equal the shares are.',
    ],
    scene: {
      server: limit({ hint: 'fields' }),
      load: { kind: 'workers', workers: 5, processes: 8, lasts: 60_000 },
      seed: 1,
    },
    code: 'rateLimit()',
    view: [0, 20_000],
  },
  {
    id: 'maintenance',
    title: 'The maintenance page that says an hour',
    story: [
      'For two minutes all answers are 503 with Retry-After 3600, although the service is back long before.',
      'A call cannot wait for an hour, so calls end with that response, and the first call after the outage succeeds.',
    ],
    scene: { ...everyday('a maintenance page says an hour, but takes two minutes, a call every 1 s'), seed: 7 },
    code: 'standard()',
  },
  {
    id: 'halved',
    title: 'A limit that halves',
    story: [
      'After twenty seconds the server halves its limit.',
      'The limiter adapts within seconds, and resends the refused calls.',
    ],
    scene: {
      server: limit({ changeAt: 20_000, changeBy: 0.5 }),
      load: { kind: 'workers', workers: 40, lasts: 60_000 },
      seed: 1,
    },
    code: 'rateLimit()',
    view: [15_000, 35_000],
  },
  {
    id: 'train',
    title: 'Offline in a train',
    story: [
      'Every forty seconds a tunnel cuts off the network for three seconds.',
      'With a longer backoff and a larger retry budget calls survive a tunnel; with two quick retries they do not.',
    ],
    scene: {
      server: { kind: 'trouble', reply: 'offline', share: 1, from: 20_000, to: 23_000, every: 40_000, latency: 120 },
      load: { kind: 'open', perSecond: 2, lasts: 120_000 },
      seed: 7,
    },
    code: 'compose(\n  timeout(30_000),\n  retry({\n    maxRetries: 6,\n    delay: equalJitter(exponential({ base: 250, cap: 4_000 })),\n    budget: retryBudget({ floor: 60 }),\n  }),\n  timeout(10_000),\n)',
    view: [19_500, 28_500],
  },
  {
    id: 'no-harm',
    title: 'Do no harm',
    story: [
      'One of the everyday situations in which a stack must do no worse than a plain retry; choose another one as the server.',
      'Numbers that are worse than behind a plain retry are marked: here there are none.',
    ],
    scene: { ...everyday('20 % independent 500, 30/s'), seed: 7 },
    code: 'standard()',
    view: [0, 12_000],
  },
];
