import * as ky from 'ky';

/** For an older Node npm installs ky 1, whatever range the peer has. */
export function checkKy(): void {
  if (ky.NetworkError === undefined) throw new TypeError('@steadfetch/ky: expected ky 2.1 or newer, got ky 1');
}
