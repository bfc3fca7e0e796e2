import { parseValue } from './parse.ts';
import { Called, formatCall } from './value.ts';

/** Middlewares, outermost first. */
export type Stack = readonly Called[];

/** The middlewares that a form offers, in the order in which they belong. */
export const LAYERS = [
  'standard',
  'timeout',
  'idempotencyKey',
  'retry',
  'rateLimit',
  'circuitBreaker',
  'concurrency',
  'bufferBody',
] as const;

/** The code of a stack. */
export function codeOf(stack: Stack): string {
  if (stack.length === 0) return 'compose()';
  if (stack.length === 1) return formatCall(stack[0]!);
  return `compose(\n${stack.map((layer) => `  ${formatCall(layer, '  ')},\n`).join('')})`;
}

/** The stack that code describes; `undefined` if a form cannot show it. */
export function stackOf(code: string): Stack | undefined {
  const { value } = parseValue(code) ?? {};
  if (!(value instanceof Called)) return undefined;
  const layers = value.name === 'compose' ? value.args : [value];
  return layers.every(isLayer) ? layers : undefined;
}

function isLayer(value: unknown): value is Called {
  return value instanceof Called && (LAYERS as readonly string[]).includes(value.name);
}
