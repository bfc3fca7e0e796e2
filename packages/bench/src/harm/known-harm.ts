import type { Part } from './situation.ts';

/** Rows in which a part does harm when it is switched on, and rows in which one does not help yet. Strike what turns green. */
export const KNOWN_HARM: Partial<Record<Part | 'helpless', readonly string[]>> = {};
