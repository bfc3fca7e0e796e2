/** As other clients ask it. */
export function inReactNative(): boolean {
  return (globalThis.navigator as { product?: unknown } | undefined)?.product === 'ReactNative';
}
