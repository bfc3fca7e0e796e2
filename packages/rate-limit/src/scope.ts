import type { Call } from '@steadfetch/core';
import { checkString, fieldOf, pathOf } from '@steadfetch/core/kit';
import type { RateLimitScope, Settings } from './options.ts';

/** Fields that identify the caller: those of standards and gateways, and those of single APIs. */
const CREDENTIALS = [
  'authorization',
  'x-api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'ocp-apim-subscription-key', // Azure API Management
  'x-goog-api-key', // Google
  'private-token', // GitLab
  'x-shopify-access-token', // Shopify
  'xi-api-key', // ElevenLabs
];
/** The parts of a signed credential that change with each request. They do not identify the caller. */
const CHANGING = /(?:signature|nonce|timestamp|created|expires)="?[^",\s]*/gi;
const MAX_CREDENTIALS = 10_000;
const MAX_SEGMENTS = 8;
/** A path segment that names one thing, such as a number, an identifier or a token. */
const ID = /^(?:\d+|(?=.*\d)[\w.~-]{16,}|.*[%@].*|.{41,})$/;

/** Returns the names of the gates of a call, from the widest to the narrowest. */
export type NamesOf = (call: Call) => readonly string[];

export function namesOf({ key, scope }: Pick<Settings, 'key' | 'scope'>): NamesOf {
  const nameOfOrigin = cacheLast(originName);
  const root = (call: Call) => (key ? checkString('rateLimit: key()', key(call)) : nameOfOrigin(call.origin));
  const numberOf = credentials();
  const credentialOf = (call: Call) => joined(root(call), numberOf(call));
  const pathOfCall = cacheLast(fold);
  if (typeof scope === 'function') return (call) => [root(call), ...checkNames(scope(call))];
  const levels: Record<Exclude<RateLimitScope, (call: Call) => unknown>, NamesOf> = {
    origin: (call) => [root(call)],
    credential: (call) => [credentialOf(call)],
    path: (call) => [joined(credentialOf(call), pathOfCall(call.url))],
    auto: (call) => [credentialOf(call), pathOfCall(call.url)],
  };
  return levels[scope];
}

/** The name of a gate below another. */
export function joined(wide: string, narrow: string): string {
  return wide && narrow ? `${wide} ${narrow}` : wide || narrow;
}

function checkNames(names: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(names) ? names : [names];
  return list.map((name) => checkString('rateLimit: scope()', name));
}

/** The name of an origin. Without a host, or with a very long one, it is the scheme: the rest may be data or a secret. */
function originName(origin: string): string {
  return /^[a-z][a-z0-9+.-]*:(?:\/\/[^?#]{0,200}$)?/i.exec(origin)?.[0] ?? 'relative';
}

/** Caches the last result of `make`, since most calls have the same URL as the call before. */
export function cacheLast<T>(make: (url: string) => T): (url: string) => T {
  let last: string | undefined;
  let made: T;
  return (url) => {
    if (url !== last) [last, made] = [url, make(url)];
    return made;
  };
}

/** The path with each segment that names one thing replaced: `/items/1` and `/items/2` are `/items/*`. */
function fold(url: string): string {
  const segments = pathOf(url)
    .slice(0, 4_096)
    .split('/', MAX_SEGMENTS + 1);
  return segments.map((segment) => (ID.test(segment) ? '*' : segment)).join('/');
}

/** Numbers the credentials, so that none is shown. Only a hash of each is stored, with a random seed. */
function credentials(): (call: Call) => string {
  const numbers = new Map<number, number>();
  const seed = randomSeed();
  let count = 0;
  return (call) => {
    if (typeof call.input === 'string' && !call.init?.headers) return '';
    const given = CREDENTIALS.map((name) => fieldOf(call, name) ?? '').join('\n');
    if (given.length < CREDENTIALS.length) return '';
    const hash = hashOf(given.replace(CHANGING, ''), seed);
    if (!numbers.has(hash)) {
      if (numbers.size >= MAX_CREDENTIALS) numbers.clear();
      numbers.set(hash, ++count);
    }
    return `#${numbers.get(hash)}`;
  };
}

/** The seed of a hash, so that nobody can guess what was hashed by trying values. */
export const randomSeed = (): number => Math.floor(Math.random() * 2 ** 32);

/** A hash of 53 bits: two variants of FNV-1a side by side. */
export function hashOf(text: string, seed: number): number {
  let [a, b] = [seed, ~seed];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x5bd1e995) ^ (b >>> 13);
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}
