/**
 * Who the home is by the code in its file, and its secret: kept in `stateDirectory`, for the code is good once (ADR 0046).
 * The secret is kept before the concentrator hears of it, so that a home which dies in between comes again as the same.
 */
import { hash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../shared/linux/whole-file.ts'

export class EnrolledHome {
  readonly #directory: string
  readonly #codeHash: string

  constructor(directory: string, code: string) {
    this.#directory = directory
    this.#codeHash = hash('sha256', code, 'hex')
  }

  /** Undefined until the concentrator has said who it is. Throws where the file cannot be read. */
  get known(): { readonly id: string; readonly secret: string } | undefined {
    const { id, secret } = this.#kept() ?? {}
    return id === undefined || secret === undefined ? undefined : { id, secret }
  }

  /** The secret that this home comes with, made and kept when there is none yet. */
  secret(): Uint8Array {
    const kept = this.#kept()?.secret
    if (kept !== undefined) return Buffer.from(kept, 'hex')
    const secret = randomBytes(SECRET_BYTES)
    this.#keep({ code: this.#codeHash, secret: secret.toString('hex') })
    return secret
  }

  is(id: string): void {
    const kept = this.#kept()
    if (kept !== undefined) this.#keep({ ...kept, id })
  }

  /** Of this code: another code is another home. */
  #kept(): Kept | undefined {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const kept = keptFrom(text)
    if (kept !== undefined) return kept.code === this.#codeHash ? kept : undefined
    const help = 'put it back, or remove it and enrol anew'
    throw new Error(`Cannot read ${this.#file}: it is damaged; ${help}`)
  }

  #keep(what: Kept): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    replaceFile(this.#file, `${JSON.stringify(what)}\n`, 0o600)
  }

  get #file(): string {
    return join(this.#directory, 'enrolled.json')
  }
}

interface Kept {
  /** SHA-256 of the code, spent or not. */
  readonly code: string
  readonly secret: string
  readonly id?: string
}

function keptFrom(text: string): Kept | undefined {
  try {
    const { code, secret, id } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (typeof code !== 'string' || typeof secret !== 'string') return undefined
    if (!/^[0-9a-f]{64}$/.test(secret)) return undefined
    return { code, secret, ...(typeof id === 'string' && { id }) }
  } catch {
    return undefined
  }
}

const SECRET_BYTES = 32
