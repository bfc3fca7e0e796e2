import { draw } from '../plot/draw.ts';
import { type ProgressChart, progressChart } from '../plot/progress-chart.ts';
import type { Limit, Measured } from './measure.ts';

type Run = readonly [client: string, measured: Measured];

/** How each client gets through its jobs, beside the pace that is allowed. */
export function drawProgress(jobs: number, { rate, burst }: Limit, runs: readonly Run[]): void {
  const chart: ProgressChart = {
    title: `${jobs} jobs at a server that allows ${rate} a second`,
    unit: 'Jobs done by forty workers that know nothing of the limit',
    x: { label: 's', every: 5 },
    y: { max: jobs + 100, every: 100 },
    lines: runs.map(([client, measured]) => ({
      name: labelOf(client, measured),
      steps: measured.progress,
      accent: client.startsWith('steadfetch'),
    })),
    best: { from: [0, burst], to: [(jobs - burst) / rate, jobs], label: 'what is allowed' },
  };
  draw('rate-limits', (theme) => progressChart(chart, theme));
}

/** The library, and what it cost: `ky: 65 % refused, 57 lost`. */
export function labelOf(client: string, { refused, lost }: Pick<Measured, 'refused' | 'lost'>): string {
  const [library] = client.split(/,? /);
  return `${library}: ${Math.round(100 * refused)} % refused${lost > 0 ? `, ${lost} lost` : ''}`;
}
