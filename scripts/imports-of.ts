import { parseSync } from 'vite';

export interface Import {
  /** As written, e.g. `@steadfetch/testing/msw`. */
  specifier: string;
  /** The package, e.g. `@steadfetch/testing`; a module of Node with its prefix. */
  name: string;
  typeOnly: boolean;
}

/** What a module imports or re-exports: statically, with `import()`, and in types such as `import('ky').Hooks`. */
export function importsOf(path: string, source: string): Import[] {
  const { module, program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports = module.staticImports.map(({ moduleRequest, entries }) =>
    toImport(moduleRequest.value, entries.length > 0 && entries.every(({ isType }) => isType)),
  );
  const reexports = module.staticExports
    .flatMap(({ entries }) => entries)
    .filter(({ moduleRequest }) => moduleRequest)
    .map(({ moduleRequest, isType }) => toImport(moduleRequest!.value, isType));
  const expressions = literals(program, 'ImportExpression').map((specifier) => toImport(specifier, false));
  const types = literals(program, 'TSImportType').map((specifier) => toImport(specifier, true));
  return [...imports, ...reexports, ...expressions, ...types];
}

function toImport(specifier: string, typeOnly: boolean): Import {
  if (specifier.startsWith('node:')) return { specifier, name: specifier, typeOnly };
  return { specifier, name: specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'), typeOnly };
}

/** The `source` of every node of that type, where it is a plain string. */
function literals(node: unknown, type: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap((child) => literals(child, type));
  const { type: own, source } = node as { type?: string; source?: { value?: unknown } };
  return own === type && typeof source?.value === 'string' ? [source.value, ...below] : below;
}
