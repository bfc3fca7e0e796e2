import type { Clock, Fetch, Random } from '@steadfetch/core';
import { checkFunction, checkNames, checkNumber } from '@steadfetch/core/kit';
import { checkValue } from '../options.ts';
import type { Arrivals } from './arrivals.ts';
import { checkService, type ServiceModel } from './service-model.ts';

/** What a client is built from. */
export interface ClientParts {
  readonly clock: Clock;
  readonly random: Random;
  /** 0 for the first client. */
  readonly index: number;
}

/** Builds a client's stack around the service. */
export type ClientMaker = (fetch: Fetch, parts: ClientParts) => Fetch | Promise<Fetch>;

export interface SimulateOptions {
  /** One kind of client, or one maker per client. */
  client: ClientMaker | readonly ClientMaker[];
  /** How many independent clients of one kind share the calls, in turns. @default 1 */
  clients?: number;
  /** Calls per second of all clients together, the same all the time or by the milliseconds since the start. */
  arrivals: Arrivals;
  service: ServiceModel;
  /** How long calls are made. What is still under way then is played to its end, an hour at most. @default 60 */
  seconds?: number;
  /** @default 1 */
  seed?: number;
  /** What each call asks for. @default 'http://service.test/', nothing */
  request?: { url?: string; init?: RequestInit };
  /** Drives clients that use the global timers, `Date` and `Math.random`: those are virtual while it runs. @default false */
  globals?: boolean;
}

/** The options, all there. */
export type SimulateSettings = Required<Omit<SimulateOptions, 'client' | 'clients'>> & {
  makers: readonly ClientMaker[];
};

const NAMES = ['client', 'clients', 'arrivals', 'service', 'seconds', 'seed', 'request', 'globals'];

export function simulateSettings(options: SimulateOptions): SimulateSettings {
  checkNames('simulate', options, NAMES);
  const { client, clients = 1, arrivals, service, seconds = 60, seed = 1, request = {}, globals = false } = options;
  checkNumber('simulate: clients', clients, { min: 1, max: 100_000, integer: true });
  checkNumber('simulate: seconds', seconds, { min: 1, max: 86_400, integer: true });
  checkNumber('simulate: seed', seed, { min: -(2 ** 52), max: 2 ** 52 }); // each client gets the next one
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
