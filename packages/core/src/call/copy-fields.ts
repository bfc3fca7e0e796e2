/** A copy of the fields of a response, or of some of them; none of a response made for a test that cannot list them. */
export function copyFields(headers: Headers, wanted: (name: string) => boolean = () => true): Headers {
  try {
    return new Headers([...headers].filter(([name]) => wanted(name)));
  } catch {
    return new Headers();
  }
}
