import type { Measure } from './exception.ts';

/** Differences of fewer points are no harm: three calls of two hundred. */
const POINTS = 0.015;
const SECONDS = 200;
/** Of more runs the mean is told: so many are played where single ones say little. */
const FEW = 5;

/** The mean of some runs, or from the lowest to the highest where they differ by more than five points, or a tenth. */
export function figure(measured: readonly number[], { name, unit }: Measure): string {
  const [low, high] = [Math.min(...measured), Math.max(...measured)];
  const mean = meanOf(measured);
  const isWide = measured.length <= FEW && high - low > (unit === 'share' ? 0.05 : Math.max(100, 0.1 * mean));
  const text = isWide ? range(low, high, unit) : `${number(mean, unit)}${UNITS[unit]}`;
  return name === '' ? text : `${name} ${text}`;
}

const UNITS = { share: ' %', time: ' s', count: '' };

function range(low: number, high: number, unit: Measure['unit']): string {
  const [from, to] = [number(low, unit), number(high, unit)];
  return `${from === to ? from : `${from} to ${to}`}${UNITS[unit]}`;
}

function number(value: number, unit: Measure['unit']): string {
  if (unit === 'share') return String(Math.round(100 * value));
  if (unit === 'count') return String(Math.round(value));
  return value < 9_950 ? (value / 1_000).toFixed(1) : String(Math.round(value / 1_000));
}

/** Whether ours is worse by more than chance makes of it. */
export function isWorse(ours: readonly number[], plain: readonly number[], { unit, more }: Measure): boolean {
  const worse = (meanOf(plain) - meanOf(ours)) * (more ? 1 : -1);
  if (unit === 'count') return worse > 0.015 * meanOf(plain);
  return worse > (unit === 'share' ? POINTS : SECONDS);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
