/** Sums over some calls. */
export interface Counts {
  calls: number;
  failed: number;
  slow: number;
}

/** Adds one sum to another, or takes it away. */
export function add(to: Counts, { calls, failed, slow }: Counts, by: 1 | -1 = 1): void {
  to.calls += by * calls;
  to.failed += by * failed;
  to.slow += by * slow;
}
