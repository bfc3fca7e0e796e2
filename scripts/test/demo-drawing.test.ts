import { describe, expect, it } from 'vitest';
import { drawBars } from '../demo/bars.ts';
import { Line } from '../demo/line.ts';
import { drawRateChart } from '../demo/rate-chart.ts';
import { COLOUR, PLAIN } from '../demo/theme.ts';
import { drawTimeline, type Row } from '../demo/timeline.ts';
import type { Trace } from '../demo/trace.ts';

const RECOVERED: Trace = {
  title: 'GET   503, then 200',
  attempts: [
    { start: 0, end: 2, name: '503', tone: 'bad' },
    { start: 500, end: 502, name: '200', tone: 'good' },
  ],
  waits: [{ start: 2, delay: 498, source: 'backoff' }],
  end: { how: 'recovered' },
};

describe('drawTimeline', () => {
  it('puts attempts and waits where they were on the axis, and reasons below', () => {
    expect(draw([{ trace: RECOVERED, elapsed: 502 }])).toEqual([
      '                              0                0.5 s           1 s',
      '                              +----------------+---------------+',
      'GET   503, then 200           [503]............[200]                  recovered',
      '                                   backoff 498 ms',
    ]);
  });

  it('draws a wait as far as it has come', () => {
    const trace: Trace = { title: RECOVERED.title, attempts: RECOVERED.attempts.slice(0, 1), waits: RECOVERED.waits };

    expect(draw([{ trace, elapsed: 250 }])[2]).toBe('GET   503, then 200           [503]...');
  });

  it('draws an attempt as long as it took', () => {
    const attempts = [{ start: 0, end: 500, name: 'timeout', tone: 'bad' } as const];
    const trace: Trace = { title: 'GET', attempts, waits: [], end: { how: 'gave up', why: 'limit' } };

    const [, , bar, note] = draw([{ trace, elapsed: 500 }]);

    expect(bar).toBe('GET                           [timeout========]                       gave up');
    expect(note?.trim()).toBe('limit');
  });

  it('shows at least the span that was asked for, and all of a longer call', () => {
    const late = { ...RECOVERED, attempts: [{ start: 3_999, end: 4_000, name: '200', tone: 'good' }] } as Trace;

    expect(draw([{ trace: late, elapsed: 4_000 }])[0]).toMatch(/0 +2 s +4 s$/);
  });

  it('never draws wider than asked, and never loses a reason', () => {
    const why = 'method-not-idempotent: the server may have done it';
    const lines = draw([{ trace: { ...RECOVERED, waits: [], end: { how: 'gave up', why } }, elapsed: 502 }]);

    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).toContain(why);
  });

  const draw = (rows: Row[]) => drawTimeline(rows, { theme: PLAIN, width: 80, span: 1_000 });
});

describe('drawBars', () => {
  it('stacks the bad on the good', () => {
    const lines = [new Line(3), new Line(3)];

    drawBars({ good: [1, 2], bad: [1, 0, 2], max: 2 }, lines, 0, PLAIN);

    expect(lines.map((line) => line.paint(PLAIN))).toEqual(['x#x', '##x']);
  });

  it('shows a bad part above a good one within a cell', () => {
    const lines = [new Line(1)];

    drawBars({ good: [1], bad: [1], max: 2 }, lines, 0, COLOUR);

    expect(lines[0]!.paint(COLOUR)).toBe('\x1b[32;41m▄\x1b[0m');
  });
});

describe('drawRateChart', () => {
  it('draws panels side by side on one scale, with the numbers below', () => {
    const before = { accepted: [10, 10], refused: [30, 30], done: 15, lost: 5, elapsed: 200 };
    const after = { accepted: [10, 10], refused: [], done: 20, lost: 0, elapsed: 200 };
    const panels = [
      { heading: 'before', report: before },
      { heading: 'after', report: after },
    ];

    const lines = drawRateChart(panels, { theme: PLAIN, width: 80, limit: 100 });

    expect(lines[0]).toMatch(/^ +before +after$/);
    expect(lines[1]).toBe('      xx');
    expect(lines.at(-4)).toMatch(/^ +##-*|\+/);
    expect(lines.at(-2)).toMatch(/# 20 accepted {2}x 60 refused \(75 %\) +# 20 accepted {2}x 0 refused \(0 %\)$/);
    expect(lines.at(-1)).toMatch(/15 jobs done, 5 lost, in 0\.2 s +20 jobs done, 0 lost, in 0\.2 s$/);
  });
});

describe('Line', () => {
  it('cuts off what does not fit, and paints neighbours of one tone together', () => {
    const line = new Line(5).put(0, 'ab', 'good').put(3, 'cdef', 'bad', true).put(-1, 'z', 'good');

    expect(line.paint(COLOUR)).toBe('\x1b[32mab\x1b[0m \x1b[31;7mcd\x1b[0m');
  });
});
