/**
 * Codes for failures that may pass, by their families. A refused stream may be repeated (RFC 9113 §8.7, RFC 9114 §4.1.1). A
 * machine that has no more files, ports or buffers has some when other calls end.
 */
export const TRANSIENT: RegExp = /* @__PURE__ */ whole(
  /E((CONN|NET|HOST|NOTF|ADDR|(SOCKET)?TIMED)[A-Z]+|PIPE|[MN]FILE|NOBUFS)/, // the system
  /E(TIMEOUT|SERVFAIL|REFUSED|(AI_)?AGAIN)/, // DNS
  /\w+_(CONNECT(ION)?|HANDSHAKE|HEADERS|BODY)_TIMEOUT/, // undici, Node, QUIC
  /UND_ERR_(SOCKET|INFO|PRX_CONN|SOCKS5_REPLY_[13-6]|RES_\w+_MISMATCH)/, // undici
  /ERR_HTTP2_(ERROR|STREAM_(ERROR|CANCEL)|SESSION_ERROR|(GOAWAY|INVALID)_SESSION)/, // HTTP/2 of Node
  /ERR_SSL_\S+_(INTERNAL_ERROR|BAD_RECORD_MAC)/, // TLS: neither is about trust or what the two speak (RFC 8446 §6.2)
  /\w+_(REFUSED_STREAM|HIGHER_STREAM_ID|PREMATURE_CLOSE|REQUEST_REJECTED)/, // HTTP/2, HTTP/3, node-fetch
  /Connection(Refused|Closed|Reset)|FailedToOpenSocket|Timeout/, // Bun
  /UNKNOWN_CERTIFICATE_VERIFICATION_ERROR/, // Bun 1.2 to 1.4.0, where the connection is closed in the handshake of TLS
  /HPE_\w+|Malformed_HTTP_Response/, // Node up to 22, Bun: on a kept connection also the rest of an answer that was longer than it said
  /HTTP[23](RefusedStream|StreamReset|GoAway|ContentLengthMismatch)/, // HTTP/2 and HTTP/3 of Bun
  /(UnknownHost|NoRouteToHost|Connect|Socket(Timeout)?|SSL|Protocol|IO|EOF)Exception|NS(URL|POSIX)ErrorDomain/, // Capacitor: a body that broke off is a `ProtocolException`
);

/** Of these, the codes of timeouts. */
export const TIMED_OUT: RegExp = /(HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the network answered, and it will answer the same again. */
export const BROKEN_PEER: RegExp =
  /^(CERT_|ERR_(TLS|SSL)_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|UND_ERR_PRX_TLS$)/;

/** How the messages of network errors begin that carry no code. */
export const NETWORK_TEXT: RegExp = /* @__PURE__ */ begins(
  /(fetch failed|terminated|network error)$/, // undici
  /fetch failed: (?!\d|.*(request has been cancel|operation was aborted|Redirect is not allowed))/, // Expo
  /(Failed to fetch|Load failed)( \(.*\))?$/, // Chromium, Safari
  /net::ERR_(CONNECTION|NAME|DNS|INTERNET|NETWORK|ADDRESS|TIMED|SOCKET|SOCKS)_/, // Electron
  /net::ERR_(FAILED$|(EMPTY|CONTENT_LENGTH|INCOMPLETE|INVALID_(CHUNKED|HTTP)|HTTP2|QUIC|PROXY|TUNNEL|CERT|SSL)_)/,
  /NetworkError when |Error in (input|body) stream$|Content-Length header of network /, // Firefox
  /The (network|Internet) connection (was lost|appears to be offline)\.$/, // Safari
  /(The request timed out|Could not connect to the server|A server with the specified hostname could not be found)\.$/,
  /(Error: (\S+ \S+: )?)?(error (sending request|reading a body from)|client error \([CS])/, // reqwest: Deno, wreq; hyper: LLRT
  /(Error: )?(request or response body error|error decoding response body(.*?: error reading|( for url \S+)?$))/, // Tauri gives no cause
  /(E[A-Z]+: )?(Unable to connect|The socket connection was closed unexpectedly)\./, // Bun
  / ?A network error occurred\.$|Network connection lost\.?$|internal error; reference = /, // NetworkError of the DOM, Workers
  /Response served by service worker is an error$|FetchEvent\.respondWith received an error: /, // Safari
  /Network request (failed(: .*)?|timed out)$/, // React Native, its polyfill with streams
  /(network|Response) timeout (at: |while )|request to \S+ failed, reason: /, // node-fetch
  /(Failed to (connect|read data|write data) (to|from) the server|Remote protocol error occurred)\./, // impit
  /The internal HTTP library has thrown an error:|Error reading response stream: .* kind: Body/,
);

/** Texts for a connection that will fail the same way again. A URL has no blanks, and cannot say so. */
export const BROKEN_PEER_TEXT: RegExp = /* @__PURE__ */ begins(
  /.*: client error \(Connect\): (invalid peer cert|received corrupt|proxy auth|\[CERTIFICATE_)/, // reqwest
  /fetch failed: (?!.*onnection (closed|reset) ).*( certificate |\.SSLHandshake|\.SSLPeer)/, // Expo
  /The certificate for this server /, // Capacitor on iOS
  /The pending stream has been canceled \(caused by: .*certificate/, // HTTP/2 of Node
  /net::ERR_(CERT|SSL)_/, // Electron
  /Failed to connect to the server\..*InvalidCertificate/, // impit
);

/** Texts for a proxy that is busy or cannot reach the server. The code is the same whatever the proxy said. */
export const BUSY_PROXY_TEXT: RegExp = /* @__PURE__ */ begins(
  /Proxy response \((408|425|429|5\d\d)\) !== 200 /, // undici
  /Proxy refused to open a tunnel: (408|425|429|5\d\d)\b/, // Bun
  /(request to \S+ failed, reason: )?Failed to establish tunnel to \S+ via \S+: HTTP\S+ (408|425|429|5\d\d)\b/, // Node
);

/** Texts below a `fetch failed` without a code (undici): the request itself is at fault. */
export const PERMANENT_TEXT: RegExp =
  /scheme|not implemented|data URL|dispatch is not a function|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (method|header|url|path)|blob could not be read/i;

/** Its calls are marked as pure, as those of `begins`: a bundle that uses no list holds none. */
function whole(...patterns: readonly RegExp[]): RegExp {
  return begins(new RegExp(`(${sourceOf(patterns)})$`));
}

function begins(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(`^(${sourceOf(patterns)})`, 's');
}

function sourceOf(patterns: readonly RegExp[]): string {
  return patterns.map(({ source }) => source).join('|');
}
