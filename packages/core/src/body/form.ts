/**
 * A form with the same fields, of the runtime's own class: a derived class may add fields in its constructor. Returns
 * the form itself if it is not of this runtime, or cannot be listed.
 */
export function copyForm(form: FormData): FormData {
  if (!isForm(form)) return form;
  const copy = new FormData();
  form.forEach((value, name) => copy.append(name, value));
  return copy;
}

/** Whether it is a form of this runtime that can be listed: that of React Native cannot. */
function isForm(form: unknown): form is FormData {
  return typeof FormData === 'function' && form instanceof FormData && 'forEach' in form;
}

/**
 * The form as `fetch` would send it, with a fixed boundary: a `FormData` gets another one each time it is sent. Does not
 * read files. Returns `undefined`
 *
 * - for anything else than a form that can be listed;
 * - for a form with a file that is no `Blob`, as a description of one in React Native;
 * - where a `Blob` has no stream: the `fetch` of Node cannot send that of jsdom;
 * - where a `Blob` cannot hold the files: that of Bun leaves out what is read from a disk.
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

/** Whether it is a file that a `Blob` of several parts holds. */
function isHeld(file: unknown): boolean {
  return file instanceof Blob && new Blob(['', file]).size === file.size;
}

/** Whether a `File` is a `Blob` of the same kind: where only one of them was replaced by a polyfill, it is not. */
function isFileBlob(): boolean {
  return typeof File === 'function' && File.prototype instanceof Blob;
}

/** A `Blob` without a name has none in Bun either, which sends an empty one. */
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
