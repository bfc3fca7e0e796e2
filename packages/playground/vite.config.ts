import { defineConfig, type Plugin } from 'vite';
import { readOptionData } from './build/option-data.ts';

/** Workers made from a blob inherit it: code has no network, whatever it finds (decision 0111). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'worker-src blob:',
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Not while the page is worked on: the development server talks to it. */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

// The real packages, from their sources; relative URLs, so that the page works under any path.
export default defineConfig({
  base: './',
  root: import.meta.dirname,
  plugins: [contentSecurityPolicy],
  resolve: { conditions: ['@steadfetch/source', 'browser', 'module', 'import', 'default'] },
  define: { 'process.env.NODE_ENV': '"development"', OPTION_DATA: JSON.stringify(readOptionData()) },
  build: { target: 'es2023', outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false } },
  worker: { format: 'iife' },
});
