import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Bytes of script that the app's pages may have in all. */
const SCRIPT_BUDGET = 400_000;

/** Fails the build when the pages outgrow their budget, or when made-up people get into them. */
function kept(): Plugin {
  return {
    name: "ra-desk-kept",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
      const bytes = chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
      if (bytes > SCRIPT_BUDGET) this.error(`The pages have ${bytes} bytes of script; ${SCRIPT_BUDGET} are allowed.`);
      const fake = chunks.flatMap(({ moduleIds }) => moduleIds).find((id) => /bridge\/(fake|scenes)[./]/.test(id));
      if (fake) this.error(`Made-up people got into the app: ${fake}`);
    },
  };
}

// `npm run build` makes the pages of the app. `--mode gallery` makes the same pages on a made-up desk instead,
// for scripts/pages.mjs; the fake never gets into the app's own bundle.
export default defineConfig(({ mode }) => ({
  plugins: [mode === "gallery" ? null : kept()],
  // Preact has what this adds to old versions of React, and the tests could not share it with Preact.
  resolve: { alias: { "use-sync-external-store/shim": "react" } },
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  css: { preprocessorOptions: { scss: { loadPaths: ["node_modules"], quietDeps: true } } },
  build: {
    target: "es2022",
    outDir: mode === "gallery" ? "node_modules/.cache/gallery" : "dist",
    emptyOutDir: true,
    // Inlined assets would be data: URLs, which the content security policy allows for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: mode === "gallery" ? "gallery.html" : "index.html" },
  },
  test: {
    environment: "jsdom",
    testTimeout: 30_000,
    setupFiles: ["test/setup.ts"],
    include: ["test/**/*.test.{ts,tsx}"],
    env: { TZ: "Europe/London" },
    css: false,
    server: { deps: { inline: ["swr"] } },
  },
}));
