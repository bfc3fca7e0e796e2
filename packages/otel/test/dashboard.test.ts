import { readFileSync } from 'node:fs';
import { METRICS } from '@steadfetch/otel';
import { expect, it } from 'vitest';

const dashboard = readFileSync(new URL('../dashboard.json', import.meta.url), 'utf8');

interface Metric {
  readonly name: string;
  readonly unit: string;
}

const HISTOGRAMS: readonly string[] = [METRICS.attempt, METRICS.gateWait, METRICS.queueWait].map(({ name }) => name);
const COUNTERS: readonly string[] = [METRICS.retries, METRICS.giveUps, METRICS.circuit].map(({ name }) => name);

/** What the exporter for Prometheus of the SDK makes of a metric: it leaves the unit out. */
function seriesOfSdk({ name }: Metric, suffix = ''): string[] {
  const base = name.replaceAll('.', '_') + suffix;
  if (HISTOGRAMS.includes(name)) return ['bucket', 'count', 'sum'].map((part) => `${base}_${part}`);
  return [COUNTERS.includes(name) ? `${base}_total` : base];
}

/** What Prometheus and the Collector make of one that comes by OTLP: what stands in braces is left out. */
function seriesOfOtlp(metric: Metric): string[] {
  const [unit = '', per] = metric.unit.split('/');
  const main = { s: '_seconds', 1: '_ratio' }[unit] ?? '';
  return seriesOfSdk(metric, per === 's' ? `${main}_per_second` : main);
}

/** What the queries select: names, and patterns of names. */
const selected: readonly RegExp[] = [
  ...[...dashboard.matchAll(/(?<![\w"])steadfetch_\w+|(?<=")steadfetch_\w+(?=")/g)].map(
    ([name]) => new RegExp(`^${name}$`),
  ),
  ...[...dashboard.matchAll(/__name__=~\\"(steadfetch_.*?)\\"/g)].map(([, pattern]) => new RegExp(`^${pattern}$`)),
];

it.each([
  ['the exporter of the SDK', seriesOfSdk],
  ['OTLP', seriesOfOtlp],
])('queries no metric that does not exist, and shows each: %s', (_, seriesOf) => {
  const series = Object.values(METRICS).map((metric) => seriesOf(metric));

  expect(selected.filter((name) => !series.flat().some((one) => name.test(one)))).toEqual([]);
  expect(series.filter((names) => !names.some((one) => selected.some((name) => name.test(one))))).toEqual([]);
});
