// Types of lib.dom that are missing from the types of Node and Bun: those have only `fetch`, `Request` and `RequestInit`.

export type RequestInfo = string | Request;
export type HeadersInit = NonNullable<RequestInit['headers']>;
export type BodyInit = NonNullable<RequestInit['body']>;
