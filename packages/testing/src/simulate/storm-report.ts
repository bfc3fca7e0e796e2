/** One second of a simulation. */
export interface StormRow {
  /** Calls that clients made. */
  calls: number;
  /** Requests that reached the service. */
  sent: number;
  /** Calls made in this second that succeeded, at any later time. */
  ok: number;
  /** Calls made in this second that failed. */
  bad: number;
}

/** The result of a simulation. */
export interface StormReport {
  /** One row per second, in order. Rows after the last call count the requests that were still sent. */
  readonly rows: readonly StormRow[];
  readonly calls: number;
  readonly sent: number;
  readonly ok: number;
  readonly bad: number;
  /** Calls that never ended. */
  readonly unfinished: number;
  /**
   * Share of the calls before the outage that succeeded, or of all calls if there is no outage. The first two and the last
   * two seconds are left out, but the third second always counts. `NaN` if there were no calls.
   */
  readonly calmSuccess: number;
  /** Requests per call during the outage; `undefined` without an outage. */
  readonly sentPerCallDown: number | undefined;
  /** The most requests in one second, divided by the most calls in one second. */
  readonly peakLoad: number;
  /**
   * Seconds from the end of the outage to the first second in which 99 % of the calls succeed and after which no second
   * falls below 98 %. `Infinity` if there is none; `undefined` without an outage.
   */
  readonly healthyAfter: number | undefined;
}

/** Computes the report from the rows. */
export function stormReport(
  rows: readonly StormRow[],
  { seconds, outage }: { seconds: number; outage?: { from: number; to: number } | undefined },
): StormReport {
  const all = total(rows);
  const [down, up] = outage ? [outage.from / 1_000, outage.to / 1_000] : [seconds, seconds];
  const calm = total(rows.slice(2, Math.min(Math.max(3, Math.floor(down) - 2), down)));
  const during = total(rows.slice(Math.floor(down), Math.ceil(up)));
  return {
    rows,
    ...all,
    unfinished: all.calls - all.ok - all.bad,
    calmSuccess: calm.ok / calm.calls,
    sentPerCallDown: outage && during.sent / during.calls,
    peakLoad: most(rows, 'sent') / most(rows, 'calls'),
    healthyAfter: outage && healthyAfter(rows.slice(0, seconds), Math.ceil(up)),
  };
}

function healthyAfter(rows: readonly StormRow[], up: number): number {
  let healthy = Number.POSITIVE_INFINITY;
  for (let second = rows.length - 1; second >= up; second--) {
    const { calls, ok } = rows[second]!;
    if (calls > 0 && ok / calls < 0.98) break;
    if (calls > 0 && ok / calls >= 0.99) healthy = second - up;
  }
  return healthy;
}

function total(rows: readonly StormRow[]): StormRow {
  const sum: StormRow = { calls: 0, sent: 0, ok: 0, bad: 0 };
  for (const row of rows) {
    for (const key of ['calls', 'sent', 'ok', 'bad'] as const) sum[key] += row[key];
  }
  return sum;
}

function most(rows: readonly StormRow[], key: keyof StormRow): number {
  return rows.reduce((highest, row) => Math.max(highest, row[key]), 0);
}
