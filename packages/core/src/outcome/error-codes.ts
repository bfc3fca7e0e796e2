/**
 * Codes of transient failures, by family. They include refused streams, which may be sent again (RFC 9113 §8.7, RFC 9114 §4.1.1), and a
 * lack of files, ports or buffers, which ends when other calls end.
 */
export const TRANSIENT: RegExp = /* @__PURE__ */ whole(
  /E((CONN|NET|HOST|NOTF|ADDR|(SOCKET)?TIMED)[A-Z]+|PIPE|[MN]FILE|NOBUFS)/, // the system
  /E(TIMEOUT|SERVFAIL|REFUSED|(AI_)?AGAIN|AI_NO[A-Z]+)|CONNECTION_LOST/, // DNS; Bare
  /\w+_(CONNECT(ION)?|HANDSHAKE|HEADERS|BODY)_TIMEOUT/, // undici, Node, QUIC
  /UND_ERR_(SOCKET|INFO|PRX_CONN|SOCKS5_REPLY_[13-6]|RES_\w+_MISMATCH)/, // undici
  /ERR_HTTP2_(((STREAM|SESSION)_)?ERROR|STREAM_CANCEL|(GOAWAY|INVALID)_SESSION)/, // HTTP/2 of Node
  /ERR_SSL_\S+_(INTERNAL_ERROR|BAD_RECORD_MAC)/, // TLS, but neither trust nor protocol version (RFC 8446 §6.2)
  /\w+_(REFUSED_STREAM|HIGHER_STREAM_ID|PREMATURE_CLOSE|REQUEST_REJECTED)/, // HTTP/2, HTTP/3, node-fetch
  /Connection(Refused|Closed|Reset)|FailedToOpenSocket|Timeout/, // Bun
  /UNK\w+_CERTIFICATE_VERIFICATION_ERROR|UNABLE_TO_GET_ISSUER_CERT/, // Bun up to 1.4.0, if the connection is closed during the TLS handshake
  /HPE_\w+|Malformed_HTTP_Response|Invalid(HTTPResponse|ContentLength)/, // Node up to 22, Bun: also if a reused connection holds the rest of an answer that was longer than its Content-Length
  /HTTP[23](RefusedStream|StreamReset|GoAway|ContentLengthMismatch)/, // HTTP/2 and HTTP/3 of Bun
  /(UnknownHost|NoRouteToHost|Connect|Socket(Timeout)?|SSL|Protocol|IO|EOF)Exception|NS(URL|POSIX)ErrorDomain/, // Capacitor: an incomplete body is a `ProtocolException`
);

/** Those of the transient codes that mean a timeout. */
export const TIMED_OUT: RegExp = /(HEADERS|BODY)_TIMEOUT$/;

/** Codes of trust and protocol errors: the peer answered, and will fail again in the same way. */
export const BROKEN_PEER: RegExp =
  /^(CERT_|ERR_(TLS|SSL)_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|UND_ERR_PRX_TLS$)/;

/**
 * Messages of network errors without a code, as browsers and clients word them. The `(^| )` avoids a match within a URL or within code,
 * where no space comes before the word.
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
 * Messages about a certificate (but not about a host called `certificate…`), and about other faults of the peer that will come again.
 */
export const BROKEN_PEER_TEXT: RegExp = /* @__PURE__ */ oneOf(
  /^(?!unable to get issuer certificate$)(.*[ [])?certificate(?! verification error$|\w*[-.:]\w)|peer cert|InvalidCert|net::err_(cert|ssl)_/,
  /(^|: )(received corrupt|proxy auth)/, // reqwest, undici
  /^fetch failed: (?!.*connection (closed|reset)).*\.SSL(Handshake|Peer)/, // Expo
);

/** Messages about a proxy that is busy or cannot reach the server. Their code is the same for every status of the proxy. */
export const BUSY_PROXY_TEXT: RegExp =
  /(Proxy (response \(|refused to open a tunnel: )|establish tunnel to \S+ via \S+ HTTP\S+ )(408|425|429|5\d\d)\b/; // undici, Bun, Node

/** Messages of the cause of a `fetch failed` without a code (undici): the request itself is wrong. */
export const PERMANENT_TEXT: RegExp =
  /scheme|not implemented|data URL|dispatch is not a function|bad port|unexpected redirect|redirect count|integrity|request mode|cross[- ]origin|invalid (method|header|url|path)|blob could not be read/i;

/** A pattern for a whole string. Calls are marked `@__PURE__`, so that a bundler drops unused patterns. */
function whole(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(`^(${sourceOf(patterns)})$`);
}

function oneOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(sourceOf(patterns), 'is');
}

function sourceOf(patterns: readonly RegExp[]): string {
  return patterns.map(({ source }) => source).join('|');
}
