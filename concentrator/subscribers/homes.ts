/**
 * Homes, plans, and what policy follows from them: memory alone. store.ts fills it from the keeper.
 */
import { hash } from 'node:crypto'
import {
  mergeLayers,
  type OperatorPolicy,
  type PolicyLayer,
  readPolicy,
} from '../../shared/config/home-policy.ts'
import type { JsonObject } from './keeper.ts'
import {
  DEFAULT_PLAN,
  isInTrial,
  openedPlain,
  type PlanBody,
  planBody,
  type SubscriberBody,
  subscriberBody,
  type Verifier,
} from './records.ts'
import { isPlain, type Vault } from './vault.ts'

/** A home of the configuration file: who it is stands there, and cannot be changed here. */
export interface FileHome {
  readonly id: string
  readonly verifier: Verifier
  readonly prefixes: SubscriberBody['prefixes']
  readonly acl: SubscriberBody['acl']
}

export interface Home extends Omit<SubscriberBody, 'verifier'> {
  readonly id: string
  /** 0 where the keeper has no record of it. */
  readonly version: number
  readonly source: 'file' | 'keeper'
  readonly verifier: Verifier
  /** As it was written; nothing where the keeper has no record. */
  readonly body: JsonObject
}

export interface Plan extends PlanBody {
  readonly id: string
  readonly version: number
  readonly body: JsonObject
}

export interface NamedLayer {
  /** For people. */
  readonly from: string
  readonly policy: PolicyLayer
}

/** What applies to a home now. */
export interface EffectivePolicy {
  readonly policy: OperatorPolicy
  /** Every key said. */
  readonly document: PolicyLayer
  /** What the layers name, and no more: the rest is the home's own to say. */
  readonly said: PolicyLayer
  /** Another whenever the document is another. */
  readonly revision: string
  /** Layers that were left out, for together they contradict each other. */
  readonly problems: readonly string[]
}

export interface Changed {
  readonly kind: 'subscriber' | 'plan'
  readonly id: string
}

export class Homes {
  readonly #vault: Vault | undefined
  readonly #fileHomes: ReadonlyMap<string, FileHome>
  readonly #homes = new Map<string, Home>()
  readonly #plans = new Map<string, Plan>()
  /** By the hash of the cookie. */
  readonly #owners = new Map<string, string>()
  /** By the hash of a code for enrolment. */
  readonly #codes = new Map<string, string>()
  /** By what the layers say: most homes have the same. */
  readonly #policies = new Map<string, EffectivePolicy>()
  /** What lies on top of a home's own layer while its session lasts, by its id. */
  readonly #overrides = new Map<string, readonly NamedLayer[]>()
  #sorted: readonly string[] | undefined

  /** Without a vault records are neither sealed nor opened. */
  constructor(fileHomes: readonly FileHome[], vault?: Vault) {
    this.#vault = vault
    this.#fileHomes = new Map(fileHomes.map((home) => [home.id, home]))
    this.forget()
  }

