import { isDevelopment } from './is-development.ts';

const LONGEST = 80;
const LONGEST_MEMBER = 24;
const SECRET = /auth|cookie|key|pass|secret|token/i;

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * A value as an error message names it: on one line, 80 characters at most, without what looks like a secret. Runs
 * none of the value's own code but that of a proxy, and never throws. In production only a number, a boolean, `null` and
 * `undefined` are shown; of anything else its type.
 */
export function show(value: unknown): string {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') return showWhole(value);
  return typeof value === 'string' || typeof value === 'symbol' || Object(value) === value ? typeof value : `${value}`;
}

function showWhole(value: unknown): string {
  try {
    return clip(showMember(value, LONGEST) ?? showObject(value as object), LONGEST);
  } catch {
    return `[${typeof value}]`;
  }
}

/** What an object calls itself, e.g. `[object Map]`: also one of another realm. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** A text of at most `longest` characters, with `…` where it was cut. */
export function clip(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/**
 * What ends a line, drives a terminal, hides or turns what follows. As ranges: an engine without the tables of Unicode (StarlingMonkey) loads
 * no file that has `\p{C}`, and a build for React Native makes 8 kB of it.
 */
const CONTROLS =
  /[^ -~\xa0-\u{10ffff}]|[\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/**
 * Outside text fit for one line of a log: at most `maxLength` characters, without control characters, line breaks and
 * invisible formatting.
 */
export function oneLine(text: string, maxLength = 200): string {
  return clip(text, maxLength)
    .replace(CONTROLS, '')
    .replace(/[\ud800-\udfff]/gu, '');
}

/** What has no members to show. */
function showMember(value: unknown, longest: number = LONGEST_MEMBER): string | undefined {
  if (typeof value === 'string') return quoted(clip(withoutUrlSecrets(value), longest));
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  return typeof value === 'symbol' || Object(value) !== value ? String(value) : undefined;
}

/** A URL, as that of a Redis in place of its client, without query and fragment; only its scheme where there may be user info. */
function withoutUrlSecrets(text: string): string {
  return text.replace(/(:\/\/)(?:.*@.*|([^?#]*).*)/s, '$1$2');
}

function quoted(text: string): string {
  return encodeControls(JSON.stringify(text));
}

/** A text without what ends a line, drives a terminal, hides or turns what follows: percent-encoded instead. */
export function encodeControls(text: string): string {
  return text.replace(CONTROLS, encodeURIComponent);
}

/** Arrays and plain objects with their members; of anything else only what it calls itself. */
function showObject(value: object): string {
  if (!Array.isArray(value) && (tagOf(value) !== '[object Object]' || !isPlain(value))) return tagOf(value);
  const members = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  const shown = members.slice(0, LONGEST).map(([name, member]) => {
    const text = SECRET.test(name) || !('value' in member) ? '…' : (showMember(member.value) ?? nested(member.value));
    return Array.isArray(value) ? text : `${name}: ${text}`;
  });
  if (Array.isArray(value)) return `[${shown.join(', ')}]`;
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`;
}

function nested(value: object): string {
  return Array.isArray(value) ? '[…]' : isPlain(value) ? '{…}' : tagOf(value);
}

/** Whether it is an object literal, of any realm, or has no prototype. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
