/** A copy of the fields of a response, or of some of them. It is empty where they cannot be listed, as those of some mocks. */
export function copyFields(headers: Headers, wanted: (name: string) => boolean = () => true): Headers {
  try {
    return new Headers([...headers].filter(([name]) => wanted(name)));
  } catch {
    return new Headers();
  }
}
