import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { cacheExchange, createClient, fetchExchange } from '@urql/core';
import { GraphQLClient } from 'graphql-request';
import { type CallOptions, type Client, ErrorResult, keyHeader } from './client.ts';

const QUERY = '{ ok }';
const MUTATION = 'mutation { ok }';
const ANSWER = { data: { ok: true } };

const graphqlRequest: Client = {
  name: 'graphql-request',
  from: 'graphql-request',
  abort: 'the reason',
  failure: 'ClientError, response.status 503',
  answer: ANSWER,
  connect: (url, fetch) => {
    const queries = new GraphQLClient(url, { fetch, method: 'GET' });
    const mutations = new GraphQLClient(url, { fetch });
    const send = (client: GraphQLClient, document: string, { signal, ...rest }: CallOptions = {}) =>
      client.request({ document, requestHeaders: keyHeader(rest), ...(signal && { signal }) } as never);
    return {
      get: (options) => send(queries, QUERY, options),
      post: (options) => send(mutations, MUTATION, options),
    };
  },
};

const apollo: Client = {
  name: '@apollo/client',
  from: '@apollo/client',
  abort: 'the reason',
  failure: 'ServerError, statusCode 503',
  answer: ANSWER,
  connect: (uri, fetch) => {
    const link = new HttpLink({ uri, fetch, useGETForQueries: true });
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const context = ({ signal, ...rest }: CallOptions = {}) => ({
      headers: keyHeader(rest),
      fetchOptions: signal ? { signal } : {},
    });
    return {
      get: (options) => client.query({ query: gql(QUERY), context: context(options), fetchPolicy: 'no-cache' }),
      post: (options) => client.mutate({ mutation: gql(MUTATION), context: context(options) }),
    };
  },
};

const urql: Client = {
  name: '@urql/core',
  from: '@urql/core',
  abort: 'no result after `unsubscribe()`',
  failure: '`{ error }`, error.response.status 503',
  answer: ANSWER,
  connect: (url, fetch) => {
    const client = createClient({ url, fetch, exchanges: [cacheExchange, fetchExchange], preferGetMethod: 'force' });
    const context = (options: CallOptions = {}) => ({
      requestPolicy: 'network-only' as const,
      fetchOptions: { headers: keyHeader(options) },
    });
    const data = ({
      data,
      error,
    }: {
      data?: unknown;
      error?: { message: string; response?: Response } | undefined;
    }) => {
      if (error) throw new ErrorResult(error.message, error.response?.status);
      return data;
    };
    return {
      get: async ({ signal, ...options } = {}) => {
        const result = Promise.withResolvers<Parameters<typeof data>[0]>();
        const { unsubscribe } = client.query(QUERY, {}, context(options)).subscribe(result.resolve);
        signal?.addEventListener('abort', () => {
          unsubscribe();
          setImmediate(() => result.reject(new ErrorResult('no result')));
        });
        return data(await result.promise);
      },
      post: async (options) => data(await client.mutation(MUTATION, {}, context(options)).toPromise()),
    };
  },
};

export const GRAPHQL: readonly Client[] = [graphqlRequest, apollo, urql];
