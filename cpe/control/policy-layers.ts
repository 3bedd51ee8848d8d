/**
 * The two hands that write the home's policy: its own file, and on top of it what the concentrator has sent. What
 * was sent last is kept in `stateDirectory`, so that a home which starts without the concentrator is the home
 * it was.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type Policy, policyOf } from '../../shared/config/policy.ts'
import { overlaid, type PolicyDocument } from '../../shared/config/policy-document.ts'
import type { PolicyScope } from '../../shared/core/class-change.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import type { CpeLog } from './log.ts'
import type { LivePolicy } from './policy.ts'

export interface SentPolicy {
  readonly version: string
  readonly document: PolicyDocument
}

export class PolicyLayers {
  readonly #live: Pick<LivePolicy, 'apply'>
  readonly #directory: string
  readonly #log: Pick<CpeLog, 'info' | 'warn'>
  #own: Policy
  #sent: SentPolicy | undefined
  /** What was sent stands beside the file. */
  #fits = true

  /** Takes up what was kept, in a home that has sessions. */
  constructor(
    config: Policy & Pick<CpeConfig, 'concentrator' | 'stateDirectory'>,
    live: Pick<LivePolicy, 'apply'>,
    log: Pick<CpeLog, 'info' | 'warn'>,
  ) {
    const { concentrator, stateDirectory } = config
    this.#own = policyOf(config)
    this.#live = live
    this.#directory = stateDirectory
    this.#log = log
    const kept = concentrator.session === undefined ? undefined : this.#kept()
    if (kept === undefined) return
    const problem = this.#take(kept)
    if (problem !== undefined) log.warn('kept policy not applied', { why: problem })
  }

  /** The file has been read again. */
  apply(own: Policy, flows: PolicyScope): string[] {
    this.#own = policyOf(own)
    const document = this.#sent?.document ?? {}
    const read = overlaid(this.#own, document)
    this.#fits = read.kind === 'policy'
    if (read.kind === 'problem')
      this.#log.warn('policy of the concentrator does not fit', { why: read.why })
    return this.#live.apply(read.kind === 'policy' ? read.policy : own, flows)
  }

  /** The concentrator has sent one. What is wrong with it; undefined when it is applied. */
  send(sent: SentPolicy): string | undefined {
    // Each session that opens brings it again: that is no change, and the file may lie on flash.
    if (this.#fits && isDeepStrictEqual(sent, this.#sent)) return undefined
    const problem = this.#take(sent)
    if (problem === undefined) this.#keep(sent)
    return problem
  }

  #take(sent: SentPolicy): string | undefined {
    const read = overlaid(this.#own, sent.document)
    if (read.kind === 'problem') return read.why
    this.#sent = sent
    this.#fits = true
    const changed = this.#live.apply(read.policy, scopeOf(sent, read.policy))
    const { version } = sent
    this.#log.info('policy of the concentrator', { version, changed, ignored: read.ignored })
    return undefined
  }

  #kept(): SentPolicy | undefined {
    try {
      const kept = JSON.parse(readFileSync(this.#file, 'utf8')) as Partial<SentPolicy> | null
      const { version, document } = kept ?? {}
      const sound = typeof version === 'string' && typeof document === 'object' && document !== null
      return sound ? { version, document } : undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      this.#log.warn('kept policy not read', { why: String(error) })
      return undefined
    }
  }

  #keep(sent: SentPolicy): void {
    try {
      mkdirSync(this.#directory, { recursive: true })
      replaceFile(this.#file, `${JSON.stringify(sent)}\n`)
    } catch (error) {
      this.#log.warn('policy not kept', { why: String(error) })
    }
  }

  get #file(): string {
    return join(this.#directory, 'cpe-policy.json')
  }
}

/** What runs too, unless the document itself says whom it is for: an operator who sends one wants to see it. */
function scopeOf({ document }: SentPolicy, { classes }: Policy): PolicyScope {
  const said = document['classes']
  const names = typeof said === 'object' && said !== null && 'appliesTo' in said
  return names ? classes.appliesTo : 'all'
}
