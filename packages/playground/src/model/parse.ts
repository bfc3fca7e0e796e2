import { Called, type Fields, type Value } from './value.ts';

const TOKEN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|([A-Za-z_$][\w$]*)|((?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)|('(?:[^'\\\n]|\\['"\\n])*'|"(?:[^"\\\n]|\\['"\\n])*")|([(){}[\],:;+-])/gy;

interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'sign';
  readonly text: string;
}

const KINDS = ['name', 'number', 'string', 'sign'] as const;

/** Reads one expression of literals and calls; `undefined` for any other code. */
export function parseValue(code: string): { value: Value } | undefined {
  const tokens = tokensOf(code);
  if (!tokens) return undefined;
  const reader = new Reader(tokens);
  try {
    const value = reader.value();
    while (reader.take(';'));
    return reader.isAtEnd ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/** Comments count as other code: a form would lose them. */
function tokensOf(code: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < code.length) {
    const found = TOKEN.exec(code);
    if (!found || found[0].startsWith('/')) return undefined;
    const place = found.slice(1).findIndex((text) => text !== undefined);
    if (place >= 0) tokens.push({ kind: KINDS[place]!, text: found[0] });
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #place = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#place === this.#tokens.length;
  }

  take(sign: string): boolean {
    const { kind, text } = this.#tokens[this.#place] ?? {};
    if (kind !== 'sign' || text !== sign) return false;
    this.#place++;
    return true;
  }

  value(): Value {
    if (this.take('-')) return -(this.#next('number') as number);
    if (this.take('[')) return this.#list(']', () => this.value());
    if (this.take('{')) return this.#fields();
    const { kind } = this.#tokens[this.#place] ?? {};
    return kind === 'name' ? this.#named() : this.#next(kind);
  }

  #next(expected: Token['kind'] | undefined): Value {
    const token = this.#tokens[this.#place++];
    if (!token || token.kind !== expected || token.kind === 'sign') throw new SyntaxError('no value');
    if (token.kind === 'number') return Number(token.text.replaceAll('_', ''));
    return token.kind === 'string' ? unquoted(token.text) : token.text;
  }

  #named(): Value {
    const name = this.#next('name') as string;
    if (this.take('('))
      return new Called(
        name,
        this.#list(')', () => this.value()),
      );
    const known = new Map<string, Value>([
      ['true', true],
      ['false', false],
      ['null', null],
      ['undefined', undefined],
      ['Infinity', Infinity],
    ]);
    if (!known.has(name)) throw new SyntaxError('a name');
    return known.get(name);
  }

  #fields(): Fields {
    const members = this.#list('}', () => {
      const { kind } = this.#tokens[this.#place] ?? {};
      const name = this.#next(kind === 'string' ? 'string' : 'name') as string;
      if (!this.take(':')) throw new SyntaxError('no value');
      return [name, this.value()] as const;
    });
    return Object.fromEntries(members);
  }

  #list<T>(end: string, read: () => T): T[] {
    const values: T[] = [];
    while (!this.take(end)) {
      values.push(read());
      if (!this.take(',')) {
        if (!this.take(end)) throw new SyntaxError('no end');
        break;
      }
    }
    return values;
  }
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(n|.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
