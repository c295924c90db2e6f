import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Bytes of script that the app's pages may have in all. */
const SCRIPT_BUDGET = 400_000;

/** How Preact copies what a thing has onto another. */
const COPIES = /for\(var (\w) in (\w)\)(\w)\[\1\]=\2\[\1\];return \3/;

/**
 * Lets Preact run where `Object.prototype` is frozen, as it is in the app's window (`freezePrototype`): its nodes have a
 * `constructor` of their own, and a copy cannot be assigned one there. It is defined instead.
 */
function frozen(): Plugin {
  return {
    name: "ra-desk-frozen",
    apply: "build",
    transform(code, id) {
      if (!/\/preact\/(compat\/)?dist\/(preact|compat)\.(mjs|module\.js)$/.test(id)) return null;
      if (!COPIES.test(code)) this.error(`Preact does not copy as it did: look at ${id} with Object.prototype frozen.`);
      return code.replace(
        COPIES,
        'for(var $1 in $2)$1==="constructor"?Object.defineProperty($3,$1,{value:$2[$1],writable:true,enumerable:true,configurable:true}):$3[$1]=$2[$1];return $3',
      );
    },
  };
}

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
  plugins: [frozen(), mode === "gallery" ? null : kept()],
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