  /** As it was before anything was read from the keeper. */
  forget(): void {
    this.#homes.clear()
    this.#owners.clear()
    this.#codes.clear()
    this.#plans.clear()
    this.#sorted = undefined
    for (const id of this.#fileHomes.keys()) this.setHome(id, 0, undefined)
  }

  home(id: string): Home | undefined {
    return this.#homes.get(id)
  }

  plan(id: string): Plan | undefined {
    return this.#plans.get(id)
  }

  plans(): Plan[] {
    return [...this.#plans.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** In order. */
  get ids(): readonly string[] {
    this.#sorted ??= [...this.#homes.keys()].sort()
    return this.#sorted
  }

  /** Whose cookie has this hash. */
  ownerOf(hash: string): string | undefined {
    return this.#owners.get(hash)
  }

  /** What a code is kept as; undefined where codes cannot be kept. */
  codeHash(code: string): string | undefined {
    return this.#vault?.codeHash(code)
  }

  /** The home that a code is for, be it spent or too old. */
  homeOfCode(code: string): Home | undefined {
    const id = this.#codes.get(this.codeHash(code) ?? '')
    return id === undefined ? undefined : this.#homes.get(id)
  }

  isOfFile(id: string): boolean {
    return this.#fileHomes.has(id)
  }

  /** `body` is undefined where the record is gone. Answers what is wrong with it; then nothing changes. */
  setHome(id: string, version: number, body: JsonObject | undefined): string | undefined {
    const ofFile = this.#fileHomes.get(id)
    const before = this.#homes.get(id)
    const oldCode = before?.enrolment?.hash
    if (oldCode !== undefined && this.#codes.get(oldCode) === id) this.#codes.delete(oldCode)
    if (body === undefined && ofFile === undefined) {
      if (before !== undefined) this.#owners.delete(before.verifier.hash)
      this.#homes.delete(id)
      this.#sorted = undefined
      return undefined
    }
    const parsed = subscriberBody.safeParse(body ?? {})
    if (!parsed.success) return parsed.error.issues[0]?.message ?? 'is no record of a home'
    const verifier = ofFile?.verifier ?? this.#opened(id, parsed.data.verifier)
    if (verifier === undefined)
      return 'has no credential, and the configuration file does not know it'
    if (typeof verifier === 'string') return `its credential ${verifier}`
    const owner = this.#owners.get(verifier.hash)
    if (owner !== undefined && owner !== id) return `has the cookie of ${owner}`
    if (before === undefined) this.#sorted = undefined
    else this.#owners.delete(before.verifier.hash)
    this.#owners.set(verifier.hash, id)
    if (parsed.data.enrolment !== undefined) this.#codes.set(parsed.data.enrolment.hash, id)
    this.#homes.set(id, {
      ...parsed.data,
      ...(ofFile && { prefixes: ofFile.prefixes, acl: ofFile.acl }),
      id,
      version,
      source: ofFile === undefined ? 'keeper' : 'file',
      verifier,
      body: body ?? {},
    })
    return undefined
  }

  /** What is to be kept of a credential. */
  kept(id: string, verifier: Verifier): JsonObject {
    return this.#vault?.seal(id, verifier) ?? { ...verifier }
  }

  /** Homes whose record is not sealed yet, with what it shall be. */
  *unsealed(): Generator<{ readonly home: Home; readonly body: JsonObject }> {
    if (this.#vault === undefined) return
    for (const home of this.#homes.values()) {
      const { verifier } = subscriberBody.parse(home.body)
      if (verifier === undefined || !isPlain(verifier)) continue
      const kept = this.kept(home.id, openedPlain(verifier))
      yield { home, body: { ...home.body, verifier: kept } }
    }
  }

  #opened(id: string, kept: SubscriberBody['verifier']): Verifier | string | undefined {
    if (kept === undefined) return undefined
    if (isPlain(kept)) return openedPlain(kept)
    return this.#vault?.open(id, kept) ?? 'is sealed'
  }

  setPlan(id: string, version: number, body: JsonObject | undefined): string | undefined {
    if (body === undefined) {
      this.#plans.delete(id)
      return undefined
    }
    const parsed = planBody.safeParse(body)
    if (!parsed.success) return parsed.error.issues[0]?.message ?? 'is no record of a plan'
    this.#plans.set(id, { ...parsed.data, id, version, body })
    return undefined
  }

  /** The layers of a home, the weakest first; `changed` stands for the plans as they would be. */
  layersOf(
    { id, plan, policy }: Pick<Home, 'id' | 'plan' | 'policy'>,
    changed: ReadonlyMap<string, PlanBody> = NONE,
  ): NamedLayer[] {
    const plans =
      plan === undefined || plan === DEFAULT_PLAN ? [DEFAULT_PLAN] : [DEFAULT_PLAN, plan]
    const layers = plans.flatMap((name) => {
      const body = changed.get(name) ?? this.#plans.get(name)
      if (body === undefined) return []
      const { trial } = body
      const isTried = trial !== undefined && isInTrial(name, id, trial.percent)
      const own = { from: `plan ${name}`, policy: body.policy }
      return isTried ? [own, { from: `trial of ${name}`, policy: trial.policy }] : [own]
    })
    return [...layers, { from: 'subscriber', policy }, ...(this.#overrides.get(id) ?? [])]
  }

  /** In place of what lay there; none takes it away. False when none lay there anyway. */
  override(id: string, layers: readonly NamedLayer[]): boolean {
    if (layers.length === 0) return this.#overrides.delete(id)
    this.#overrides.set(id, layers)
    return true
  }

  policyOf(id: string): EffectivePolicy | undefined {
    const home = this.#homes.get(id)
    return home === undefined ? undefined : this.policyFrom(this.layersOf(home))
  }

  policyFrom(named: readonly NamedLayer[]): EffectivePolicy {
    const layers = named.map(({ policy }) => policy)
    const key = JSON.stringify(layers)
    const known = this.#policies.get(key)
    if (known !== undefined) return known
    const policy = effective(layers)
    if (this.#policies.size >= POLICIES_MAX) this.#policies.clear()
    this.#policies.set(key, policy)
    return policy
  }
}

/** A home goes on with the layers that agree: the strongest is left out first. */
function effective(layers: readonly PolicyLayer[]): EffectivePolicy {
  const read = readPolicy(layers)
  if (read.kind === 'problems')
    return { ...effective(layers.slice(0, -1)), problems: read.problems }
  const { policy, document } = read
  const revision = hash('sha256', JSON.stringify(document), 'hex').slice(0, REVISION_CHARACTERS)
  return { policy, document, said: layers.reduce(mergeLayers, {}), revision, problems: [] }
}

/** Rows of what the data threads count (tallies.ts): 4 MiB. */
export const HOMES_MAX = 65_536
const NONE: ReadonlyMap<string, PlanBody> = new Map()
const POLICIES_MAX = 4_096
const REVISION_CHARACTERS = 12
