import type { Call } from '@steadfetch/core';
import { checkString, fieldOf, pathOf } from '@steadfetch/core/kit';
import type { RateLimitScope, Settings } from './options.ts';

/** Fields that carry who is calling: those of the standards and gateways, and of APIs that have their own. */
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
/** What changes with each request that a credential signs: it is no part of who signs. */
const SIGNED = /(?:signature|nonce|timestamp|created|expires)="?[^",\s]*/gi;
const MOST_CREDENTIALS = 10_000;
const MOST_SEGMENTS = 8;
/** Numbers, identifiers and tokens, and whatever names one thing: they are no part of a kind of request. */
const ID = /^(?:\d+|(?=.*\d)[\w.~-]{16,}|.*[%@].*|.{41,})$/;

/** Returns the names of the gates that a call passes, from the widest to the narrowest. */
export type NamesOf = (call: Call) => readonly string[];

export function namesOf({ key, scope }: Pick<Settings, 'key' | 'scope'>): NamesOf {
  const nameOfOrigin = ofLast(originName);
  const root = (call: Call) => (key ? checkString('rateLimit: key()', key(call)) : nameOfOrigin(call.origin));
  const numberOf = credentials();
  const credentialOf = (call: Call) => joined(root(call), numberOf(call));
  const pathOfCall = ofLast(fold);
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

/** The origin; of a URL that has none, or a very long one, its scheme, since the rest may be data or a secret. */
function originName(origin: string): string {
  return /^[a-z][a-z0-9+.-]*:(?:\/\/[^?#]{0,200}$)?/i.exec(origin)?.[0] ?? 'relative';
}

/** `make` for most calls once: they have the URL of the last one. */
export function ofLast<T>(make: (url: string) => T): (url: string) => T {
  let last: string | undefined;
  let made: T;
  return (url) => {
    if (url !== last) [last, made] = [url, make(url)];
    return made;
  };
}

/** The path with what names one thing folded: `/items/1` and `/items/2` are `/items/*`. No part of the URL is kept. */
function fold(url: string): string {
  const segments = pathOf(url)
    .slice(0, 4_096)
    .split('/', MOST_SEGMENTS + 1);
  return segments.map((segment) => (ID.test(segment) ? '*' : segment)).join('/');
}

/** Credentials get numbers: nothing of one leaves, or is kept but as a hash that begins at a random number. */
function credentials(): (call: Call) => string {
  const numbers = new Map<number, number>();
  const seed = randomSeed();
  let count = 0;
  return (call) => {
    if (typeof call.input === 'string' && !call.init?.headers) return '';
    const given = CREDENTIALS.map((name) => fieldOf(call, name) ?? '').join('\n');
    if (given.length < CREDENTIALS.length) return '';
    const hash = hashOf(given.replace(SIGNED, ''), seed);
    if (!numbers.has(hash)) {
      if (numbers.size >= MOST_CREDENTIALS) numbers.clear();
      numbers.set(hash, ++count);
    }
    return `#${numbers.get(hash)}`;
  };
}

/** Where a hash begins, so that nothing outside can tell what it is of. */
export const randomSeed = (): number => Math.floor(Math.random() * 2 ** 32);

/** Two rounds of FNV-1a side by side, 53 bits of them. */
export function hashOf(text: string, seed: number): number {
  let [a, b] = [seed, ~seed];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x5bd1e995) ^ (b >>> 13);
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}
