/**
 * A form with the same fields, of the runtime's own class: a derived class may add fields in its constructor. Returns
 * the form itself if it cannot be listed.
 */
export function copyForm(form: FormData): FormData {
  try {
    const copy = new (baseOf(form))();
    form.forEach((value, name) => copy.append(name, value));
    return copy;
  } catch {
    return form;
  }
}

/** The class below `Object` that all forms of a runtime come from. */
function baseOf(form: FormData): typeof FormData {
  let prototype = Object.getPrototypeOf(form);
  let above = Object.getPrototypeOf(prototype);
  while (Object.getPrototypeOf(above) !== null) {
    prototype = above;
    above = Object.getPrototypeOf(above);
  }
  return prototype.constructor;
}

/**
 * The form as `fetch` would send it, with a fixed boundary: a `FormData` gets another one each time it is sent. Does not
 * read files. `undefined` where the form is not of this runtime.
 */
export function encodeForm(form: unknown): Blob | undefined {
  if (typeof FormData !== 'function' || typeof Blob !== 'function' || !(form instanceof FormData)) return undefined;
  const boundary = `----formdata-${String(Math.random()).slice(2)}${String(Math.random()).slice(2)}`;
  const parts: BlobPart[] = [];
  form.forEach((value, name) => {
    const field = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(lines(name))}"`;
    if (typeof value === 'string') parts.push(`${field}\r\n\r\n${lines(value)}\r\n`);
    else parts.push(`${field}${fileFields(value)}\r\n\r\n`, value, '\r\n');
  });
  return new Blob([...parts, `--${boundary}--\r\n`], { type: `multipart/form-data; boundary=${boundary}` });
}

function fileFields({ name, type }: File): string {
  return `; filename="${quoted(name)}"\r\nContent-Type: ${type || 'application/octet-stream'}`;
}

/** HTML, "multipart/form-data": line ends are CRLF in names and values, and percent-encoded in the head of a part. */
function lines(text: string): string {
  return text.replace(/\r?\n|\r/g, '\r\n');
}

function quoted(text: string): string {
  return text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}
