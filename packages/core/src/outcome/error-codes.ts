/**
 * Codes of Node, undici, HTTP/2, HTTP/3 and Bun for failures that may pass, by their families. A refused stream may be repeated
 * (RFC 9113 §8.7, RFC 9114 §4.1.1). A machine that has no more files, ports or buffers has some when other calls end.
 */
export const TRANSIENT: RegExp =
  /^(E((CONN|NET|HOST|NOTF|ADDR|(SOCKET)?TIMED)[A-Z]+|PIPE|(AI_)?AGAIN|[MN]FILE|NOBUFS)|\w+_(CONNECT|HANDSHAKE|HEADERS|BODY)_TIMEOUT|UND_ERR_(SOCKET|INFO|RES_\w+_MISMATCH)|ERR_HTTP2_(STREAM_ERROR|SESSION_ERROR|GOAWAY_SESSION)|\w+_(REFUSED_STREAM|HIGHER_STREAM_ID|PREMATURE_CLOSE|REQUEST_REJECTED)|Connection(Refused|Closed|Reset)|FailedToOpenSocket|Timeout)$/;

/** Of these, the codes of timeouts. */
export const TIMED_OUT: RegExp = /(HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the network answered, and it will answer the same again. */
export const BROKEN_PEER: RegExp =
  /^(CERT_|ERR_(TLS|SSL)_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|HPE_|UND_ERR_PRX_TLS$)/;

/**
 * How the messages of network errors that carry no code begin: of undici, Chromium, Firefox, Safari, Deno, Bun, Workers
 * and React Native, in this order.
 */
export const NETWORK_TEXT: RegExp =
  /^((fetch failed|terminated|network error)$|(Failed to fetch|Load failed)( \(.*\))?$|NetworkError when |Error in input stream$|Content-Length header of network |The (network|Internet) connection (was lost|appears to be offline)\.$|error (sending request for url|reading a body from)|(E[A-Z]+: )?(Unable to connect|The socket connection was closed unexpectedly)\.| ?A network error occurred\.$|Network connection lost\.?$|internal error; reference = |Response served by service worker is an error$|Network request (failed|timed out)$)/s;

/** Texts of Deno for a connection that will fail the same way again. A URL has no blanks, and cannot say so. */
export const BROKEN_PEER_TEXT: RegExp = /: client error \(Connect\): (invalid peer cert|received corrupt)/;

/** Texts below a `fetch failed` without a code (undici): the request itself is at fault. */
export const PERMANENT_TEXT: RegExp =
  /scheme|not implemented|data URL|dispatch is not a function|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (method|header|url|path)/i;
