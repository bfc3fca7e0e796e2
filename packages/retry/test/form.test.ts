import { encodeForm } from '@steadfetch/core/kit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

describe('encodeForm', () => {
  it('leaves anything that is not a form of this runtime', () => {
    expect([encodeForm('x'), encodeForm(new URLSearchParams())]).toEqual([undefined, undefined]);
  });

  it('leaves a form with a file that is no Blob, as a description of one in React Native', () => {
    const form = new FormData();
    form.forEach = (callback) => callback({ uri: 'file:///a.jpg', name: 'a.jpg' } as unknown as File, 'photo', form);

    expect(encodeForm(form)).toBeUndefined();
  });

  it('leaves a form if a Blob has no stream, as in jsdom', () => {
    vi.stubGlobal('Blob', class {});
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(encodeForm(new FormData())).toBeUndefined();
  });

  it('leaves a form with a file that a Blob loses, as Bun does with a file from a disk', () => {
    const form = new FormData();
    form.append('photo', new File(['pixels'], 'a.jpg'));
    expect(encodeForm(form)).toBeDefined();
    const construct = (native: typeof Blob, [parts, options]: [BlobPart[], BlobPropertyBag?]) =>
      new native(parts.length > 1 ? parts.filter((part) => typeof part === 'string') : parts, options);
    vi.stubGlobal('Blob', new Proxy(Blob, { construct }));
    onTestFinished(() => void vi.unstubAllGlobals());

    expect(encodeForm(form)).toBeUndefined();
  });

  it('sends an empty file name if a Blob in the form has none, as in Bun', async () => {
    const form = new FormData();
    form.forEach = (callback) => callback(new Blob(['pixels']) as File, 'photo', form);

    expect(await encodeForm(form)!.text()).toContain('name="photo"; filename=""\r\n');
  });

  it('makes a File, which the fetch of Capacitor can send, or a Blob if File does not extend Blob', () => {
    expect(encodeForm(new FormData())).toBeInstanceOf(File);
    vi.stubGlobal('File', class {});
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(encodeForm(new FormData())!.constructor).toBe(Blob);
  });

  it('has the same fields when it is read', async () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'ü', '"', '\r', '\n', '%', ';', '=') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(texts, texts, fc.boolean()), { maxLength: 4 }), async (fields) => {
        const form = new FormData();
        for (const [name, value, isFile] of fields) form.append(name, isFile ? new File([value], name) : value);

        const blob = encodeForm(form)!;

        const fieldsOf = async (read: FormData) =>
          Promise.all(
            [...read].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()]),
          );
        const sent = await new Response(blob).formData();
        expect(await fieldsOf(sent)).toEqual(await fieldsOf(await new Response(form).formData()));
      }),
    );
  });
});
