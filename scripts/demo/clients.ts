import { retry as kyRetry } from '@steadfetch/ky';
import ky from 'ky';
import {
  bufferBody,
  type Clock,
  compose,
  equalJitter,
  exponential,
  type Fetch,
  type Random,
  type RetryOptions,
  retry,
  timeout,
} from 'steadfetch';
import type { Tracer } from './tracer.ts';

interface ClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** @default the global fetch, looked up at each call: msw puts its own there */
  readonly network?: Fetch;
  /** Longest time for one attempt, in milliseconds. */
  readonly patience?: number;
}

/** Makes the client of one call, with the tracer built in. */
export type ClientMaker = (tracer: Tracer, options: ClientOptions) => Client;

/** What ky and fetch have in common. */
type Client = (url: string, init?: Init) => Promise<Response>;

export type Init = Pick<RequestInit, 'method' | 'body' | 'headers'>;

/** ky drives the loop; the rules, the delays and the events are those of `retry`. */
export const kyWithHooks: ClientMaker = (tracer, { network = globalFetch, patience = 10_000, ...time }) => {
  const api = ky.create({
    fetch: tracer.middleware(network),
    hooks: kyRetry(retryOptions(tracer, time)),
    throwHttpErrors: false,
    timeout: patience,
  });
  return async (url, init) => api(url, init);
};

/** Native fetch, with no more than what these calls need. */
export const fetchALaCarte: ClientMaker = (tracer, { network = globalFetch, patience = 500, ...time }) =>
  compose(
    timeout(10 * patience, { clock: time.clock }),
    retry(retryOptions(tracer, time)),
    tracer.middleware,
    bufferBody(),
    timeout({ headers: patience, body: patience }, { clock: time.clock }),
  )(network);

const globalFetch: Fetch = (input, init) => fetch(input, init);

function retryOptions({ hooks }: Tracer, { clock, random }: Pick<ClientOptions, 'clock' | 'random'>): RetryOptions {
  return { delay: equalJitter(exponential({ base: 400, cap: 5_000 }), random), hooks, clock, random };
}
