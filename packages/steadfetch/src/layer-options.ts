/** The options of one layer on top of its defaults; `undefined` for a layer that is left out. */
export function layerOptions<T extends object>(name: string, given: T | boolean, defaults: NoInfer<T>): T | undefined {
  if (given === false) return undefined;
  if (given === true) return defaults;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`standard: ${name}: expected true, false or an options object, got ${show(given)}`);
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
