/** The globals that the packages, the simulators and code need. All others are removed. */
const KEPT = new Set([
  ...['globalThis', 'Infinity', 'NaN', 'undefined', 'Object', 'Function', 'Array', 'Number', 'Boolean', 'String'],
  ...['Symbol', 'BigInt', 'Math', 'JSON', 'Reflect', 'Proxy', 'Date', 'RegExp', 'Promise', 'Intl', 'Iterator'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'ArrayBuffer', 'DataView'],
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'parseFloat', 'parseInt', 'isNaN', 'isFinite'],
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError'],
  ...['encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'decodeURI', 'DOMException', 'Event', 'EventTarget'],
  ...['URL', 'URLSearchParams', 'Headers', 'Request', 'Response', 'AbortController', 'AbortSignal', 'FormData', 'Blob'],
  ...['ReadableStream', 'ReadableStreamDefaultReader', 'WritableStream', 'TransformStream', 'TextEncoder'],
  ...['TextDecoder', 'queueMicrotask', 'structuredClone', 'crypto', 'performance', 'console', 'setTimeout'],
  ...['clearTimeout'],
]);

/** Removes all globals with which code could reach out of the worker: network, storage, messages, timers. */
export function lockDown(): void {
  const silent = () => {};
  Object.assign(console, { log: silent, info: silent, warn: silent, error: silent, debug: silent });
  for (
    let owner: object | null = globalThis;
    owner && owner !== EventTarget.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const name of Object.getOwnPropertyNames(owner)) {
      if (KEPT.has(name) || name === 'constructor') continue;
      if (!Reflect.deleteProperty(owner, name)) Reflect.set(owner, name, undefined);
    }
  }
}
