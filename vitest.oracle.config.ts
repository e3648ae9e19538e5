import { defineConfig } from 'vitest/config';

// The live differential tests: they ask the real tools, so they need root, Linux and Debian's packages.
export default defineConfig({ test: { include: ['test/oracle/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false } });
