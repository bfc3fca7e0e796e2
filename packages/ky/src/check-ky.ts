import * as ky from 'ky';

/** On an older version of Node, npm installs ky 1, in spite of the range of the peer dependency. */
export function checkKy(): void {
  if (ky.NetworkError === undefined) throw new TypeError('@steadfetch/ky: expected ky 2.1 or newer, got ky 1');
}
