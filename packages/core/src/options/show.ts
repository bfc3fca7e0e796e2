import { isDevelopment } from './is-development.ts';

const MAX_LENGTH = 80;
const MAX_MEMBER_LENGTH = 24;
const SECRET = /auth|cookie|key|pass|secret|token/i;

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Describes a value for an error message: on one line, in at most 80 characters, without members that look secret. Never throws, and runs
 * no code of the value except a proxy's traps. In production shows only numbers, booleans, `null`, `undefined`, and other values' types.
 */
export function show(value: unknown): string {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') return showWhole(value);
  return typeof value === 'string' || typeof value === 'symbol' || Object(value) === value ? typeof value : `${value}`;
}

function showWhole(value: unknown): string {
  try {
    return clip(showMember(value, MAX_LENGTH) ?? showObject(value as object), MAX_LENGTH);
  } catch {
    return `[${typeof value}]`;
  }
}

/** The tag of an object, such as `[object Map]`, which is the same in all realms. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** Cuts a text to at most `maxLength` characters, with `…` at the end of a cut text. */
export function clip(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

/**
 * Line breaks, control characters, invisible characters, and marks that reverse the text after them. Written as ranges, since `\p{C}` is a syntax
 * error in an engine without Unicode tables (StarlingMonkey), and becomes 8 kB in a build for React Native.
 */
const CONTROLS =
  /[^ -~\xa0-\u{10ffff}]|[\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/**
 * Makes foreign text safe for one line of a log: at most `maxLength` characters, without line breaks, control characters and invisible
 * characters.
 */
export function oneLine(text: string, maxLength = 200): string {
  return clip(text, maxLength)
    .replace(CONTROLS, '')
    .replace(/[\ud800-\udfff]/gu, '');
}

/** Describes a value that has no members. Returns `undefined` for an object. */
function showMember(value: unknown, maxLength: number = MAX_MEMBER_LENGTH): string | undefined {
  if (typeof value === 'string') return quoted(clip(withoutUrlSecrets(value), maxLength));
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  return typeof value === 'symbol' || Object(value) !== value ? String(value) : undefined;
}

/** Removes the query and the fragment of a URL, and all after the scheme if it may contain a password, as the URL of a Redis does. */
function withoutUrlSecrets(text: string): string {
  return text.replace(/(:\/\/)(?:.*@.*|([^?#]*).*)/s, '$1$2');
}

function quoted(text: string): string {
  return encodeControls(JSON.stringify(text));
}

/** Percent-encodes line breaks, control characters and invisible characters. */
export function encodeControls(text: string): string {
  return text.replace(CONTROLS, encodeURIComponent);
}

/** Describes an array or a plain object with its members, and any other object by its tag. */
function showObject(value: object): string {
  if (!Array.isArray(value) && (tagOf(value) !== '[object Object]' || !isPlain(value))) return tagOf(value);
  const members = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  const shown = members.slice(0, MAX_LENGTH).map(([name, member]) => {
    const text = SECRET.test(name) || !('value' in member) ? '…' : (showMember(member.value) ?? nested(member.value));
    return Array.isArray(value) ? text : `${name}: ${text}`;
  });
  if (Array.isArray(value)) return `[${shown.join(', ')}]`;
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`;
}

function nested(value: object): string {
  return Array.isArray(value) ? '[…]' : isPlain(value) ? '{…}' : tagOf(value);
}

/** Whether an object is a literal, of any realm, or has no prototype. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
