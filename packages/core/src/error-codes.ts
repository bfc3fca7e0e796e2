/**
 * Codes of Node, undici, HTTP/2, HTTP/3 and Bun that mean: this hop never carried the request. A stream that was refused
 * is not processed, and may be repeated whatever the method (RFC 9113 §8.7, RFC 9114 §4.1.1).
 */
export const NEVER_SENT: RegExp =
  /^(E(CONNREFUSED|NOTFOUND|AI_AGAIN|ADDRNOTAVAIL|(NET|HOST)(UNREACH|DOWN))|\w+_(CONNECT|HANDSHAKE)_TIMEOUT|ConnectionRefused|FailedToOpenSocket|\w+_REFUSED_STREAM|\w+_HIGHER_STREAM_ID|H3_REQUEST_REJECTED)$/;

/** Codes of failures that may pass, and where the request may or may not have been processed. */
export const TRANSIENT: RegExp =
  /^(E(CONNRESET|CONNABORTED|NETRESET|PIPE|(SOCKET)?TIMEDOUT)|UND_ERR_(SOCKET|(HEADERS|BODY)_TIMEOUT|RES_\w+_MISMATCH)|ERR_HTTP2_(STREAM_ERROR|SESSION_ERROR|GOAWAY_SESSION)|\w+_PREMATURE_CLOSE|Connection(Closed|Reset)|Timeout)$/;

/** Of these, the codes of timeouts. */
export const TIMED_OUT: RegExp = /(HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the network answered, and it will answer the same again. */
export const BROKEN_PEER: RegExp =
  /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|HPE_|UND_ERR_PRX_TLS$)/;

/**
 * How the messages of network errors that carry no code begin: of undici, Chromium, Firefox, Safari, Deno, Bun, Workers
 * and React Native, in this order.
 */
export const NETWORK_TEXT: RegExp =
  /^((fetch failed|terminated|network error)$|(Failed to fetch|Load failed)( \(.*\))?$|NetworkError when |Error in input stream$|Content-Length header of network |The (network|Internet) connection (was lost|appears to be offline)\.$|error (sending request for url|reading a body from)|(E[A-Z]+: )?(Unable to connect|The socket connection was closed unexpectedly)\.| ?A network error occurred\.$|Network connection lost\.?$|internal error; reference = |Response served by service worker is an error$|Network request (failed|timed out)$)/s;

/** Texts below a network error that say that no connection was made (Deno). A URL has no blanks, and cannot say so. */
export const NEVER_SENT_TEXT: RegExp = /: client error \(Connect\)/;

/** The same, where the next connection will fail the same way. */
export const BROKEN_PEER_TEXT: RegExp = /: client error \(Connect\): (invalid peer cert|received corrupt)/;

/** Texts below a `fetch failed` without a code (undici): the request itself is at fault. */
export const PERMANENT_TEXT: RegExp =
  /unknown scheme|scheme is not supported|not implemented|data URL|dispatch is not a function|scheme must be|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (method|header|url|path)/i;
