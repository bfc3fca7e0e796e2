/**
 * Codes of Node, undici, HTTP/2, HTTP/3 and Bun that mean: this hop never carried the request. A stream that was refused
 * is not processed, and may be repeated whatever the method (RFC 9113 §8.7, RFC 9114 §4.1.1).
 */
export const NEVER_SENT: RegExp =
  /^(?:E(?:CONNREFUSED|NOTFOUND|AI_AGAIN|ADDRNOTAVAIL|(?:NET|HOST)(?:UNREACH|DOWN))|(?:UND_ERR_CONNECT|ERR_TLS_HANDSHAKE)_TIMEOUT|ConnectionRefused|FailedToOpenSocket|(?:NG)?HTTP2_REFUSED_STREAM|HTTP2_GOAWAY_HIGHER_STREAM_ID|H3_REQUEST_REJECTED)$/;

/** Codes of failures that may pass, and where the request may or may not have been processed. */
export const TRANSIENT: RegExp =
  /^(?:E(?:CONNRESET|CONNABORTED|NETRESET|PIPE|(?:SOCKET)?TIMEDOUT)|UND_ERR_(?:SOCKET|(?:HEADERS|BODY)_TIMEOUT|RES_CONTENT_LENGTH_MISMATCH)|ERR_HTTP2_(?:STREAM_ERROR|SESSION_ERROR|GOAWAY_SESSION)|ERR_STREAM_PREMATURE_CLOSE|Connection(?:Closed|Reset)|Timeout)$/;

/** Codes of timeouts. */
export const TIMED_OUT: RegExp = /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the network answered, and it will answer the same again. */
export const BROKEN_PEER: RegExp =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|HPE_|UND_ERR_PRX_TLS$)/;

/** Texts of network errors that carry no code. */
const NETWORK_TEXTS = [
  /^(?:fetch failed|terminated)$/, // undici
  /^(?:Failed to fetch(?: \(.*\))?|network error)$/s, // Chromium
  /^(?:NetworkError when attempting to fetch resource\.|Error in input stream)$/, // Firefox
  /^Content-Length header of network response exceeds response Body\.$/, // Firefox
  /^(?:Load failed(?: \(.*\))?|The network connection was lost\.|Response served by service worker is an error)$/s, // Safari
  /^The Internet connection appears to be offline\.$/, // Safari
  /^error (?:sending request for url|reading a body from connection)/, // Deno
  /^(?:E[A-Z]+: )?(?:Unable to connect|The socket connection was closed unexpectedly)\./, // Bun
  /^ ?A network error occurred\.$/, // Bun
  /^(?:Network connection lost\.?$|internal error; reference = )/, // Workers
  /^Network request (?:failed|timed out)$/, // React Native
];

/** Whether a message is that of a network error: of a browser, Node, Deno, Bun, Workers or React Native. */
export function isNetworkText(message: string): boolean {
  return NETWORK_TEXTS.some((text) => text.test(message));
}

/** Texts below a network error that say that no connection was made (Deno). A URL has no blanks, and cannot say so. */
export const NEVER_SENT_TEXT: RegExp = /: client error \(Connect\)/;

/** The same, where the next connection will fail the same way. */
export const BROKEN_PEER_TEXT: RegExp =
  /: client error \(Connect\): (?:invalid peer certificate|received corrupt message)/;

/** Texts below a `fetch failed` without a code (undici): the request itself is at fault. */
export const PERMANENT_TEXT: RegExp =
  /unknown scheme|scheme is not supported|not implemented|data URL|dispatch is not a function|scheme must be|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (?:method|header|url|path)/i;
