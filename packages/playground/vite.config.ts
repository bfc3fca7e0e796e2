import { defineConfig } from 'vite';
import { readOptionData } from './build/option-data.ts';

// The real packages, from their sources; relative URLs, so that the page works under any path.
export default defineConfig({
  base: './',
  root: import.meta.dirname,
  resolve: { conditions: ['@steadfetch/source', 'browser', 'module', 'import', 'default'] },
  define: { 'process.env.NODE_ENV': '"development"', OPTION_DATA: JSON.stringify(readOptionData()) },
  build: { target: 'es2023', outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false } },
  worker: { format: 'iife' },
});
