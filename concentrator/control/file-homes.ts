/**
 * Who the homes are, as far as control sessions want to know, and what policy each shall have.
 */
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { PolicyDocument } from '../../shared/config/policy-document.ts'
import { LEGS } from '../../shared/core/leg.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import { controlSecret } from '../../shared/tunnel/keys.ts'
import type { Prefix } from '../../shared/wire/address.ts'

export interface Home {
  /** Its place in the list: what the data threads call it. */
  readonly number: number
  readonly id: string
  readonly verifier: Uint8Array
  /** Where it may come from; empty where that was not said. */
  readonly prefixes: readonly Prefix[]
  /** Undefined where it has its own alone. */
  readonly policy: VersionedPolicy | undefined
}

export interface VersionedPolicy {
  /** Another document has another. */
  readonly version: string
  readonly document: PolicyDocument
}

/** The homes of the configuration file. */
export class FileHomes {
  readonly #homes = new Map<string, Home>()

  constructor(subscribers: ConcentratorConfig['subscribers']) {
    for (const [number, subscriber] of subscribers.entries()) {
      const { id, policy, prefixes } = subscriber
      this.#homes.set(id, {
        number,
        id,
        verifier: verifierOf(subscriber),
        prefixes: LEGS.flatMap((leg) => prefixes[leg]),
        policy: versioned(policy),
      })
    }
  }

  byId(id: string): Home | undefined {
    return this.#homes.get(id)
  }

  /**
   * Take the policies from a file that was read again. The ids of homes whose policy is another now; who has
   * come or gone is known after a restart.
   */
  adopt(subscribers: ConcentratorConfig['subscribers']): string[] {
    const changed: string[] = []
    for (const { id, policy } of subscribers) {
      const home = this.#homes.get(id)
      const next = versioned(policy)
      if (home === undefined || isDeepStrictEqual(home.policy, next)) continue
      // A policy that was taken away must be told to whoever has it.
      this.#homes.set(id, { ...home, policy: next ?? versionOf({}) })
      changed.push(id)
    }
    return changed
  }
}

function versioned(document: PolicyDocument): VersionedPolicy | undefined {
  return Object.keys(document).length === 0 ? undefined : versionOf(document)
}

function versionOf(document: PolicyDocument): VersionedPolicy {
  return { version: hash('sha256', JSON.stringify(document)).slice(0, VERSION_DIGITS), document }
}

function verifierOf(subscriber: ConcentratorConfig['subscribers'][number]): Uint8Array {
  const { cookie, secret, verifier } = subscriber
  return verifier ?? credentialOf(secret ?? controlSecret(cookie)).verifier
}

const VERSION_DIGITS = 16
