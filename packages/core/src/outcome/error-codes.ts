/**
 * Codes of Node, undici, HTTP/2, HTTP/3, Bun and Capacitor for failures that may pass, by their families. A refused stream
 * may be repeated (RFC 9113 §8.7, RFC 9114 §4.1.1). A machine that has no more files, ports or buffers has some when other
 * calls end.
 */
export const TRANSIENT: RegExp =
  /^(E((CONN|NET|HOST|NOTF|ADDR|(SOCKET)?TIMED)[A-Z]+|TIMEOUT|SERVFAIL|PIPE|(AI_)?AGAIN|[MN]FILE|NOBUFS)|\w+_(CONNECT(ION)?|HANDSHAKE|HEADERS|BODY)_TIMEOUT|UND_ERR_(SOCKET|INFO|PRX_CONN|RES_\w+_MISMATCH)|ERR_HTTP2_(STREAM_(ERROR|CANCEL)|SESSION_ERROR|(GOAWAY|INVALID)_SESSION)|\w+_(REFUSED_STREAM|HIGHER_STREAM_ID|PREMATURE_CLOSE|REQUEST_REJECTED)|Connection(Refused|Closed|Reset)|FailedToOpenSocket|Timeout|(UnknownHost|Connect|Socket(Timeout)?)Exception|NSURLErrorDomain)$/;

/** Of these, the codes of timeouts. */
export const TIMED_OUT: RegExp = /(HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the network answered, and it will answer the same again. */
export const BROKEN_PEER: RegExp =
  /^(CERT_|ERR_(TLS|SSL)_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|HPE_|UND_ERR_PRX_TLS$)/;

/**
 * How the messages of network errors that carry no code begin: of undici, Expo, Chromium, Electron, Firefox, Safari, Deno,
 * Bun, Workers, React Native and node-fetch, in this order.
 */
export const NETWORK_TEXT: RegExp =
  /^((fetch failed|terminated|network error)$|fetch failed: (?!\d|.*request has been cancel)|(Failed to fetch|Load failed)( \(.*\))?$|net::ERR_(CONNECTION|NAME|DNS|INTERNET|NETWORK|ADDRESS|TIMED|SOCKET|SOCKS|EMPTY|CONTENT_LENGTH|INCOMPLETE|HTTP2|QUIC|PROXY|TUNNEL|CERT|SSL)_|NetworkError when |Error in input stream$|Content-Length header of network |The (network|Internet) connection (was lost|appears to be offline)\.$|(The request timed out|Could not connect to the server|A server with the specified hostname could not be found)\.$|error (sending request for url|reading a body from)|(E[A-Z]+: )?(Unable to connect|The socket connection was closed unexpectedly)\.| ?A network error occurred\.$|Network connection lost\.?$|internal error; reference = |Response served by service worker is an error$|Network request (failed|timed out)$|network timeout at: )/s;

/** Texts of Deno, Expo and Electron for a connection that will fail the same way again. A URL has no blanks, and cannot say so. */
export const BROKEN_PEER_TEXT: RegExp =
  /: client error \(Connect\): (invalid peer cert|received corrupt)|^fetch failed: .*( certificate |\.SSLHandshake|\.SSLPeer)|^net::ERR_(CERT|SSL)_/s;

/** How undici says that a proxy is busy or cannot reach the server. The code is that of an abort, whatever the proxy said. */
export const BUSY_PROXY_TEXT: RegExp = /^Proxy response \((408|425|429|5\d\d)\) !== 200 /;

/** Texts below a `fetch failed` without a code (undici): the request itself is at fault. */
export const PERMANENT_TEXT: RegExp =
  /scheme|not implemented|data URL|dispatch is not a function|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (method|header|url|path)/i;
