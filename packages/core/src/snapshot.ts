/**
 * A copy of an init that its caller can no longer change: of its members, its headers, and a body that is mutable.
 * A stream stays what it is, since it can be read only once.
 */
export function snapshot(init: RequestInit): RequestInit {
  const copy = { ...init };
  if (init.headers !== undefined && init.headers !== null) copy.headers = copyHeaders(init.headers);
  if (typeof init.body === 'object' && init.body !== null) copy.body = copyBody(init.body);
  return copy;
}

/** Whether a body can be sent more than once: everything but streams and iterables. */
export function isReplayable(body: unknown): boolean {
  return (
    typeof body === 'string' ||
    typeof body === 'function' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof URLSearchParams ||
    body instanceof FormData
  );
}

function copyHeaders(headers: HeadersInit): HeadersInit {
  if (Array.isArray(headers)) return headers.map((pair) => [...pair] as [string, string]);
  return Symbol.iterator in headers ? new Headers(headers) : { ...headers };
}

function copyBody(body: BodyInit): BodyInit {
  if (body instanceof ArrayBuffer) return body.slice(0);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (body instanceof FormData) return copyForm(body);
  return body;
}

function copyForm(form: FormData): FormData {
  const copy = new FormData();
  form.forEach((value, name) => copy.append(name, value));
  return copy;
}
