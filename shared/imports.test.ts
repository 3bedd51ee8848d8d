/**
 * The law of the house: who may import whom. A folder may import itself and what its line names.
 *
 * `cpe` and `concentrator` meet only on the wire, so neither stands in the other's line. Adding a
 * package to a line is a decision: CONTRIBUTING says how it is made.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, filesUnder, importsOf, isProduct, ROOMS } from './sources.fake.ts'

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'shared/core': ['shared/wire/'],
  'shared/wire': [],
  'shared/config': ['shared/core/', 'shared/wire/', 'shared/session/', 'node:fs', 'zod', 'yaml'],
  'shared/session': ['shared/wire/', 'node:'],
  // Its support bundle leaves out what nobody may read.
  'shared/daemon': [
    'shared/core/redaction.ts',
    'node:',
    'pino',
    'commander',
    'prom-client',
    'package.json',
  ],
  'shared/linux': ['shared/wire/', 'node:', 'koffi'],
  'shared/relay': ['shared/linux/', 'shared/wire/', 'shared/core/', 'node:'],
  'shared/tunnel': ['shared/linux/', 'shared/wire/', 'shared/core/', 'node:'],
  // fastify and preact: its page for the home.
  cpe: ['shared/', 'node:', 'fastify', 'preact'],
  concentrator: [
    'shared/',
    'node:',
    'zod',
    // Its records, where several share them.
    'ioredis',
    // Its API.
    'fastify',
    'fastify-type-provider-zod',
    '@fastify/swagger',
    '@fastify/swagger-ui',
  ],
  // Asks from outside, as a client of another make would: it knows neither daemon.
  // But a store is moved by the program that knows how it is kept, in a process of its own.
  cli: ['shared/', 'concentrator/migrate-store.ts', 'node:', 'commander'],
  deploy: [
    'shared/',
    'cpe/control/metrics.ts',
    'concentrator/control/metrics.ts',
    // A process of its own, which a bench scrapes.
    'concentrator/control/home-series.bench.ts',
    'node:',
    'commander',
    'yaml',
    'zod',
    // Builds the page, and looks at it.
    'esbuild',
    'playwright-core',
    'cpe/control/page/page-state.ts',
    // Its dashboards.
    '@grafana/grafana-foundation-sdk',
  ],
}

/** The two doors to foreign functions: the kernel's, and OpenSSL's. */
const KOFFI_AT = ['shared/linux/libc.ts', 'shared/linux/evp.ts']

/** Where decisions and bytes are pure: no clock, no chance, no world. */
const PURE = ['shared/core', 'shared/wire']
const IMPURE =
  /\b(Date\.now|new Date\(\)|performance\.|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|process\.|console\.|fetch\(|globalThis|await|async)/

for (const [folder, line] of Object.entries(MAY_IMPORT)) {
  test(`${folder} imports only what it may`, () => {
    for (const file of productUnder(folder)) {
      for (const imported of importsOf(file)) {
        assert.ok(
          [`${folder}/`, ...line].some((allowed) => matches(imported, allowed)),
          `${file} imports ${imported}, but ${folder} may import only itself and ${line.join(', ') || 'nothing else'}`,
        )
      }
    }
  })
}

test('every source file stands in a folder that has a line in the law', () => {
  for (const file of ROOMS.flatMap(productUnder)) {
    const folders = Object.keys(MAY_IMPORT)
    assert.ok(
      folders.some((folder) => file.startsWith(`${folder}/`)),
      `${file} stands in none of ${folders.join(', ')}`,
    )
  }
})

test(`koffi is imported by ${KOFFI_AT.join(' and ')} alone`, () => {
  for (const file of ROOMS.flatMap(filesUnder).filter((name) => name.endsWith('.ts'))) {
    if (KOFFI_AT.includes(file)) continue
    assert.ok(
      !importsOf(file).includes('koffi'),
      `${file} imports koffi, but foreign functions stand in ${KOFFI_AT.join(' and ')} only`,
    )
  }
})

test('neither daemon imports a test, a fake, a bench or a fuzzer', () => {
  for (const file of ['cpe', 'concentrator', 'shared'].flatMap(productUnder)) {
    for (const imported of importsOf(file)) {
      assert.doesNotMatch(imported, /\.(test|fake|bench|fuzz)\.ts$/, `${file} imports ${imported}`)
    }
  }
})

for (const folder of PURE) {
  test(`${folder} has no clock, no chance and no world`, () => {
    for (const file of productUnder(folder)) {
      const [found] = IMPURE.exec(codeOf(file)) ?? []
      assert.equal(found, undefined, `${file} says ${found}, but ${folder} is pure`)
    }
  })
}

test('the law sees every form of import, and none in a comment', () => {
  const file = 'shared/imports.test.ts'
  assert.ok(importsOf(file).includes('shared/sources.fake.ts'))
  assert.ok(importsOf('shared/linux/libc.ts').includes('koffi'))
  // import { x } from 'a-comment'
  assert.ok(!importsOf(file).includes('a-comment'))
})

/** A folder by its prefix, a package by its name or anything in it. */
function matches(imported: string, allowed: string): boolean {
  if (allowed.endsWith('/') || allowed.endsWith(':')) return imported.startsWith(allowed)
  return imported === allowed || imported.startsWith(`${allowed}/`)
}

function productUnder(folder: string): string[] {
  return filesUnder(folder).filter(isProduct)
}
