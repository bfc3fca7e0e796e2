import type { SimulateOptions } from '@steadfetch/testing';

export const OUTAGE = { from: 10_000, to: 20_000 };

/** Calls come for 50 s; one request in a hundred fails by itself. */
export const STORM: Omit<SimulateOptions, 'client'> = {
  arrivals: 800,
  service: { capacity: 1_000, failRate: 0.01, shedCost: 0.5, outage: OUTAGE },
  seconds: 50,
  seed: 42,
  globals: true,
};

/** The same with less room and dearer refusals. */
export const TIGHT_STORM: Omit<SimulateOptions, 'client'> = {
  ...STORM,
  arrivals: 900,
  service: { ...STORM.service, shedCost: 0.8 },
};

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

export const healthy = (seconds: number | undefined): string =>
  seconds === Number.POSITIVE_INFINITY ? 'never' : `${seconds} s`;
