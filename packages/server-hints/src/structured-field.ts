/** A member of a list. Values are the text that was sent, so `30` and `30.0` differ. */
export interface Member {
  value: string;
  parameters: Map<string, string>;
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
/** String, Display String, Token, Byte Sequence, Decimal, Integer or Date, Boolean. */
const BARE_ITEM =
  /"(?:[ !#-[\]-~]|\\["\\])*"|%"[ !#-~]*"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?:|-?[0-9]{1,12}\.[0-9]{1,3}|@?-?[0-9]{1,15}(?![0-9.])|\?[01]/y;

/**
 * Parses a List (RFC 9651 §4.2.1). Returns `undefined` if anything is invalid. Inner lists count as invalid, since no field that is
 * read here has any.
 */
export function parseMembers(text: string | undefined): Member[] | undefined {
  if (!text) return text === '' ? [] : undefined;
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    at += match?.length ?? 0;
    return match;
  };
  const takeParameters = () => {
    const parameters = new Map<string, string>();
    while (take(/; */y)) {
      const key = take(KEY);
      const value = key && (take(/=/y) ? take(BARE_ITEM) : '?1'); // a key without a value is true
      if (!value) return undefined;
      parameters.set(key, value);
    }
    return parameters;
  };

  const members: Member[] = [];
  do {
    const value = take(BARE_ITEM);
    const parameters = value === undefined ? undefined : takeParameters();
    if (!parameters) return undefined;
    members.push({ value: value!, parameters });
  } while (take(/[ \t]*,[ \t]*/y));
  return at === text.length ? members : undefined;
}
