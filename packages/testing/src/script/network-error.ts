import { checkValue } from '../options.ts';

const CONNECT = new Set([
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
]);
const LOOKUP = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNDICI: Readonly<Record<string, readonly [name: string, message: string]>> = {
  UND_ERR_CONNECT_TIMEOUT: ['ConnectTimeoutError', 'Connect Timeout Error'],
  UND_ERR_HEADERS_TIMEOUT: ['HeadersTimeoutError', 'Headers Timeout Error'],
  UND_ERR_BODY_TIMEOUT: ['BodyTimeoutError', 'Body Timeout Error'],
  UND_ERR_SOCKET: ['SocketError', 'other side closed'],
};
const ERRNO: Readonly<Record<string, number>> = {
  ECONNREFUSED: -111,
  ECONNRESET: -104,
  EPIPE: -32,
  ETIMEDOUT: -110,
  ENETUNREACH: -101,
  EHOSTUNREACH: -113,
  ENOTFOUND: -3008,
  EAI_AGAIN: -3001,
};

/**
 * The error that Node's `fetch` rejects with: a `TypeError` whose cause has `code`, `syscall` and the address.
 *
 * @example await expect(call).rejects.toEqual(networkError('ECONNREFUSED', url));
 */
export function networkError(code = 'ECONNRESET', url = 'http://127.0.0.1:80/'): TypeError {
  checkValue('networkError: code', code, 'a string', typeof code === 'string');
  checkValue('networkError: url', url, 'a string', typeof url === 'string');
  return new TypeError('fetch failed', { cause: systemError(code, url) });
}

/** The error of reading a body that broke off: `terminated`, with the reason as its cause. */
export function bodyError(code: string, url: string): TypeError {
  return new TypeError('terminated', { cause: systemError(code, url) });
}

function systemError(code: string, url: string): Error {
  const undici = UNDICI[code];
  if (undici) return Object.assign(new Error(undici[1]), { name: undici[0], code });
  const { hostname, port, protocol } = new URL(url, 'http://127.0.0.1:80/');
  const errno = ERRNO[code];
  const known = errno === undefined ? { code } : { errno, code };
  if (LOOKUP.has(code)) {
    const syscall = 'getaddrinfo';
    return Object.assign(new Error(`${syscall} ${code} ${hostname}`), { ...known, syscall, hostname });
  }
  if (CONNECT.has(code)) {
    const address = /^[\d.]+$|^\[/.test(hostname) ? hostname.replace(/[[\]]/g, '') : '127.0.0.1';
    const place = { address, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
    const text = `connect ${code} ${address}:${place.port}`;
    return Object.assign(new Error(text), { ...known, syscall: 'connect', ...place });
  }
  if (!/^E[A-Z]+$/.test(code)) return Object.assign(new Error(code), known);
  const syscall = code === 'EPIPE' ? 'write' : 'read';
  return Object.assign(new Error(`${syscall} ${code}`), { ...known, syscall });
}
