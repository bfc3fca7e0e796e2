import type { Measure } from '../model/recording.ts';

/** A duration in words. */
export function time(ms: number): string {
  if (ms === Infinity) return 'never';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** An instant on the axis. */
export function instant(ms: number): string {
  const seconds = ms / 1_000;
  return seconds < 60
    ? `${seconds.toFixed(2)} s`
    : `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function measured({ unit, value }: Pick<Measure, 'unit' | 'value'>): string {
  if (Number.isNaN(value)) return '–';
  if (unit === 'share') return `${(100 * value).toFixed(2)} %`;
  if (unit === 'ms') return time(value);
  return unit === 'ratio' ? value.toFixed(2) : count(value);
}
