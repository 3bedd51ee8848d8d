import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleTexts } from './support-bundle.ts'

test('no secret of the configuration and no host of the LAN is in the bundle; what is needed is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hybridge-bundle-'))
  const config = join(folder, 'cpe.yaml')
  const log = join(folder, 'cpe.log')
  writeFileSync(
    config,
    "subscriber: { id: home-1, secret: '5ec4e75e5ec4e75e5ec4e75e5ec4e75e' }\nconcentrator: { addresses: [192.0.2.10] }\n",
  )
  writeFileSync(
    log,
    `${'{"msg":"filler"}\n'.repeat(100_000)}{"msg":"leg down","host":"192.168.7.23","mac":"52:54:00:aa:bb:cc","to":"192.0.2.10","why":"5ec4e75e5ec4e75e5ec4e75e5ec4e75e"}\n`,
  )
  const parts = await bundleTexts({ config, log }, UNTIMED)
  rmSync(folder, { recursive: true })
  const all = [...parts.values()].join('\n')
  assert.doesNotMatch(all, /5ec4e75e|192\.168\.7\.23|52:54:00:aa:bb:cc/)
  assert.match(parts.get('log') ?? '', /"leg down","host":"\(ipv4-\d+\)".*"to":"192\.0\.2\.10"/)
  assert.ok((parts.get('log')?.length ?? 0) < 1_100_000)
  for (const name of [
    'configuration',
    'kernel',
    'routes',
    'nftables',
    'sockets',
    'mptcp-counters',
  ]) {
    assert.ok(parts.has(name), name)
  }
})

test('a line that the cut would halve is left out: half a secret is not known for one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hybridge-bundle-'))
  const config = join(folder, 'cpe.yaml')
  const log = join(folder, 'cpe.log')
  writeFileSync(config, 'page: { password: correct horse battery staple }\n')
  // The cut falls behind the first word of the password.
  const kept = 'horse battery staple"}\n'
  writeFileSync(log, `{"why":"correct ${kept}${'x'.repeat(PART_CHARACTERS - kept.length)}`)
  const parts = await bundleTexts({ config, log }, UNTIMED)
  rmSync(folder, { recursive: true })
  assert.doesNotMatch([...parts.values()].join('\n'), /horse|battery/)
})

const UNTIMED = new AbortController().signal
/** As support-bundle.ts has it. */
const PART_CHARACTERS = 1_048_576
