#!/usr/bin/env node
/**
 * Builds what the browser loads from the page in the home: npm run page. It lands beside its sources, where the agent
 * looks for it, so that a router needs none of the tools (ADR 0050).
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const page = (path: string) =>
  fileURLToPath(new URL(`../../cpe/control/page/${path}`, import.meta.url))

await build({
  entryPoints: { page: page('browser/main.tsx'), style: page('browser/page.css') },
  entryNames: '[name]',
  outdir: page('built'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'safari15.4'],
  tsconfig: page('browser/tsconfig.json'),
  logLevel: 'warning',
})
