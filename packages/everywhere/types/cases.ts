// The environments in which the declarations must compile: what is in scope besides the language.
import { join } from 'node:path';

const HERE: string = join(import.meta.dirname, '../node_modules');

interface Compiler {
  readonly compiler: string;
  /** The compilers before 7 take seconds: each has one of the two. */
  readonly resolutions: readonly (keyof typeof RESOLUTIONS)[];
}

/** By the version that is printed. */
export const COMPILERS: Readonly<Record<string, Compiler>> = {
  '5.4': { compiler: join(HERE, 'typescript54/bin/tsc'), resolutions: ['bundler'] },
  '5.9': { compiler: join(HERE, 'typescript59/bin/tsc'), resolutions: ['nodenext'] },
  '7.0': { compiler: join(HERE, 'typescript/bin/tsc'), resolutions: ['nodenext', 'bundler'] },
};

export interface Environment {
  readonly lib: readonly string[];
  readonly types: readonly string[];
  /** It has not all names of our declarations: only uses are compiled, with the globals of a file. */
  readonly globals?: string;
}

export const ENVIRONMENTS: Readonly<Record<string, Environment>> = {
  dom: { lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] },
  'dom and node': { lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'], types: ['node'] },
  node: { lib: ['es2023'], types: ['node'] },
  bun: { lib: ['esnext'], types: ['bun'] },
  'bun and dom': { lib: ['esnext', 'dom', 'dom.iterable'], types: ['bun'] },
  workers: { lib: ['es2023'], types: ['@cloudflare/workers-types'] },
  'react native': { lib: ['es2022'], types: [], globals: 'react-native.d.ts' },
  expo: { lib: ['es2022', 'dom'], types: [], globals: 'expo.d.ts' },
};

export const RESOLUTIONS: Readonly<Record<'nodenext' | 'bundler', readonly [module: string, resolution: string]>> = {
  nodenext: ['nodenext', 'nodenext'],
  bundler: ['esnext', 'bundler'],
};

/** The packages that need a browser or nothing, used as in the READMEs; and what must not compile. */
export const USES = `
import { retry as kyRetry, use } from '@steadfetch/ky';
import * as everything from 'steadfetch';
import { compose, type Fetch, historyOf, type Middleware, retry, standard, timeout } from 'steadfetch';

const steady = compose(timeout(20_000), retry({ maxRetries: 3 }), timeout(5_000))(fetch);
const canonical: Fetch = standard({ retry: { maxRetries: 3 } })(fetch);
const own: Middleware = (next) => async (input, init) => next(input, init);

export async function read(): Promise<string> {
  const response = await steady('https://api.example.com/', { method: 'PUT', body: 'x', retry: { maxRetries: 5 } });
  await canonical(new Request('https://api.example.com/'), { headers: { a: 'b' } });
  await compose(own)(fetch)(new URL('https://api.example.com/'), { steadfetch: { retry: false } });
  const status: number = response.status;
  const text: string = await response.text();
  historyOf(response)?.map(({ attempt }) => attempt.toFixed());
  return text + status;
}
export const all = [everything, kyRetry, use];

// @ts-expect-error no input of fetch
steady(42);
// @ts-expect-error no method
canonical('https://api.example.com/', { method: 42 });
// @ts-expect-error no option of retry
retry({ maxRetrys: 3 });
// @ts-expect-error no member of a response
steady('https://api.example.com/').then((response) => response.nothing);
`;

/** Where Node's own types are. */
export const USES_NODE = `
import { startServer } from '@steadfetch/testing';
import * as server from '@steadfetch/testing/server';

export const urls: Promise<string> = startServer([503, 200]).then(({ url }) => url);
export const all = [server];
// @ts-expect-error no script
startServer('nothing');
`;

/** Its template has no types of the DOM, and checks no declarations of libraries. Its `fetch` takes no `URL`. */
export const REACT_NATIVE = `
interface Headers { get(name: string): string | null }
interface FormData { append(name: string, value: unknown): void }
interface AbortSignal { readonly aborted: boolean }
interface URL { readonly href: string }
interface Request { readonly url: string; readonly headers: Headers; readonly method: string }
interface RequestInit { body?: string | FormData | null; headers?: Record<string, string>; signal?: AbortSignal | null }
interface Response { readonly status: number; readonly headers: Headers; text(): Promise<string> }
declare function fetch(input: Request | string, init?: RequestInit): Promise<Response>;
`;

/** It has both: the `fetch` of React Native is one more overload of that of the DOM. */
export const EXPO = 'declare function fetch(input: Request | string, init?: RequestInit): Promise<Response>;';

/** A slot of the type `typeof fetch`. */
export const USES_PLAIN = `
import { standard } from 'steadfetch';

export const plain: typeof fetch = standard()(fetch);
`;

/** Bun's own has a method. */
export const USES_BUN = `
import { standard } from 'steadfetch';

export const plain: typeof fetch = Object.assign(standard()(fetch), { preconnect: fetch.preconnect });
`;
