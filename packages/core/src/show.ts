const LONGEST = 80;
const LONGEST_MEMBER = 24;
const SECRET = /auth|cookie|key|pass|secret|token/i;

/**
 * A value as an error message names it: on one line, 80 characters at most, without members that look like secrets. Runs
 * none of the value's own code but that of a proxy, and never throws.
 */
export function show(value: unknown): string {
  try {
    const shown = showMember(value, LONGEST) ?? showWhole(value as object);
    return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown;
  } catch {
    return `[${typeof value}]`;
  }
}

/** Arrays and plain objects with their members; of anything else only what it calls itself. */
function showWhole(value: object): string {
  const plain = Object.prototype.toString.call(value) === '[object Object]' && isPlain(value);
  if (!plain && !Array.isArray(value)) return Object.prototype.toString.call(value);
  const members = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  const shown = members.slice(0, LONGEST).map(([name, member]) => {
    const text = SECRET.test(name) || !('value' in member) ? '…' : (showMember(member.value) ?? nested(member.value));
    return Array.isArray(value) ? text : `${name}: ${text}`;
  });
  if (Array.isArray(value)) return `[${shown.join(', ')}]`;
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`;
}

/** What has no members to show. */
function showMember(value: unknown, longest: number = LONGEST_MEMBER): string | undefined {
  if (typeof value === 'string') return quoted(value, longest);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  return typeof value === 'symbol' || Object(value) !== value ? String(value) : undefined;
}

function nested(value: object): string {
  return Array.isArray(value) ? '[…]' : isPlain(value) ? '{…}' : Object.prototype.toString.call(value);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function quoted(text: string, longest: number): string {
  const clipped = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return JSON.stringify(clipped).replace(/[\x7f-\x9f\u2028\u2029]/g, encodeURIComponent);
}
