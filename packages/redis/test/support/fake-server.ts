import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** The answer to a command: a line of the protocol, a text, a list; or nothing, which drops the connection. */
export type Answer = { readonly line: string } | string | readonly Answer[] | undefined;

const OK: Answer = { line: '+OK' };
export const failure = (message: string): Answer => ({ line: `-${message}` });
export const integer = (value: number): Answer => ({ line: `:${value}` });

/** A server that speaks the protocol of Redis, and gives the answers of the test. */
export class FakeServer {
  /** The commands that came, without those that clients send while they connect. */
  readonly commands: string[] = [];
  answer: (command: readonly string[]) => Answer = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<FakeServer> {
    const fake = new FakeServer();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}); // the client may be gone
    let text = '';
    socket.on('data', (part) => {
      text += String(part);
      for (let read = commandIn(text); read; read = commandIn(text)) {
        text = text.slice(read.length);
        const answer = greeting(read.command) ?? this.#asked(read.command);
        if (answer === undefined) socket.destroy();
        else socket.write(encoded(answer));
      }
    });
  }

  #asked(command: readonly string[]): Answer {
    this.commands.push(command[0]!.toUpperCase());
    return this.answer(command);
  }
}

/** The answer to a command that clients send while they connect. */
function greeting([name, part]: readonly string[]): Answer {
  const command = `${name} ${name?.toUpperCase() === 'CLIENT' ? part : ''}`.trim().toUpperCase();
  if (command === 'INFO') return 'loading:0\r\n';
  if (command === 'HELLO') return failure('ERR unknown command HELLO');
  return command.startsWith('CLIENT') || command === 'READONLY' || command === 'SELECT' ? OK : undefined;
}

/** The first whole command: a list of texts. All are ASCII here. */
function commandIn(text: string): { command: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  const command: string[] = [];
  let at = head[0].length;
  for (let n = 0; n < Number(head[1]); n++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (!size) return undefined;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (text.length < end + 2) return undefined;
    command.push(text.slice(at, end));
    at = end + 2;
  }
  return { command, length: at };
}

function encoded(answer: NonNullable<Answer>): string {
  if (typeof answer === 'string') return `$${answer.length}\r\n${answer}\r\n`;
  if (isList(answer)) return `*${answer.length}\r\n${answer.map((one) => encoded(one!)).join('')}`;
  return `${answer.line}\r\n`;
}

function isList(answer: NonNullable<Answer>): answer is readonly Answer[] {
  return Array.isArray(answer);
}
