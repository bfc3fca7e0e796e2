// Names of lib.dom that not every runtime's types have: Node's and Bun's know only `fetch`, `Request` and `RequestInit`.

export type RequestInfo = string | Request;
export type HeadersInit = NonNullable<RequestInit['headers']>;
export type BodyInit = NonNullable<RequestInit['body']>;
