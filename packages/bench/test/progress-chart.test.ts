import { describe, expect, it } from 'vitest';
import { type ProgressChart, progressChart, stairs } from '../src/plot/progress-chart.ts';
import { THEMES } from '../src/plot/theme.ts';

const CHART: ProgressChart = {
  title: 'Two clients',
  unit: 'Jobs done',
  x: { label: 's', every: 5 },
  y: { max: 10, every: 5 },
  lines: [
    { name: 'ours', steps: [[2, 10]], accent: true },
    { name: 'theirs', steps: [[9.5, 8]] },
  ],
  best: { from: [0, 1], to: [1, 10], label: 'allowed' },
};

describe('stairs', () => {
  it('stays at what was done until more is', () => {
    const steps = [
      [0.1, 20],
      [1.5, 40],
    ] as const;

    expect(stairs(steps)).toEqual([
      [0, 0],
      [0.1, 0],
      [0.1, 20],
      [1.5, 20],
      [1.5, 40],
    ]);
  });
});

describe('progressChart', () => {
  it('draws the line that it is about last, in the accent of the theme', () => {
    for (const theme of Object.values(THEMES)) {
      const strokes = [...progressChart(CHART, theme).matchAll(/<path [^>]*stroke="([^"]+)"/g)];

      expect(strokes.map(([, stroke]) => stroke)).toEqual([theme.others[0], theme.accent]);
    }
  });

  it('ends its axis with the second in which the last line ends', () => {
    const drawn = progressChart(CHART, THEMES.light);

    expect(drawn).toContain('>10 s</text>');
    expect(drawn).not.toContain('>15 s</text>');
  });

  it('names every line and the best that can be done', () => {
    const words = [...progressChart(CHART, THEMES.light).matchAll(/<text [^>]*>([^<]+)/g)].map(([, word]) => word);

    expect(words).toEqual(expect.arrayContaining(['Two clients', 'Jobs done', 'allowed', 'ours', 'theirs']));
  });
});
