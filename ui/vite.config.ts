import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run build` makes the pages of the app. `--mode gallery` makes the same pages on a made-up desk instead,
// for scripts/pages.mjs; the fake never gets into the app's own bundle.
export default defineConfig(({ mode }) => ({
  plugins: [react()],
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
    setupFiles: ["test/setup.ts"],
    include: ["test/**/*.test.{ts,tsx}"],
    env: { TZ: "Europe/London" },
    css: false,
  },
}));
