/**
 * A real redis-server for a test: on a socket in a folder of its own, keeping nothing on disk unless told.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Why there is none, for a test to skip itself with. */
export function redisMissing(): string | false {
  const { error } = spawnSync('redis-server', ['--version'])
  return error === undefined ? false : 'there is no redis-server; npm run setup'
}

export class RedisServer implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'hybridge-redis-'))
  readonly socket = join(this.folder, 'redis.sock')
  #child: ChildProcess | undefined

  /** `options` as redis-server takes them. */
  async start(...options: readonly string[]): Promise<void> {
    const argv = ['--port', '0', '--unixsocket', this.socket, '--dir', this.folder, '--save', '']
    const child = spawn('redis-server', [...argv, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    for await (const line of createInterface(child.stdout)) {
      if (line.includes('ready to accept connections')) break
    }
    child.stdout.resume()
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
