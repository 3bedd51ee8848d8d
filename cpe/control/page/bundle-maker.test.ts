/**
 * The thread, tar and all: what the page gives to whoever looks after the router.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BundleMaker } from './bundle-maker.ts'

test('a bundle names the home and the minute, holds no secret, and is made one at a time', async () => {
  await using home = new Home()
  const making = home.maker.make()
  assert.equal(home.maker.make(), undefined)
  const { name, bytes } = (await making) ?? assert.fail('none was begun')
  assert.equal(name, 'hybridge-line-4711-pop-3-20261126-2140.tar.gz')
  const all = execFileSync('tar', ['-xzO'], { input: bytes, encoding: 'utf8' })
  assert.match(all, /id: line:4711@pop-3/)
  assert.doesNotMatch(all, /5ec4e75e|open sesame/)
  // The next may be made as soon as this one is there.
  const next = home.maker.make()
  assert.ok(next !== undefined)
  await next
})

test('a bundle that cannot be made says why, and one that is under way ends with the page', async () => {
  const home = new Home()
  rmSync(home.file)
  await assert.rejects(home.maker.make() ?? Promise.resolve(), /Cannot read .*cpe\.yaml: ENOENT/)
  writeFileSync(home.file, 'subscriber: { id: x }\n')
  const making = home.maker.make() ?? assert.fail('none was begun')
  const ended = assert.rejects(making, /stopped/)
  await home[Symbol.asyncDispose]()
  await ended
})

class Home implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hybridge-bundle-'))
  readonly file = join(this.#folder, 'cpe.yaml')
  readonly maker = new BundleMaker(
    {
      stateDirectory: this.#folder,
      subscriber: { id: 'line:4711@pop-3', cookie: Uint8Array.of(1) },
    },
    this.file,
    () => Date.UTC(2026, 10, 26, 21, 40, 59),
  )

  constructor() {
    const secret = '5ec4e75e5ec4e75e5ec4e75e5ec4e75e'
    writeFileSync(
      this.file,
      `subscriber:\n  id: line:4711@pop-3\n  secret: ${secret}\npage:\n  password: open sesame 7\n`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.maker[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true })
  }
}
