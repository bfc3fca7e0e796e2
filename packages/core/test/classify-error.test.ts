import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { causesOf, classifyError } from '@steadfetch/core';
import { describe, expect, it } from 'vitest';

function failed(code: string, more: object = {}): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, ...more }) });
}

const named = (name: string) => Object.assign(new Error('x'), { name });

describe('classifyError', () => {
  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EAI_NONAME',
    'CONNECTION_LOST',
    'UND_ERR_CONNECT_TIMEOUT',
    'HTTP2_REFUSED_STREAM',
    'H3_REQUEST_REJECTED',
    'ConnectionRefused',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'UND_ERR_INFO',
    'EMFILE',
    'ENFILE',
    'ENOBUFS',
    'EADDRINUSE',
    'EAGAIN',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETDOWN',
    'EADDRNOTAVAIL',
    'ERR_TLS_HANDSHAKE_TIMEOUT',
    'FailedToOpenSocket',
    'NGHTTP2_REFUSED_STREAM',
    'HTTP2_GOAWAY_HIGHER_STREAM_ID',
    'ECONNABORTED',
    'ESOCKETTIMEDOUT',
    'ENETRESET',
    'ERR_HTTP2_ERROR',
    'ERR_HTTP2_STREAM_ERROR',
    'ERR_HTTP2_SESSION_ERROR',
    'ERR_HTTP2_GOAWAY_SESSION',
    'ERR_HTTP2_INVALID_SESSION',
    'ERR_HTTP2_STREAM_CANCEL',
    'ERR_SOCKET_CONNECTION_TIMEOUT',
    'UND_ERR_PRX_CONN',
    'UND_ERR_SOCKS5_REPLY_1',
    'UND_ERR_SOCKS5_REPLY_4',
    'ESERVFAIL',
    'EREFUSED',
    'ETIMEOUT',
    'UnknownHostException',
    'SocketTimeoutException',
    'ConnectException',
    'NoRouteToHostException',
    'IOException',
    'EOFException',
    'ProtocolException',
    'SSLException',
    'NSURLErrorDomain',
    'NSPOSIXErrorDomain',
    'ERR_STREAM_PREMATURE_CLOSE',
    'ConnectionClosed',
    'ConnectionReset',
    'HPE_INVALID_CONSTANT',
    'Malformed_HTTP_Response',
    'InvalidHTTPResponse',
    'InvalidContentLength',
    'HTTP2RefusedStream',
    'HTTP2StreamReset',
    'Timeout',
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
    'ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC',
    'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  ])('takes %s for a network error that may pass', (code) => {
    expect(classifyError(failed(code))).toEqual({ kind: 'network', permanent: false, code });
  });

  it.each([
    ['ENOENT', 'connect'],
    ['EPERM', 'connect'],
    ['EAI_FAIL', 'getaddrinfo'],
  ])('takes %s for a network error where it is the connection that failed', (code, syscall) => {
    expect(classifyError(failed(code, { syscall }))).toEqual({ kind: 'network', permanent: false, code });
    expect(classifyError(failed(code, { syscall: 'open' })).permanent).toBe(true);
  });

  it.each([
    ['UNKNOWN_CERTIFICATE_VERIFICATION_ERROR', 'unknown certificate verification error'], // 1.2.10 to 1.4.0
    ['UNKKNOW_CERTIFICATE_VERIFICATION_ERROR', 'unknown certificate verification error'], // 1.2.5
    ['UNABLE_TO_GET_ISSUER_CERT', 'unable to get issuer certificate'], // up to 1.2.0
  ])('takes a handshake that was broken off in Bun for no certificate: %s', (code, message) => {
    const error = Object.assign(new Error(message), { code });

    expect(classifyError(error)).toEqual({ kind: 'network', permanent: false, code });
  });

  it.each([
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
  ])('takes a certificate that is not trusted for permanent: %s', (code, message) => {
    const error = Object.assign(new Error(message), { code });

    expect(classifyError(error)).toEqual({ kind: 'network', permanent: true, code });
  });

  it.each([
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN certificates', { syscall: 'getaddrinfo' }],
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error (attempted address: certificate:443, timeout: 10000ms)', {}],
    ['ENOTFOUND', 'queryA ENOTFOUND certificate-service.internal', { syscall: 'queryA' }],
  ])('takes the name of a host for no certificate: %s, %s', (code, message, more) => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code, ...more }) });

    expect(classifyError(error)).toEqual({ kind: 'network', permanent: false, code });
  });

  it.each([
    [new TypeError('Failed to fetch'), false],
    [
      new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) }),
      false,
    ],
    [new TypeError('fetch failed', { cause: Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }) }), false],
    [new TypeError('fetch failed', { cause: new Error('certificate has expired') }), true],
  ])(
    'takes a certificate that was asked for, in the text of a fetch inside, for none that is wrong: %s',
    (cause, permanent) => {
      const known = { kind: 'network', permanent };

      expect(classifyError(new Error('Could not load the certificate', { cause }))).toMatchObject(known);
      expect(
        classifyError(Object.assign(new Error('GET certificates/7 failed', { cause }), { code: 'API' })),
      ).toMatchObject(known);
    },
  );

  it("is not misled by a URL in the message of ky's NetworkError", () => {
    const error = Object.assign(new Error('Request failed: GET https://api.test/integrity'), { name: 'NetworkError' });

    expect(classifyError(error)).toEqual({ kind: 'network', permanent: false });
  });

  it('recognises undici timeouts', () => {
    expect(classifyError(failed('UND_ERR_HEADERS_TIMEOUT'))).toMatchObject({ kind: 'timeout', permanent: false });
  });

  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    'EPROTO',
  ])('takes %s for permanent', (code) => {
    expect(classifyError(failed(code))).toEqual({ kind: 'network', permanent: true, code });
  });

  it('treats a file that has changed since it was opened as permanent', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'steadfetch-')), 'growing.log');
    await writeFile(path, 'one');
    const blob = await openAsBlob(path);
    await writeFile(path, 'one and two');
    const cause = await blob.arrayBuffer().catch((error: unknown) => error);
    await rm(dirname(path), { recursive: true });

    expect(cause).toMatchObject({ name: 'NotReadableError' });
    expect(classifyError(new TypeError('fetch failed', { cause }))).toEqual({ kind: 'network', permanent: true });
  });

  it.each([
    'unknown scheme',
    'bad port',
    'proxy authentication required',
    'unexpected redirect',
    'redirect count exceeded',
    'integrity mismatch',
  ])("takes a 'fetch failed' caused by '%s' for permanent", (message) => {
    const error = new TypeError('fetch failed', { cause: new Error(message) });

    expect(classifyError(error)).toEqual({ kind: 'network', permanent: true });
  });

  it.each([
    'Failed to fetch',
    'Failed to fetch (api.test)',
    'Failed to fetch: https://api.test/',
    'Network request failed, timeout',
    'Load failed',
    'NetworkError when attempting to fetch resource.',
    'fetch failed',
    'Network request failed',
    'error sending request for url (https://api.test/): connection reset',
    'error sending request from 10.0.0.1:41498 for https://api.test/ (10.0.0.2:443): client error (SendRequest): connection closed before message completed',
    'error reading a body from connection',
    'client error (Connect)',
    'client error (SendRequest)',
    'error reading a body from connection: unexpected end of file',
    'Error in input stream',
    'Error in body stream',
    'Content-Length header of network response exceeds response Body.',
    'internal error; reference = v8v0c2q1h3d0k5a7',
    'ECONNREFUSED: Unable to connect. Is the computer able to access the url?',
    'ECONNRESET: The socket connection was closed unexpectedly. For more information, pass `verbose: true`',
    'Network request timed out',
    'Network request failed: The network connection was lost.',
    'network timeout at: https://api.test/',
    'Response timeout while trying to fetch https://api.test/ (over 700ms)',
    'request to https://api.test/ failed, reason: Proxy connection ended before receiving CONNECT response',
    'Failed to connect to the server.\nReason: hyper_util::client::legacy::Error(\n    Connect, …)',
    'Remote protocol error occurred.',
    'The internal HTTP library has thrown an error:\nreqwest::Error { kind: Request, url: "https://api.test/bad%20port" … }',
    'Error: GET https://api.test/: error sending request for uri (https://api.test/): client error (Connect): client error (Connect): tcp connect error',
    'Error: error decoding response body for uri (https://api.test/): error reading a body from connection: end of file',
    'error decoding response body: error reading a body from connection: unexpected EOF during chunk size line',
    'error decoding response body',
    'error decoding response body for url (https://api.test/)',
    'Error: request or response body error for uri (https://api.test/): operation timed out: operation timed out',
    'The request timed out.',
    'Could not connect to the server.',
    'A server with the specified hostname could not be found.',
    'fetch failed: UnexpectedException: The Internet connection appears to be offline.',
    'fetch failed: java.net.UnknownHostException: Unable to resolve host "api.test"',
    'fetch failed: javax.net.ssl.SSLHandshakeException: Connection closed by peer',
    'fetch failed: javax.net.ssl.SSLHandshakeException: SSL handshake aborted: I/O error, Connection reset by peer',
    'net::ERR_CONNECTION_RESET',
    'net::ERR_INTERNET_DISCONNECTED',
    'net::ERR_NAME_NOT_RESOLVED',
    'net::ERR_TIMED_OUT',
    'net::ERR_FAILED',
    'net::ERR_INVALID_CHUNKED_ENCODING',
    'net::ERR_INVALID_HTTP_RESPONSE',
    'Response served by service worker is an error',
    'FetchEvent.respondWith received an error: TypeError: Load failed',
    'FetchEvent.respondWith received an error: no-response: no-response :: [{"url":"https://api.test/scheme"}]',
    'socket hang up',
    'could not load the orders: fetch failed', // of a `fetch` inside that keeps no cause
    'TypeError: fetch failed',
    'could not load the orders: read ECONNRESET',
    'getaddrinfo EAI_AGAIN api.test',
    'Connection reset by peer',
    'Connection timed out after 1000 milliseconds',
    'Could not resolve host: api.test',
    'Network is unreachable (os error 101)',
    'Error: DNS lookup failed',
    'network down',
  ])("takes '%s' for a network error of an unknown kind", (message) => {
    expect(classifyError(new TypeError(message))).toEqual({ kind: 'network', permanent: false });
  });

  it.each([
    ['tcp connect error: Connection refused (os error 111)', false],
    ['dns error: failed to lookup address information: Name or service not known', false],
    ['received corrupt message of type InvalidContentType', true],
    ['invalid peer certificate: UnknownIssuer', true],
    ['unsuccessful tunnel', false],
    ['proxy authentication required', true],
  ])('knows from Deno whether another connection would fail the same way: %s', (why, permanent) => {
    const message = `error sending request for url (https://api.test/): client error (Connect): ${why}`;
    const known = { kind: 'network', permanent };

    expect(classifyError(new TypeError('fetch failed', { cause: new Error(message) }))).toEqual(known);
    expect(classifyError(new TypeError(message))).toEqual(known);
  });

  it.each([
    'fetch failed: The certificate for this server is invalid.',
    'fetch failed: javax.net.ssl.SSLHandshakeException: Trust anchor for certification path not found.',
    'net::ERR_CERT_DATE_INVALID',
    'Error: GET https://api.test/: error sending request for uri (https://api.test/): client error (Connect): client error (Connect): [CERTIFICATE_VERIFY_FAILED]: …',
    'Failed to connect to the server.\nReason: hyper_util::client::legacy::Error(\n    Connect, … InvalidCertificate( …',
  ])('knows from Expo, Electron, impit and wreq that another connection would fail the same way: %s', (message) => {
    expect(classifyError(new Error(message))).toEqual({ kind: 'network', permanent: true });
  });

  it.each([
    [
      'Unknown',
      'Error reading response stream: reqwest::Error { kind: Decode, source: … { kind: Body, source: …',
      'network',
    ],
    ['Unknown', 'Error reading response stream: reqwest::Error { kind: Decode, source: …', 'bug'],
    ['GenericFailure', 'error sending request for url (https://api.test/): client error (Connect)', 'network'],
    ['FETCH_ERROR', 'network timeout at: https://api.test/', 'network'],
    ['FETCH_ERROR', 'maximum redirect reached at: https://api.test/', 'bug'],
    ['ERR_NETWORK', 'Network Error', 'network'],
  ])('reads the text where a client writes %s for no code: %s', (code, message, kind) => {
    expect(classifyError(Object.assign(new Error(message), { code }))).toEqual({ kind, permanent: kind === 'bug' });
  });

  it('reads the code of the cause if the code of Bare is generic', () => {
    const failed = (code: string) =>
      Object.assign(new Error('Network error', { cause: Object.assign(new Error('x'), { code }) }), {
        code: 'NETWORK_ERROR',
      });

    expect(classifyError(failed('ECONNREFUSED'))).toEqual({ kind: 'network', permanent: false, code: 'ECONNREFUSED' });
    expect(classifyError(failed('CERTIFICATE_VERIFY_FAILED')).permanent).toBe(true);
  });

  it('reads the code of the cause if a fetch inside gives its errors codes of its own', () => {
    const wrapped = (code: string) =>
      Object.assign(new Error('no answer', { cause: failed(code) }), { code: 'NO_API' });

    expect(classifyError(wrapped('ECONNRESET'))).toEqual({ kind: 'network', permanent: false, code: 'ECONNRESET' });
    expect(classifyError(wrapped('CERT_HAS_EXPIRED'))).toMatchObject({ permanent: true, code: 'CERT_HAS_EXPIRED' });
    expect(classifyError(wrapped('ERR_ASSERTION'))).toMatchObject({ permanent: true, code: 'NO_API' });
  });

  it.each([
    ['Failed to fetch', false],
    ['error sending request for url (https://api.test/): client error (Connect)', false],
    [
      'error sending request for url (https://api.test/): client error (Connect): invalid peer certificate: Expired',
      true,
    ],
    ["Cannot read properties of undefined (reading 'x')", true],
  ])(
    'reads the text of the cause where that has no code, and a fetch inside gives its errors some: %s',
    (why, permanent) => {
      const error = Object.assign(new Error('network error', { cause: new TypeError(why) }), { code: 'NO_API' });

      expect(classifyError(error)).toMatchObject({ permanent, code: 'NO_API' });
    },
  );

  it('recognises a timeout, but no abort, as the cause of an error of a fetch inside', () => {
    const wrapped = (name: string) => new Error('no answer', { cause: new DOMException('x', name) });

    expect(classifyError(wrapped('TimeoutError'))).toEqual({ kind: 'timeout', permanent: false });
    expect(classifyError(wrapped('AbortError')).permanent).toBe(true);
  });

  it('follows the flag with which Durable Objects mark retryable errors', () => {
    const reset = (more: object) =>
      Object.assign(new Error('Durable Object reset because its code was updated.'), { remote: true, ...more });

    expect(classifyError(reset({ retryable: true }))).toEqual({ kind: 'network', permanent: false });
    expect(classifyError(new Error('no answer', { cause: reset({ retryable: true }) })).permanent).toBe(false);
    expect(classifyError(reset({ overloaded: true })).permanent).toBe(true);
    expect(classifyError(reset({ retryable: true, name: 'AbortError' })).kind).toBe('abort');
  });

  it.each([
    ['NSURLErrorDomain', 'The certificate for this server is invalid.'],
    ['ERR_HTTP2_STREAM_CANCEL', 'The pending stream has been canceled (caused by: self-signed certificate)'],
  ])('knows from a text that the certificate is at fault, where %s stands for other failures too', (code, message) => {
    const error = Object.assign(new Error(message), { code });

    expect(classifyError(error)).toEqual({ kind: 'network', permanent: true, code });
  });

  it.each(['SSLHandshakeException', 'UND_ERR_SOCKS5_REPLY_2', 'UND_ERR_SOCKS5_AUTH_FAILED'])(
    'knows from %s that the same request will fail again',
    (code) => {
      expect(classifyError(failed(code)).permanent).toBe(true);
    },
  );

  it.each([
    'fetch failed: Fetch request has been canceled',
    'fetch failed: The operation was aborted.',
    "fetch failed: Redirect is not allowed when redirect mode is 'error'",
    'error decoding response body: Invalid gzip header: Invalid gzip header',
    'fetch failed: 404',
    'net::ERR_UNKNOWN_URL_SCHEME',
  ])('takes no other failure of Expo, Electron and reqwest for one of the network: %s', (message) => {
    expect(classifyError(new Error(message))).toEqual({ kind: 'bug', permanent: true });
  });

  it('reads a string that is thrown instead of an error', () => {
    const text = 'error sending request for url (https://api.test/): error trying to connect: operation timed out';

    expect(classifyError(text)).toEqual({ kind: 'network', permanent: false });
  });

  it.each([
    [503, false],
    [429, false],
    [407, true],
    [403, true],
  ])('knows from undici, Bun and Node whether a proxy that answers %i is busy', (status, permanent) => {
    const refused = Object.assign(new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`), {
      name: 'AbortError',
      code: 'UND_ERR_ABORTED',
    });
    const inBun = `Proxy refused to open a tunnel: ${status} Busy`;
    const inNode = `Failed to establish tunnel to api.test:443 via http://proxy.test: HTTP/1.1 ${status} Busy`;
    const inNodeFetch = `request to https://api.test/ failed, reason: ${inNode}`;

    expect(classifyError(new TypeError('fetch failed', { cause: refused }))).toMatchObject({
      kind: 'network',
      permanent,
    });
    for (const message of [inBun, inNode, inNodeFetch]) {
      expect(classifyError(Object.assign(new Error(message), { code: 'ERR_PROXY_TUNNEL' })).permanent).toBe(permanent);
    }
  });

  it('ignores matches within a URL', () => {
    const url = encodeURI('https://api.test/: client error (Connect): invalid peer certificate');
    const error = new TypeError(`error sending request for url (${url}): client error (SendRequest): reset`);

    expect(classifyError(error)).toMatchObject({ permanent: false });
  });

  it("treats a 'fetch failed' without a reason from undici as permanent", async () => {
    const noReason = new TypeError('fetch failed', { cause: new Error('') });
    const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });

    expect(classifyError(noReason)).toEqual({ kind: 'network', permanent: true });
    expect(classifyError(new TypeError('fetch failed', { cause: refused }))).toMatchObject({ permanent: false });
    expect(classifyError(new TypeError('Failed to fetch'))).toMatchObject({ permanent: false });
  });

  it('recognises a mocked network error, whose cause is a Response', () => {
    expect(classifyError(new TypeError('fetch failed', { cause: Response.error() }))).toMatchObject({
      kind: 'network',
    });
    expect(classifyError(new TypeError('fetch failed', { cause: {} }))).toMatchObject({ kind: 'network' });
  });

  it.each([
    ['a programming error', new TypeError("Cannot read properties of undefined (reading 'x')")],
    ['an unknown code', Object.assign(new Error('no'), { code: 'ERR_ASSERTION' })],
    [
      'a bad URL',
      new TypeError('Failed to parse URL', {
        cause: Object.assign(new Error('Invalid URL'), { code: 'ERR_INVALID_URL' }),
      }),
    ],
    ['a name in code', new TypeError("Cannot read properties of undefined (reading 'connection')")],
    ['a name in code of Firefox', new TypeError('can\'t access property "connect", network is undefined')],
    ['a name in code of Safari', new TypeError("undefined is not an object (evaluating 'network.connect')")],
    ['a method that is missing', new TypeError('connect is not a function')],
    ['a status that somebody throws', new Error('Network response was not ok')],
    ['a failure that somebody throws', new Error('Failed to fetch todos')],
    ['a status that somebody throws with it', new Error('Failed to fetch: 404')],
    ['what a server says of a name', new Error("Could not resolve to a User with the login of 'xyz'.")],
    ['another reason', new Error('Payment failed, reason: card declined')],
    ['another failure that somebody throws', new Error('todo fetch failed')],
    [
      'what the page forbids',
      new TypeError("Failed to fetch. Refused to connect because it violates the document's CSP."),
    ],
    ['an application that speaks of a connection', new Error('No active connection. Please connect your wallet')],
    ['an application that speaks of time', new Error('Your session timed out')],
    ['a missing option', new Error('A hostname is required')],
    ['a string', 'boom'],
    ['nothing', undefined],
  ])('takes %s for a bug', (_name, error) => {
    expect(classifyError(error)).toMatchObject({ kind: 'bug', permanent: true });
  });

  it.each([
    'Failed to fetch (integrity.example.com)',
    'Load failed (cross-origin.example.com)',
    'error sending request for url (https://api.test/integrity)',
    'request to https://api.test/certificate failed, reason: socket hang up',
  ])('takes no address for a reason: %s', (message) => {
    expect(classifyError(new TypeError(message))).toEqual({ kind: 'network', permanent: false });
  });

  it.each(['XECONNRESET', 'ECONNREFUSED_', 'EAI_FAIL', 'UND_ERR_TIMEOUT', 'timeout', ''])(
    'takes no code that only looks like one for one: %s',
    (code) => {
      expect(classifyError({ code })).toEqual({ kind: 'bug', permanent: true, code });
    },
  );

  it('recognises aborts and timeouts by name', () => {
    expect(classifyError(new DOMException('x', 'AbortError'))).toMatchObject({ kind: 'abort' });
    expect(classifyError(named('TimeoutError'))).toMatchObject({ kind: 'timeout', permanent: false });
    expect(classifyError(named('NetworkError'))).toMatchObject({ kind: 'network' });
  });

  it('is fast if a message contains the body of an answer', () => {
    const began = performance.now();

    expect(classifyError(new Error(' connection'.repeat(1_000_000))).kind).toBe('bug');
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('survives errors whose members throw', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );

    expect(classifyError(hostile).kind).toBe('bug');
  });
});

describe('causesOf', () => {
  it('walks causes and the errors of an AggregateError, and ends on a cycle', () => {
    const inner = Object.assign(new Error('inner'), { code: 'ECONNREFUSED' });
    const many = new AggregateError([inner], 'all failed');
    const outer: Error = new Error('outer', { cause: many });
    inner.cause = outer;

    expect(causesOf(outer)).toEqual([outer, many, inner]);
  });

  it('returns eight causes at most', () => {
    let error = new Error('0');
    for (let depth = 1; depth < 20; depth++) error = new Error(String(depth), { cause: error });

    expect(causesOf(error)).toHaveLength(8);
  });
});
