import { readFileSync } from 'node:fs';
import { METRICS } from '@steadfetch/otel';
import { expect, it } from 'vitest';

const dashboard = readFileSync(new URL('../dashboard.json', import.meta.url), 'utf8');

/** As the Prometheus exporter of OpenTelemetry writes a metric: units in the name, `_total` for counters. */
function seriesOf({ name, unit }: { name: string; unit: string }): string[] {
  const base = name.replaceAll('.', '_');
  if (unit === 's') return ['bucket', 'count', 'sum'].map((part) => `${base}_seconds_${part}`);
  const isCounter = ['{retry}', '{call}', '{event}'].includes(unit);
  return [isCounter ? `${base}_total` : base];
}

it('queries no metric that does not exist, and shows each', () => {
  const series = Object.values(METRICS).map(seriesOf);
  const queried = new Set([...dashboard.matchAll(/\bsteadfetch_\w+/g)].map(([name]) => name));

  expect([...queried].filter((name) => !series.flat().includes(name))).toEqual([]);
  expect(series.filter((names) => !names.some((name) => queried.has(name)))).toEqual([]);
});
