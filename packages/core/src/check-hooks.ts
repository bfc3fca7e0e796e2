import { checkFunction, checkNames, unexpected } from './check.ts';
import { notify } from './notify.ts';
import { isPlain } from './show.ts';

/** The observers in an option `hooks`, one object or an array of them, or throws. A class instance may have other members. */
export function checkHooks<Hooks extends object>(
  owner: string,
  names: readonly (keyof Hooks & string)[],
  hooks: Hooks | readonly Hooks[] = [],
): readonly Hooks[] {
  const all = Array.isArray(hooks) ? (hooks as readonly Hooks[]) : [hooks as Hooks];
  for (const hook of all) {
    const plain = typeof hook === 'object' && hook !== null && isPlain(hook);
    if (!plain && !names.some((name) => name in Object(hook))) {
      throw unexpected(`${owner}: hooks`, `an object with ${names.join(', ')}, or an array of such`, hook);
    }
    if (plain) checkNames(`${owner}: hooks`, hook, names);
    for (const name of names) if (hook[name] !== undefined) checkFunction(`${owner}: hooks.${name}`, hook[name]);
  }
  return [...all];
}

/** Calls one member of all observers with a frozen copy of the event. What they throw or reject has no effect. */
export function callHooks<Hooks extends object>(all: readonly Hooks[], name: keyof Hooks, event: object): void {
  if (!all.some((hook) => hook[name] !== undefined)) return;
  const frozen = Object.freeze({ ...event });
  for (const hook of all) {
    notify(() => (hook[name] as ((event: object) => unknown) | undefined)?.call(hook, frozen), undefined);
  }
}
