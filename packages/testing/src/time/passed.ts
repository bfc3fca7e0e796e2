/** Milliseconds that the contract lets pass, for the clocks of the kit as for those of the platform. */
export const passed: { ms: number } = { ms: 0 };
