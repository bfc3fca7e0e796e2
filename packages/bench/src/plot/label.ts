import { element, escapeXml } from './svg.ts';

const LABEL_HEIGHT = 16;

/** Heights for labels, as near to where they belong as they can be without lying on each other. */
export function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]!);
  const placed = [...heights];
  for (let round = 0; round < 200; round++) {
    for (let n = 1; n < order.length; n++) {
      const [above, below] = [order[n - 1]!, order[n]!];
      const overlap = LABEL_HEIGHT - (placed[below]! - placed[above]!);
      if (overlap <= 0) continue;
      placed[above] = placed[above]! - overlap / 2;
      placed[below] = placed[below]! + overlap / 2;
    }
  }
  return placed;
}

/** Where words stand and how they look. */
export interface TextStyle {
  x: number;
  y: number;
  fill: string;
  size?: number;
  weight?: number;
  anchor?: string;
  /** The colour of the ground, to keep the words clear of lines behind them. */
  halo?: string;
}

/** Words at a place. */
export function text(content: string, { x, y, fill, size, weight, anchor, halo }: TextStyle): string {
  const edge = halo ? { stroke: halo, 'stroke-width': 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' } : {};
  const style = { 'font-size': size, 'font-weight': weight, 'text-anchor': anchor, ...edge };
  return element('text', { x, y, fill, ...style }, escapeXml(content));
}
