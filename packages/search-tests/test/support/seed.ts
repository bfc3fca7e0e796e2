import fc from 'fast-check';

/** The same cases each time, unless another seed is asked for: `SEARCH_SEED=7 pnpm search-tests`. */
export const SEED: number = Number(globalThis.process?.env?.SEARCH_SEED || 1);

// Properties that choose no seed of their own have this one: no test of the project depends on luck.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
