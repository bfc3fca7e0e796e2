import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { macrotasks } from './drive.ts';

/** What a server over HTTP/2 does with a request. */
export interface Act {
  readonly does:
    | 'answers'
    | 'gives hints first'
    | 'sends trailers'
    | 'truncates'
    | 'answers in pieces'
    | 'resets'
    | 'resets in the body'
    | 'answers without reading'
    | 'stalls'
    | 'stalls in the body'
    | 'goes away after this one'
    | 'goes away before this one'
    | 'goes away in anger'
    | 'ends the session'
    | 'closes the socket'
    | 'closes the socket after an answer'
    | 'changes settings again and again';
  readonly status: number;
  readonly code: number;
  readonly fields: Readonly<Record<string, string>>;
}

export const acts: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom<Act['does']>(
    'answers',
    'gives hints first',
    'sends trailers',
    'truncates',
    'answers in pieces',
    'resets',
    'resets',
    'resets in the body',
    'answers without reading',
    'stalls',
    'stalls in the body',
    'stalls in the body',
    'stalls in the body',
    'goes away after this one',
    'goes away before this one',
    'goes away in anger',
    'ends the session',
    'closes the socket',
    'closes the socket after an answer',
    'changes settings again and again',
  ),
  status: fc.constantFrom(200, 200, 204, 404, 429, 503, 503),
  // most servers and proxies reset with CANCEL or REFUSED_STREAM
  code: fc.oneof(fc.integer({ min: 0, max: 13 }), fc.constantFrom(7, 8)),
  fields: fc.constantFrom({}, { 'retry-after': '0' }, { 'retry-after': 'soon' }, { 'x-should-retry': 'false' }),
});

const BODY = 'x'.repeat(3_000);

/** A server without TLS that does as it is told. */
export class Http2Hostile {
  #script: readonly Act[] = [];
  /** Requests that were acted on: all but those that the server says it has not looked at. */
  acted = 0;
  readonly open: Set<ServerHttp2Stream> = new Set();
  /** Called when no more will come of a request; `isLast`: whether none has come after it. */
  onStall: (isLast: () => boolean) => void = () => {};
  readonly #sockets = new Set<Socket>();
  readonly #server: Http2Server = createServer();
  #count = 0;

  /** Requests that came, of whatever kind. */
  get requests(): number {
    return this.#count;
  }

  constructor() {
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('sessionError', () => {});
    this.#server.on('session', (session) => session.on('error', () => {}));
    this.#server.on('stream', (stream) => {
      stream.on('error', () => {});
      this.open.add(stream);
      stream.on('close', () => this.open.delete(stream));
      const act = this.#script[Math.min(this.#count++, this.#script.length - 1)]!;
      if (!isRefusal(act)) this.acted++;
      void this.#perform(act, stream, stream.session as ServerHttp2Session);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/orders`;
  }

  /** What it does with each request from now on; the last one repeats. */
  begin(script: readonly Act[]): void {
    this.#script = script;
    this.acted = this.#count = 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #stall(): void {
    const count = this.#count;
    this.onStall(() => this.#count === count);
  }

  async #perform(act: Act, stream: ServerHttp2Stream, session: ServerHttp2Session): Promise<void> {
    const { does, status, code, fields } = act;
    const isEmpty = status === 204;
    const head = { ':status': status, ...fields };
    const answer = () => {
      if (stream.destroyed || stream.closed) return;
      stream.respond(head);
      stream.end(isEmpty ? undefined : BODY);
    };
    const socket = session.socket as unknown as Socket;
    if (does !== 'answers without reading' && does !== 'stalls') stream.resume();
    switch (does) {
      case 'answers':
        return answer();
      case 'gives hints first':
        stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
        return answer();
      case 'sends trailers':
        stream.respond(head, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1', 'retry-after': '3600' }));
        return void stream.end(isEmpty ? undefined : BODY);
      case 'truncates':
        stream.respond({ ...head, 'content-length': BODY.length + 10 });
        return void stream.end(isEmpty ? undefined : BODY);
      case 'answers in pieces':
        stream.respond(head);
        for (let at = 0; at < 5 && !isEmpty && !stream.destroyed; at++) {
          stream.write('piece');
          await macrotasks(1);
        }
        return void stream.end();
      case 'resets':
        return stream.close(code);
      case 'resets in the body':
        stream.respond(head);
        stream.write('half');
        await macrotasks(3);
        return stream.close(code);
      case 'answers without reading':
        stream.respond(head);
        stream.end(isEmpty ? undefined : BODY);
        await macrotasks(3);
        return stream.close(constants.NGHTTP2_NO_ERROR);
      case 'stalls':
        return this.#stall();
      case 'stalls in the body':
        stream.respond({ ...head, ...(isEmpty && { ':status': 200 }) });
        stream.write('half');
        return this.#stall();
      case 'goes away after this one':
        session.goaway(constants.NGHTTP2_NO_ERROR, stream.id!);
        return answer();
      case 'goes away before this one':
        session.goaway(constants.NGHTTP2_NO_ERROR, 0);
        await macrotasks(3);
        return void socket.destroy();
      case 'goes away in anger':
        session.goaway(code, 0);
        await macrotasks(1);
        return session.destroy();
      case 'ends the session':
        return session.destroy(undefined, code);
      case 'closes the socket':
        return void socket.destroy();
      case 'closes the socket after an answer':
        answer();
        await macrotasks(5);
        return void socket.destroy();
      default:
        for (let times = 0; times < 20 && !session.destroyed; times++) {
          session.settings({ initialWindowSize: 100 + times, maxConcurrentStreams: 1 + (times % 3) });
        }
        return answer();
    }
  }
}

function isRefusal({ does, code }: Act): boolean {
  return (
    (does === 'resets' && code === constants.NGHTTP2_REFUSED_STREAM) ||
    does === 'goes away before this one' ||
    does === 'goes away in anger'
  );
}
