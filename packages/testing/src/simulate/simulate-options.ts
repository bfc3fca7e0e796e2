import type { Clock, Fetch, Random } from '@steadfetch/core';
import { checkFunction, checkNames, checkNumber } from '@steadfetch/core/kit';
import { checkValue } from '../options.ts';
import type { Arrivals } from './arrivals.ts';
import { checkService, type ServiceModel } from './service-model.ts';

/** What a client is made with. */
export interface ClientParts {
  readonly clock: Clock;
  readonly random: Random;
  /** 0 for the first client. */
  readonly index: number;
}

/** Wraps the `fetch` to the service in a client's stack. */
export type ClientMaker = (fetch: Fetch, parts: ClientParts) => Fetch | Promise<Fetch>;

export interface SimulateOptions {
  /** One function for all clients, or one per client. */
  client: ClientMaker | readonly ClientMaker[];
  /** The number of independent clients, if `client` is one function. They make the calls in turns. @default 1 */
  clients?: number;
  /** Calls per second of all clients together: a constant, or a function of the milliseconds since the start. */
  arrivals: Arrivals;
  service: ServiceModel;
  /** How long calls are made. Calls in flight at the end may finish, for at most an hour. @default 60 */
  seconds?: number;
  /** @default 1 */
  seed?: number;
  /** The arguments of each call. @default 'http://service.test/' without an init */
  request?: { url?: string; init?: RequestInit };
  /** For clients that use the global timers, `Date` and `Math.random`: makes these virtual during the simulation. @default false */
  globals?: boolean;
}

/** The options with all defaults filled in. */
export type SimulateSettings = Required<Omit<SimulateOptions, 'client' | 'clients'>> & {
  makers: readonly ClientMaker[];
};

const NAMES = ['client', 'clients', 'arrivals', 'service', 'seconds', 'seed', 'request', 'globals'];

export function simulateSettings(options: SimulateOptions): SimulateSettings {
  checkNames('simulate', options, NAMES);
  const { client, clients = 1, arrivals, service, seconds = 60, seed = 1, request = {}, globals = false } = options;
  checkNumber('simulate: clients', clients, { min: 1, max: 100_000, integer: true });
  checkNumber('simulate: seconds', seconds, { min: 1, max: 86_400, integer: true });
  checkNumber('simulate: seed', seed, { min: -(2 ** 52), max: 2 ** 52 }); // each client uses the next seed
  if (typeof arrivals !== 'function') checkNumber('simulate: arrivals', arrivals, { max: 1_000_000 });
  checkService(service);
  checkRequest(request);
  checkValue('simulate: globals', globals, 'true or false', typeof globals === 'boolean');
  return { makers: makersOf(client, clients), arrivals, service, seconds, seed, request, globals };
}

function makersOf(client: SimulateOptions['client'], clients: number): readonly ClientMaker[] {
  if (typeof client === 'function') return Array.from({ length: clients }, () => client);
  checkValue('simulate: client', client, 'a function or an array of functions', Array.isArray(client));
  for (const make of client) checkFunction('simulate: client', make);
  if (client.length === 0) throw new RangeError('simulate: client: expected at least one, got an empty list');
  return client;
}

function checkRequest(request: SimulateSettings['request']): void {
  checkNames('simulate: request', request, ['url', 'init']);
  const { url = '', init = {} } = request;
  checkValue('simulate: request.url', url, 'a string', typeof url === 'string');
  checkValue('simulate: request.init', init, 'an object', typeof init === 'object' && init !== null);
}
