/** What stands alone in a structured field: RFC 9651 §3.3, as much of it as is told apart here. */
export interface BareItem {
  type: 'string' | 'integer' | 'token' | 'bytes' | 'other';
  /** Without quotes, escapes and colons; bytes as the base64 that was sent. */
  text: string;
}

/** A member of a list or a dictionary, with its parameters. */
export interface Item extends BareItem {
  parameters: Map<string, BareItem>;
}

interface Cursor {
  text: string;
  at: number;
}

const TRUE: BareItem = { type: 'other', text: '?1' };
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const COMMA = /[ \t]*,[ \t]*/y;
const BARE_ITEMS: [BareItem['type'], RegExp][] = [
  ['string', /"((?:[ !#-[\]-~]|\\["\\])*)"/y],
  ['integer', /(-?[0-9]{1,15})(?![0-9.])/y],
  ['token', /([a-z*][!#$%&'*+.^_`|~0-9a-z:/-]*)/iy],
  ['bytes', /:([a-z0-9+/]*={0,2}):/iy],
  ['other', /(-?[0-9]{1,12}\.[0-9]{1,3}|\?[01]|@-?[0-9]{1,15}(?![0-9.])|%"(?:[ !#$&-~]|%[0-9a-f]{2})*")/y],
];

/** A List (RFC 9651 §4.2.1) whose members are all Items, or `undefined`: one fault voids the field. */
export function parseList(text: string | undefined): Item[] | undefined {
  const items: Item[] = [];
  const complete = members(text, (cursor) => {
    const item = takeItem(cursor);
    if (item) items.push(item);
    return item !== undefined;
  });
  return complete ? items : undefined;
}

/** A Dictionary (RFC 9651 §4.2.2) whose values are all Items, or `undefined`. */
export function parseDictionary(text: string | undefined): Map<string, Item> | undefined {
  const entries = new Map<string, Item>();
  const complete = members(text, (cursor) => {
    const key = take(cursor, KEY);
    if (!key) return false;
    const item = take(cursor, /=/y) ? takeItem(cursor) : withParameters(TRUE, cursor);
    if (item) entries.set(key[0], item);
    return item !== undefined;
  });
  return complete ? entries : undefined;
}

function members(text: string | undefined, takeMember: (cursor: Cursor) => boolean): boolean {
  if (!text) return text === '';
  const cursor = { text, at: 0 };
  do {
    if (!takeMember(cursor)) return false;
  } while (take(cursor, COMMA));
  return cursor.at === text.length;
}

function takeItem(cursor: Cursor): Item | undefined {
  const bare = takeBareItem(cursor);
  return bare && withParameters(bare, cursor);
}

function withParameters(bare: BareItem, cursor: Cursor): Item | undefined {
  const parameters = new Map<string, BareItem>();
  while (take(cursor, /; */y)) {
    const key = take(cursor, KEY);
    const value = key && (take(cursor, /=/y) ? takeBareItem(cursor) : TRUE);
    if (!value) return undefined;
    parameters.set(key[0], value);
  }
  return { ...bare, parameters };
}

function takeBareItem(cursor: Cursor): BareItem | undefined {
  for (const [type, pattern] of BARE_ITEMS) {
    const match = take(cursor, pattern);
    if (match) return { type, text: match[1]!.replace(/\\(.)/g, '$1') };
  }
  return undefined;
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match) cursor.at = pattern.lastIndex;
  return match;
}
