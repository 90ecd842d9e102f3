import tailwind from "@tailwindcss/vite";
import { defineConfig } from "vite";

/** `vite dashboard` serves the pages alone; what they ask goes to the demo's gateway. */
const gateway = "http://localhost:8787";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [tailwind()],
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    rolldownOptions: {
      // "use client" at a file's head means nothing here, and every file of two packages has it.
      onLog: (level, log, tell) => log.code !== "MODULE_LEVEL_DIRECTIVE" && tell(level, log),
    },
  },
  server: { proxy: { "/api": { target: gateway, ws: true }, "/auth": gateway } },
});
