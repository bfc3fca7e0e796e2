import type { Outcome } from './situation.ts';

/** What is worse than behind the plain stack, in words; nothing where the row is fine. */
export function harmOf(plain: Outcome, ours: Outcome): string[] {
  const harm: string[] = [];
  if (ours.success < plain.success - 0.015) harm.push('fewer succeed');
  if (ours.p50 > 1.5 * plain.p50 + 1_000) harm.push('p50');
  if (ours.p95 > 1.5 * plain.p95 + 1_000) harm.push('p95');
  if ((ours.back ?? 0) > (plain.back ?? 0) + 15_000) harm.push('back late');
  return harm;
}
