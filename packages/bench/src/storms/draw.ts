import type { StormRow } from '@steadfetch/testing';
import { draw } from '../plot/draw.ts';
import { type LineChart, lineChart } from '../plot/line-chart.ts';
import { OUTAGE, STORM } from './settings.ts';

/** Requests per second at the service, one line per client. */
export function drawStorm(clients: readonly { name: string; rows: readonly StormRow[] }[]): void {
  const chart: LineChart = {
    title: '800 calls a second, and an outage of ten seconds',
    unit: 'Requests per second that reach the service',
    x: { label: 's', step: 1, every: 10 },
    y: { max: 3_500, every: 500 },
    lines: clients.map(({ name, rows }) => ({
      name,
      values: rows.slice(0, STORM.seconds).map(({ sent }) => sent),
      accent: name.startsWith('steadfetch'),
    })),
    band: { from: OUTAGE.from / 1_000, to: OUTAGE.to / 1_000, label: 'everything fails' },
    mark: { at: STORM.service.capacity, label: 'capacity' },
  };
  draw('storm', (theme) => lineChart(chart, theme));
}
