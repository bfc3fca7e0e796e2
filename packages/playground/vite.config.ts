import { defineConfig } from 'vite';
import { optionData } from './build/option-data.ts';

// The real packages, from their sources; relative URLs, so that the page works under any path.
export default defineConfig({
  base: './',
  root: import.meta.dirname,
  plugins: [optionData()],
  resolve: { conditions: ['@steadfetch/source', 'browser', 'module', 'import', 'default'] },
  define: { 'process.env.NODE_ENV': '"development"' },
  build: { target: 'es2023', outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false } },
  worker: { format: 'iife' },
});
