/** A member of a list or a dictionary. Values are as they were sent, so that `30` and `30.0` differ. */
export interface Member {
  /** Its name in a dictionary. */
  key: string;
  value: string;
  parameters: Map<string, string>;
}

interface Cursor {
  text: string;
  at: number;
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
/** String, Display String, Token, Byte Sequence, Decimal, Integer or Date, Boolean. */
const BARE_ITEM =
  /"(?:[ !#-[\]-~]|\\["\\])*"|%"(?:[ !#$&-~]|%[0-9a-f]{2})*"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?:|-?[0-9]{1,12}\.[0-9]{1,3}|@?-?[0-9]{1,15}(?![0-9.])|\?[01]/y;

/**
 * The members of a List (RFC 9651 §4.2.1), or with `keyed` of a Dictionary (§4.2.2), or `undefined`: one fault voids
 * the field. Members that are inner lists count as a fault, since no field read here has any.
 */
export function parseMembers(text: string | undefined, keyed: boolean = false): Member[] | undefined {
  if (!text) return text === '' ? [] : undefined;
  const cursor = { text, at: 0 };
  const members: Member[] = [];
  do {
    const key = keyed ? take(cursor, KEY) : '';
    const value = key === undefined ? undefined : takeValue(cursor, keyed);
    const parameters = value === undefined ? undefined : takeParameters(cursor);
    if (!parameters) return undefined;
    members.push({ key: key!, value: value!, parameters });
  } while (take(cursor, /[ \t]*,[ \t]*/y));
  return cursor.at === text.length ? members : undefined;
}

function takeParameters(cursor: Cursor): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  while (take(cursor, /; */y)) {
    const key = take(cursor, KEY);
    const value = key && takeValue(cursor, true);
    if (!value) return undefined;
    parameters.set(key, value);
  }
  return parameters;
}

/** What follows a key may be left out: it is then true. */
function takeValue(cursor: Cursor, afterKey: boolean): string | undefined {
  if (afterKey && !take(cursor, /=/y)) return '?1';
  const value = take(cursor, BARE_ITEM);
  return value?.startsWith('%') && !isSound(value.slice(1)) ? undefined : value;
}

/** The percent signs of a Display String stand for UTF-8 that has to be well-formed (RFC 9651 §4.2.10). */
function isSound(text: string): boolean {
  try {
    return decodeURIComponent(text) !== ''; // a bundler leaves out a call whose result is not used
  } catch {
    return false;
  }
}

function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text)?.[0];
  cursor.at += match?.length ?? 0;
  return match;
}
