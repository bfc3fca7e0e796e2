/**
 * Returns a form with the same fields, of the runtime's own class, since a derived class may add fields in its constructor. Returns
 * the form itself if its class is not the runtime's, or if its fields cannot be listed.
 */
export function copyForm(form: FormData): FormData {
  if (!isForm(form)) return form;
  const copy = new FormData();
  form.forEach((value, name) => copy.append(name, value));
  return copy;
}

/** Whether it is a `FormData` of this runtime whose fields can be listed. In React Native they cannot. */
function isForm(form: unknown): form is FormData {
  return typeof FormData === 'function' && form instanceof FormData && 'forEach' in form;
}

/**
 * Returns the form as `fetch` would send it, but with a fixed boundary: `fetch` uses another boundary each time. Does not read
 * files. Returns `undefined`
 *
 * - for anything but a form whose fields can be listed;
 * - for a form with a file that is not a `Blob`, such as React Native's description of a file;
 * - if a `Blob` has no stream: Node's `fetch` cannot send the `Blob` of jsdom;
 * - if a `Blob` of several parts loses a file: in Bun it loses files from a disk.
 */
export function encodeForm(form: unknown): Blob | undefined {
  if (!isForm(form) || !('stream' in Blob.prototype)) return undefined;
  const boundary = `----formdata-${String(Math.random()).slice(2)}${String(Math.random()).slice(2)}`;
  const parts: BlobPart[] = [];
  let isKnown = true;
  form.forEach((value, name) => {
    isKnown &&= typeof value === 'string' || isHeld(value);
    const field = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(lines(name))}"`;
    if (typeof value === 'string') parts.push(`${field}\r\n\r\n${lines(value)}\r\n`);
    else parts.push(`${field}${fileFields(value)}\r\n\r\n`, value, '\r\n');
  });
  if (!isKnown) return undefined;
  parts.push(`--${boundary}--\r\n`);
  const type = `multipart/form-data; boundary=${boundary}`;
  // the `fetch` of Capacitor sends files, and no other blobs
  return isFileBlob() ? new File(parts, 'form', { type }) : new Blob(parts, { type });
}

/** Whether a `Blob` of several parts keeps this file. */
function isHeld(file: unknown): boolean {
  return file instanceof Blob && new Blob(['', file]).size === file.size;
}

/** Whether `File` extends the current `Blob`. It does not if a polyfill replaced only one of them. */
function isFileBlob(): boolean {
  return typeof File === 'function' && File.prototype instanceof Blob;
}

/** Returns the rest of the head of a file's part. In Bun a `Blob` in a form may lack a name, and an empty name is sent. */
function fileFields({ name = '', type }: File): string {
  return `; filename="${quoted(name)}"\r\nContent-Type: ${type || 'application/octet-stream'}`;
}

/** HTML, "multipart/form-data": line ends are CRLF in names and values, and percent-encoded in the head of a part. */
function lines(text: string): string {
  return text.replace(/\r?\n|\r/g, '\r\n');
}

function quoted(text: string): string {
  return text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}
