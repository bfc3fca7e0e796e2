/** What stands alone in a structured field (RFC 9651 §3.3), as far as its kind matters here. */
export interface BareItem {
  type: 'string' | 'integer' | 'token' | 'bytes' | 'other';
  /** Without quotes, escapes and colons; bytes as the base64 that was sent. */
  text: string;
}

/** A member of a list or a dictionary. */
export interface Member extends BareItem {
  /** Its name in a dictionary. */
  key: string;
  parameters: Map<string, BareItem>;
}

interface Cursor {
  text: string;
  at: number;
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const TYPES = ['string', 'integer', 'token', 'bytes', 'other'] as const;
const BARE_ITEM = new RegExp(
  [
    /"((?:[ !#-[\]-~]|\\["\\])*)"/,
    /(-?[0-9]{1,15})(?![0-9.])/,
    /([A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)/,
    /:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?):/,
    /(-?[0-9]{1,12}\.[0-9]{1,3}|\?[01]|@-?[0-9]{1,15}(?![0-9.])|%"(?:[ !#$&-~]|%[0-9a-f]{2})*")/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'y',
);

/**
 * The members of a List (RFC 9651 §4.2.1), or with `keyed` of a Dictionary (§4.2.2), or `undefined`: one fault voids
 * the field. Members that are inner lists count as a fault, since no field read here has any.
 */
export function parseMembers(text: string | undefined, keyed: boolean = false): Member[] | undefined {
  if (!text) return text === '' ? [] : undefined;
  const cursor = { text, at: 0 };
  const members: Member[] = [];
  do {
    const key = keyed ? take(cursor, KEY)?.[0] : '';
    const item = key === undefined ? undefined : takeValue(cursor, keyed);
    const parameters = item && takeParameters(cursor);
    if (!parameters) return undefined;
    members.push({ ...item, key: key!, parameters });
  } while (take(cursor, /[ \t]*,[ \t]*/y));
  return cursor.at === text.length ? members : undefined;
}

function takeParameters(cursor: Cursor): Map<string, BareItem> | undefined {
  const parameters = new Map<string, BareItem>();
  while (take(cursor, /; */y)) {
    const key = take(cursor, KEY);
    const value = key && takeValue(cursor, true);
    if (!value) return undefined;
    parameters.set(key[0], value);
  }
  return parameters;
}

/** What follows a key may be left out: it is then true. */
function takeValue(cursor: Cursor, afterKey: boolean): BareItem | undefined {
  if (afterKey && !take(cursor, /=/y)) return { type: 'other', text: '?1' };
  const match = take(cursor, BARE_ITEM)?.slice(1);
  const kind = match?.findIndex((group) => group !== undefined) ?? -1;
  if (!match || (TYPES[kind] === 'other' && !isSound(match[kind]!))) return undefined;
  return { type: TYPES[kind]!, text: match[kind]!.replace(/\\(.)/g, '$1') };
}

/** The percent signs of a Display String stand for UTF-8 that has to be well-formed (RFC 9651 §4.2.10). */
function isSound(text: string): boolean {
  try {
    decodeURIComponent(text.slice(1));
    return true;
  } catch {
    return false;
  }
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match) cursor.at = pattern.lastIndex;
  return match;
}
