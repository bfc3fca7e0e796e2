/** What a form can show as the value of an option: literals, and calls of functions of the packages. */
export type Value = string | number | boolean | null | undefined | Value[] | { [name: string]: Value } | Called;

/** A call of a function of the packages, such as `exponential({ base: 100 })`. */
export class Called {
  readonly name: string;
  readonly args: readonly Value[];

  constructor(name: string, args: readonly Value[] = []) {
    this.name = name;
    this.args = args;
  }
}

export type Fields = { [name: string]: Value };

export function isFields(value: Value): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Called);
}

/** The value as code. */
export function formatValue(value: Value, indent = ''): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`;
  if (value instanceof Called) return formatCall(value, indent);
  if (Array.isArray(value)) return `[${value.map((one) => formatValue(one, indent)).join(', ')}]`;
  if (isFields(value)) return formatFields(value, indent);
  return String(value);
}

export function formatCall({ name, args }: Called, indent = ''): string {
  return `${name}(${args.map((value) => formatValue(value, indent)).join(', ')})`;
}

const WIDE = 76;

function formatFields(fields: Fields, indent: string): string {
  const members = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (members.length === 0) return '{}';
  const line = `{ ${members.map(([name, value]) => `${name}: ${formatValue(value, indent)}`).join(', ')} }`;
  if (indent.length + line.length < WIDE) return line;
  const inner = `${indent}  `;
  return `{\n${members.map(([name, value]) => `${inner}${name}: ${formatValue(value, inner)},\n`).join('')}${indent}}`;
}

/** 30_000, as in the documentation. */
function formatNumber(value: number): string {
  const text = String(value);
  return Number.isInteger(value) && !text.includes('e') ? text.replace(/\B(?=(\d{3})+$)/g, '_') : text;
}
