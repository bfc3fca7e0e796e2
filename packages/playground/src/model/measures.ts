import { Answer, type CallColumns, CallEnd, type Measure, type RequestColumns } from './recording.ts';

/** Measures that the simulator computes itself. */
export interface Native {
  /** Milliseconds from the end of the trouble to the first success, or until the service stays healthy. */
  readonly back: number | undefined;
  readonly own: readonly Measure[];
}

/** A failed call counts with the longest time that a call may take, as in the benchmark. */
const WHOLE = 30_000;

/** The measures of any run, each with the slack of the benchmark of harm: within it a measure is not worse. */
export function commonMeasures(
  { calls, requests }: { calls: CallColumns; requests: RequestColumns },
  { back, own }: Native,
): Measure[] {
  const { ok, durations } = judgedCalls(calls);
  const count = durations.length;
  const sent = requests.at.length;
  const lost = count - ok;
  const unfinished = countOf(calls.outcome, CallEnd.open);
  const measures: Measure[] = [
    {
      id: 'success',
      title: 'success',
      unit: 'share',
      value: ok / Math.max(1, count),
      better: 'more',
      slack: slackOf(0, 0.015),
    },
    {
      id: 'p50',
      title: 'p50',
      unit: 'ms',
      value: quantile(durations, 0.5),
      better: 'less',
      slack: slackOf(0.5, 1_000),
    },
    {
      id: 'p95',
      title: 'p95',
      unit: 'ms',
      value: quantile(durations, 0.95),
      better: 'less',
      slack: slackOf(0.5, 1_000),
    },
    {
      id: 'perCall',
      title: 'requests per call',
      unit: 'ratio',
      value: sent / Math.max(1, calls.start.length - unfinished),
      better: 'less',
      slack: slackOf(0.1, 0.05),
    },
    { id: 'refused', title: 'refused', unit: 'count', value: countOf(requests.answer, Answer.refused) },
    { id: 'lost', title: 'lost calls', unit: 'count', value: lost, better: 'less', slack: slackOf(0, 0.015 * count) },
  ];
  if (unfinished > 0) measures.push({ id: 'open', title: 'under way at the end', unit: 'count', value: unfinished });
  if (back !== undefined) {
    measures.push({
      id: 'back',
      title: 'back after',
      unit: 'ms',
      value: back,
      better: 'less',
      slack: slackOf(0, 15_000),
    });
  }
  return [...measures, ...own];
}

/** Whether a measure is worse than behind a plain retry, by more than its slack. */
export function isWorse({ better, value, slack }: Measure, plain: Measure | undefined): boolean {
  if (better === undefined || slack === undefined || plain === undefined || value === plain.value) return false;
  const room = Math.abs(plain.value) * slack.part + slack.plus;
  return better === 'less' ? value > plain.value + room : value < plain.value - room;
}

const slackOf = (part: number, plus: number) => ({ part, plus });

/** Calls that had not ended at the end of the simulation do not count, as in the benchmark. */
function judgedCalls({ start, end, outcome, judged }: CallColumns): { ok: number; durations: number[] } {
  const durations: number[] = [];
  let ok = 0;
  for (let index = 0; index < start.length; index++) {
    if (judged[index] === 0 || outcome[index] === CallEnd.open) continue;
    const isOk = outcome[index] === CallEnd.ok;
    durations.push(isOk ? end[index]! - start[index]! : WHOLE);
    if (isOk) ok++;
  }
  return { ok, durations };
}

function countOf(column: Uint8Array, value: number): number {
  return column.reduce((count, one) => count + (one === value ? 1 : 0), 0);
}

function quantile(values: number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
