import { describe, expect, it } from 'vitest';
import { spread, text } from '../src/plot/label.ts';

describe('spread', () => {
  it('leaves labels that are apart where they belong', () => {
    expect(spread([100, 20, 60])).toEqual([100, 20, 60]);
  });

  it('moves labels that would lie on each other apart, and keeps their order', () => {
    expect(spread([104, 100])).toEqual([110, 94]);
  });
});

describe('text', () => {
  it('escapes what has a meaning in SVG', () => {
    expect(text('a < b & c', { x: 1, y: 2, fill: 'red' })).toBe('<text x="1" y="2" fill="red">a &lt; b &amp; c</text>');
  });

  it('keeps words clear of what is behind them', () => {
    const drawn = text('ky', { x: 1, y: 2, fill: 'red', halo: 'white' });

    expect(drawn).toContain('stroke="white"');
    expect(drawn).toContain('paint-order="stroke"');
  });
});
