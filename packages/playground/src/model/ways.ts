/** The three ways in which the same calls are made. */
export const WAYS = ['yours', 'plain', 'none'] as const;
export type Way = (typeof WAYS)[number];

export const WAY_TITLES: Readonly<Record<Way, string>> = { yours: 'yours', plain: 'plain retry', none: 'no retry' };
