import { notify } from '../events/notify.ts';
import { checkFunction, checkNames, optionError } from './check.ts';
import { isPlain } from './show.ts';

/** Returns the hooks as an array, or throws. A plain object may have no other members; an instance of a class may. */
export function checkHooks<Hooks extends object>(
  option: string,
  names: readonly (keyof Hooks & string)[],
  hooks: Hooks | readonly Hooks[] = [],
): readonly Hooks[] {
  const all = Array.isArray(hooks) ? (hooks as readonly Hooks[]) : [hooks as Hooks];
  for (const hook of all) {
    if (Object(hook) === hook && isPlain(hook)) checkNames(option, hook, names);
    else if (!names.some((name) => name in Object(hook))) {
      throw optionError(option, `an object with ${names.join(', ')}, or an array of them`, hook);
    }
    for (const name of names) if (hook[name] !== undefined) checkFunction(`${option}.${name}`, hook[name]);
  }
  return [...all];
}

/**
 * Calls one hook of all observers with one frozen event. Makes the event only if one of them has the hook. Ignores errors and rejections of
 * hooks, and hooks that cannot be read.
 */
export function callHooks<Hooks extends object>(all: readonly Hooks[], name: keyof Hooks, make: () => object): void {
  let event: object | undefined;
  for (const hook of all) {
    notify(() => {
      const observer = hook[name] as ((event: object) => unknown) | undefined;
      if (!observer) return;
      event ??= Object.freeze(make());
      notify((event) => observer.call(hook, event), event);
    });
  }
}
