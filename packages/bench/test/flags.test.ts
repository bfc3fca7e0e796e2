import { describe, expect, it } from 'vitest';
import { placeFlags } from '../src/plot/flags.ts';

const RIGHT = 600;

describe('placeFlags', () => {
  it('puts a label beside the end of its line', () => {
    expect(placeFlags([{ x: 100, y: 50, width: 80 }], RIGHT)).toEqual([{ x: 106, y: 50 }]);
  });

  it('puts the label of a line that ends earlier above those that it would lie on', () => {
    const ends = [150, 100, 200].map((x) => ({ x, y: 90, width: 80 }));

    expect(heights(ends)).toEqual([74, 58, 90]);
  });

  it('leaves labels that are far enough apart at the height of their lines', () => {
    const ends = [100, 200].map((x) => ({ x, y: 90, width: 80 }));

    expect(heights(ends)).toEqual([90, 90]);
  });

  it('leaves a label at the height of its line when that is above the others anyway', () => {
    const ends = [40, 90].map((y) => ({ x: 2 * y, y, width: 200 }));

    expect(heights(ends)).toEqual([40, 90]);
  });

  it('puts the labels of lines that end near the right edge in a column beside it', () => {
    const ends = [90, 94].map((y) => ({ x: 500 + y, y, width: 80 }));

    expect(placeFlags(ends, RIGHT)).toEqual([
      { x: 606, y: 84 },
      { x: 606, y: 100 },
    ]);
  });

  it('puts a label that would reach that column above it', () => {
    const ends = [450, 550].map((x) => ({ x, y: 90, width: 160 }));

    expect(heights(ends)).toEqual([74, 90]);
  });
});

function heights(ends: Parameters<typeof placeFlags>[0]): number[] {
  return placeFlags(ends, RIGHT).map(({ y }) => y);
}
