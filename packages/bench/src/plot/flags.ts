import { spread } from './label.ts';

export interface Point {
  x: number;
  y: number;
}

/** Where a line ends, and how wide its label is. */
interface End extends Point {
  width: number;
}

const GAP = 6;
const HEIGHT = 16;
const NEAR = 100;

/**
 * Where to put the labels of lines that end at different places.
 *
 * A label stands beside the end of its line, or as far above as it takes to clear the labels of lines that end later. Those of
 * lines that end near the `right` edge of the plot stand in a column beside it.
 */
export function placeFlags(ends: readonly End[], right: number): Point[] {
  const late = ends.filter(({ x }) => x > right - NEAR);
  const heights = spread(late.map(({ y }) => y));
  const placed = new Map(late.map((end, index) => [end, { x: right + GAP, y: heights[index]! }]));
  for (const end of ends.filter((one) => !placed.has(one)).sort((a, b) => b.x - a.x)) {
    const x = end.x + GAP;
    const inTheWay = [...placed.values()].filter((flag) => flag.x < x + end.width + GAP);
    placed.set(end, { x, y: Math.min(end.y, ...inTheWay.map(({ y }) => y - HEIGHT)) });
  }
  return ends.map((end) => placed.get(end)!);
}
