/**
 * The house as its own tests read it: which files there are, and what they say.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export const ROOMS = ['cpe', 'concentrator', 'shared', 'cli', 'deploy'] as const

/** Paths from the top of the repository. */
export function filesUnder(folder: string): string[] {
  return readdirSync(join(TOP, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(TOP.length))
    .sort()
}

/** What runs in production: no tests, fakes, benches or fuzzers. */
export function isProduct(file: string): boolean {
  return /\.tsx?$/.test(file) && !/\.(test|fake|bench|fuzz)\.ts$/.test(file)
}

export function textOf(file: string): string {
  return readFileSync(join(TOP, file), 'utf8')
}

/** `text` without comments. Cuts strings that hold two slashes, too: good enough to look for words. */
export function codeOf(file: string): string {
  return textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}

/** What `file` imports, in whatever form: packages by name, files by their path from the top. */
export function importsOf(file: string): string[] {
  const code = codeOf(file)
  const here = (specifier: string) => normalize(join(dirname(file), specifier))
  return [
    ...specifiers(code, IMPORT).map((name) => (name.startsWith('.') ? here(name) : name)),
    // A URL beside the file, with or without a dot: workers are started from one.
    ...specifiers(code, URL_BESIDE).map(here),
  ]
}

function specifiers(code: string, pattern: RegExp): string[] {
  return [...code.matchAll(pattern)].map(([, specifier = '']) => specifier)
}

const TOP = new URL('../', import.meta.url).pathname
const IMPORT = /(?:\bfrom |\bimport |\bimport\(|\bmeta\.resolve\()\s*'([^']+)'/g
const URL_BESIDE = /\bnew URL\(\s*'([^':]+)',\s*import\.meta\.url/g
