import { defineConfig } from 'vite';

export default defineConfig({
  optimizeDeps: { include: ['react', 'react/jsx-dev-runtime', 'react-dom/client', 'p-retry', 'is-network-error'] },
});
