import { compose, type RateLimitOptions, rateLimit, timeout } from 'steadfetch';
import type { Member } from '../harm/live.ts';
import type { Exception, Stack } from './exception.ts';
import { spread } from './limited-servers.ts';
import { plainRetry, type Sides } from './limiter-stacks.ts';
import { limiterStack, written } from './stacks.ts';
import { type StoreWorld, storeIn } from './store-place.ts';

const WHOLE = 10_000;

/** `rateLimit()` with a store that all clients of a run share, and a plain retry, for calls that may take so long. */
export function storeBeside(world: StoreWorld = {}, options: RateLimitOptions = {}, whole: number = WHOLE): Sides {
  const ours = { text: '`rateLimit({ store })`', client: withStore(world, options, whole) };
  return { ours, plain: plainRetry(whole), whole };
}

export function firstProof(world: StoreWorld = {}, whole: number = WHOLE): Stack {
  return { text: "`rateLimit({ store, proof: 'first' })`", client: withStore(world, { proof: 'first' }, whole) };
}

/** The limit of all together is said. */
export function said(requests: number, per: number): Stack {
  const limit = { requests, per };
  return { text: `\`storeOf(ask, ${written({ limit })})\``, client: withStore({ limit }) };
}

/** Without a store, each process finds the limit by itself. */
export function alone(whole: number = WHOLE): Stack {
  return limiterStack({ scope: 'origin' }, whole);
}

function withStore(world: StoreWorld, options: RateLimitOptions = {}, whole: number = WHOLE): Member {
  return (fetch, parts) => {
    const { clock, random } = parts;
    const limiter = rateLimit({ clock, random, scope: 'origin', store: storeIn(parts, world), ...options });
    return compose(timeout(whole, { clock }), limiter)(fetch);
  };
}

/** Makes a stack for each call, as a function that is started anew. */
export function eachCall({ client }: Stack): Member {
  return (fetch, parts) => (input, init) => client(fetch, parts)(input, init);
}

/** The first clients have one stack, the others another. */
export function firstOnes(count: number, client: Member, others: Member): Member {
  return (fetch, parts) => (parts.index < count ? client : others)(fetch, parts);
}

/** The clocks of all clients are so many milliseconds behind that of the server and of the store. */
export function slow(by: number, { ours, plain, whole }: Sides): Sides {
  const behind =
    (client: Member): Member =>
    (fetch, parts) =>
      client(fetch, { ...parts, clock: { ...parts.clock, now: () => parts.clock.now() - by } });
  return { ours: { ...ours, client: behind(ours.client) }, plain: behind(plain), whole };
}

/** So many processes: a call is of one of them, by chance. A request travels for 5 ms, and its answer. */
export function processes(clients: number, travel = spread(4, 6)): Pick<Exception, 'clients' | 'ask' | 'travel'> {
  return { clients, ask: (_, chance) => ({ path: '/', client: Math.floor(clients * chance) }), travel };
}
