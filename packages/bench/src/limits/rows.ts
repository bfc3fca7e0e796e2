import type { Hint } from './hints.ts';
import type { LimitPlan } from './limit.ts';
import { bucket, concurrency, fixedWindow, gcra, slidingCounter, slidingLog } from './limits.ts';
import type { GridRow, Group, Row } from './row.ts';

const HINTS: Readonly<Record<Hint, string>> = {
  nothing: 'no hint',
  seconds: 'Retry-After',
  ms: 'retry-after-ms',
  fields: 'RateLimit',
  'x-fields': 'X-RateLimit',
  long: 'always Retry-After 5',
  'wrong-policy': 'a wrong RateLimit-Policy',
  'always-left': 'RateLimit says that a burst is left',
};

type More = Partial<Pick<Row, 'processes' | 'apart' | 'latency' | 'lasts' | 'status' | 'load'>>;

function row(group: Group, what: string, limit: LimitPlan, hint: Hint, more: More = {}): GridRow {
  const latency = more.latency === undefined ? '' : `, ${more.latency} ms`;
  return { name: `${what}, ${HINTS[hint]}${latency}`, group, limit, hint, load: { workers: 40 }, ...more };
}

/** 40 calls at a time in all, and no fewer than five of each process. */
function fleet(group: Group, processes: number, [what, limit]: Named, hint: Hint, more: More = {}): GridRow {
  const load = { workers: Math.max(5, 40 / processes) };
  return row(group, `${processes} processes, ${what}`, limit, hint, { processes, load, lasts: 120_000, ...more });
}

type Named = readonly [what: string, limit: LimitPlan];
const HUNDRED: Named = ['100/s, burst 20', bucket(100, 20)];
const TEN: Named = ['10/s, burst 10', bucket(10, 10)];
const EIGHTY: Named = ['80/min, burst 20', bucket(80 / 60, 20)];
const SLOW: More = { apart: 2_000, lasts: 300_000, load: { workers: 5 } };

/** Forty workers of one process, a round trip of 1 ms and a minute, unless the row says otherwise. */
export const ROWS: readonly GridRow[] = [
  row('untold', ...HUNDRED, 'seconds'),
  row('untold', '100/s, burst 5', bucket(100, 5), 'seconds'),
  row('untold', '10/s, burst 10', bucket(10, 10), 'seconds'),
  row('untold', '500/s, burst 100', bucket(500, 100), 'seconds', { lasts: 30_000 }),
  row('untold', ...HUNDRED, 'seconds', { latency: 100 }),
  row('untold', ...HUNDRED, 'ms'),
  row('untold', ...HUNDRED, 'nothing'),
  row('untold', ...HUNDRED, 'nothing', { latency: 300 }),
  row('untold', '30/s, burst 60', bucket(30, 60), 'nothing', { latency: 30 }),
  row('untold', 'GCRA 80/s, burst 10', gcra(80, 10), 'nothing'),

  row('told', ...HUNDRED, 'fields'),
  row('told', ...HUNDRED, 'fields', { latency: 300 }),
  row('told', '20/s, burst 5', bucket(20, 5), 'fields'),
  row('told', ...HUNDRED, 'x-fields', { latency: 30 }),
  row('told', 'window 60 in 1 s', fixedWindow(60, 1_000), 'fields'),
  row('told', 'window 3 in 1 s', fixedWindow(3, 1_000), 'fields'),
  row('told', 'window 100 in 10 s', fixedWindow(100, 10_000), 'x-fields', { lasts: 120_000 }),
  row('told', 'log 60 in 1 s', slidingLog(60, 1_000), 'fields'),

  row('other kinds', '10 at a time of 100 ms', concurrency(10, 100), 'seconds'),
  row('other kinds', 'window 60 in 1 s', fixedWindow(60, 1_000), 'seconds'),
  row('other kinds', 'window 100 in 10 s', fixedWindow(100, 10_000), 'seconds', { lasts: 120_000 }),
  row('other kinds', 'counter 100 in 10 s', slidingCounter(100, 10_000), 'seconds', { lasts: 120_000 }),
  row('other kinds', 'log 60 in 1 s', slidingLog(60, 1_000), 'seconds'),

  row('unreliable', ...HUNDRED, 'wrong-policy'),
  row('unreliable', '20/s, burst 100', bucket(20, 100), 'wrong-policy'),
  row('unreliable', ...HUNDRED, 'always-left'),
  row('unreliable', ...HUNDRED, 'long'),
  row('unreliable', '120/s, burst 24, refuses with 503', bucket(120, 24), 'seconds', { status: 503 }),
  row('unreliable', '100/s, halved after 20 s', bucket(100, 20, { at: 20_000, by: 0.5 }), 'seconds'),
  row('unreliable', '100/s, doubled after 20 s', bucket(100, 20, { at: 20_000, by: 2 }), 'nothing'),

  row('open loop', '30 calls/s, 100/s, burst 20', bucket(100, 20), 'seconds', { load: { perSecond: 30 } }),
  row('open loop', '80 calls/s, 100/s, burst 20', bucket(100, 20), 'fields', { load: { perSecond: 80 } }),
  row('open loop', '80 calls/s, 100/s, burst 20', bucket(100, 20), 'nothing', { load: { perSecond: 80 } }),
  row('open loop', '120 calls/s, 100/s, burst 20', bucket(100, 20), 'seconds', { load: { perSecond: 120 } }),

  fleet('fleet', 2, HUNDRED, 'seconds'),
  fleet('fleet', 2, HUNDRED, 'fields'),
  fleet('fleet', 5, HUNDRED, 'nothing'),
  fleet('fleet', 5, HUNDRED, 'seconds'),
  fleet('fleet', 8, HUNDRED, 'fields'),
  fleet('fleet', 25, HUNDRED, 'nothing'),

  fleet('slow fleet', 5, TEN, 'seconds', SLOW),
  fleet('slow fleet', 8, TEN, 'nothing', SLOW),
  fleet('slow fleet', 25, TEN, 'seconds', SLOW),
  fleet('slow fleet', 5, EIGHTY, 'nothing', { ...SLOW, lasts: 600_000 }),
  fleet('slow fleet', 25, EIGHTY, 'seconds', { ...SLOW, lasts: 600_000, load: { workers: 2 } }),
];
