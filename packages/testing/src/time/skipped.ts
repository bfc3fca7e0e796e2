/** Milliseconds that the contract has skipped. All clocks of this package and of the platform add them. */
export const skipped: { ms: number } = { ms: 0 };
