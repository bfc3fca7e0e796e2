/**
 * Codes for failures that may pass, by their families. A refused stream may be repeated (RFC 9113 §8.7, RFC 9114 §4.1.1). A
 * machine that has no more files, ports or buffers has some when other calls end.
 */
export const TRANSIENT: RegExp = /* @__PURE__ */ whole(
  /E((CONN|NET|HOST|NOTF|ADDR|(SOCKET)?TIMED)[A-Z]+|PIPE|[MN]FILE|NOBUFS)/, // the system
  /E(TIMEOUT|SERVFAIL|REFUSED|(AI_)?AGAIN|AI_NO[A-Z]+)|CONNECTION_LOST/, // DNS; Bare
  /\w+_(CONNECT(ION)?|HANDSHAKE|HEADERS|BODY)_TIMEOUT/, // undici, Node, QUIC
  /UND_ERR_(SOCKET|INFO|PRX_CONN|SOCKS5_REPLY_[13-6]|RES_\w+_MISMATCH)/, // undici
  /ERR_HTTP2_(((STREAM|SESSION)_)?ERROR|STREAM_CANCEL|(GOAWAY|INVALID)_SESSION)/, // HTTP/2 of Node
  /ERR_SSL_\S+_(INTERNAL_ERROR|BAD_RECORD_MAC)/, // TLS: neither is about trust or what the two speak (RFC 8446 §6.2)
  /\w+_(REFUSED_STREAM|HIGHER_STREAM_ID|PREMATURE_CLOSE|REQUEST_REJECTED)/, // HTTP/2, HTTP/3, node-fetch
  /Connection(Refused|Closed|Reset)|FailedToOpenSocket|Timeout/, // Bun
  /UNK\w+_CERTIFICATE_VERIFICATION_ERROR|UNABLE_TO_GET_ISSUER_CERT/, // Bun up to 1.4.0, where the connection is closed in the handshake of TLS
  /HPE_\w+|Malformed_HTTP_Response|Invalid(HTTPResponse|ContentLength)/, // Node up to 22, Bun: on a kept connection also the rest of an answer that was longer than it said
  /HTTP[23](RefusedStream|StreamReset|GoAway|ContentLengthMismatch)/, // HTTP/2 and HTTP/3 of Bun
  /(UnknownHost|NoRouteToHost|Connect|Socket(Timeout)?|SSL|Protocol|IO|EOF)Exception|NS(URL|POSIX)ErrorDomain/, // Capacitor: a body that broke off is a `ProtocolException`
);

/** Of these, the codes of timeouts. */
export const TIMED_OUT: RegExp = /(HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the network answered, and it will answer the same again. */
export const BROKEN_PEER: RegExp =
  /^(CERT_|ERR_(TLS|SSL)_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|UND_ERR_PRX_TLS$)/;

/**
 * The message of an error that has no code speaks of the network and of a failure, in the words of browsers and clients. A part of a
 * URL or of code has no blank before it.
 */
export const NETWORK_TEXT: RegExp = /* @__PURE__ */ oneOf(
  /(^| )(network|internet|connection|socket|dns)\b.{0,30} (error|lost|closed|reset|refused|fail|tim(ed |e)out|hang|down|offline|unreach)/,
  /(unable|failed|could not) (to )?(connect( to |\.)|resolve host)|(request|operation) timed out|hostname could not be found/,
  /(^| )((failed to fetch|load failed)(: \w+:\S+| \(\S*\))?$|e(conn|notf|timed|pipe|ai_again|host|net)|networkerror when|error (sending request|reading a body|in \w+ stream)|client error \([cs])/,
  /^terminated$|(^|: )fetch failed$|^fetch failed: (?!\d|.*(cancel|abort|redirect))/, // undici, Expo
  /(^| )net::err_(?!abort|block|unsafe|\w*(redirect|url|file|cache))/, // Electron
  /header of network response|(request or|decoding) response body( error|$| for url \S+$)/, // Firefox; Tauri, which gives no cause
  / data (from|to) the server\.|protocol error|HTTP library has thrown|kind: Body/, // impit
  /to \S+ failed, reason: |response timeout while |internal error; reference = /, // node-fetch, Workers
  /service worker is an error$|respondWith received an error: /, // Safari
);

/**
 * The text speaks of a certificate, and not of a host of that name, or of what a peer will not change: a connection will fail the same
 * way again.
 */
export const BROKEN_PEER_TEXT: RegExp = /* @__PURE__ */ oneOf(
  /^(?!unable to get issuer certificate$)(.*[ [])?certificate(?! verification error$|\w*[-.:]\w)|peer cert|InvalidCert|net::err_(cert|ssl)_/,
  /(^|: )(received corrupt|proxy auth)/, // reqwest, undici
  /^fetch failed: (?!.*connection (closed|reset)).*\.SSL(Handshake|Peer)/, // Expo
);

/** Texts for a proxy that is busy or cannot reach the server. The code is the same whatever the proxy said. */
export const BUSY_PROXY_TEXT: RegExp =
  /(Proxy (response \(|refused to open a tunnel: )|establish tunnel to \S+ via \S+ HTTP\S+ )(408|425|429|5\d\d)\b/; // undici, Bun, Node

/** Texts below a `fetch failed` without a code (undici): the request itself is at fault. */
export const PERMANENT_TEXT: RegExp =
  /scheme|not implemented|data URL|dispatch is not a function|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (method|header|url|path)|blob could not be read/i;

/** Its calls are marked as pure, as those of `oneOf`: a bundle that uses no list holds none. */
function whole(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(`^(${sourceOf(patterns)})$`);
}

function oneOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(sourceOf(patterns), 'is');
}

function sourceOf(patterns: readonly RegExp[]): string {
  return patterns.map(({ source }) => source).join('|');
}
