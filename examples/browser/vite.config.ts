import { msw } from 'msw/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [msw({ mode: 'worker-only' })], // serves /mockServiceWorker.js
  optimizeDeps: { include: ['msw', 'msw/browser', 'p-retry', 'is-network-error'] },
});
