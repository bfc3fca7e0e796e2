import { type Clock, type Middleware, retry, standard } from 'steadfetch';

/** The two ways in which a client is given our fetch. Only the waits of a retry are on the clock. */
export const STACKS: Readonly<Record<string, (clock: Clock) => Middleware>> = {
  'retry()': (clock) => retry({ clock }),
  'standard()': (clock) => standard({ retry: { clock } }),
};
