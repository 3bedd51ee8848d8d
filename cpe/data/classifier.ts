/**
 * ② The class of a LAN connection, by the rules as they are now. What only the kernel knows it is asked for: who
 * has an address of the LAN, and whether a resolver has told an address for one of the names in a rule. It
 * answers within microseconds, from its own tables; nobody is waited for (ADR 0024).
 */
import type { ClassPolicy, HardwareAddress, Traffic } from '../../shared/core/class-rules.ts'
import { type Carry, classOf, ruleOf } from '../../shared/core/class-rules.ts'
import type { ServiceClass } from '../../shared/core/service-class.ts'
import { readLink } from '../../shared/linux/links.ts'
import { isInSet } from '../../shared/linux/named-sets.ts'
import { readNeighbour } from '../../shared/linux/neighbours.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { NAMES_TABLE, nameSet } from './names.ts'
import { hardwareText } from './traffic.ts'

/** What the rules say of a connection that has not begun. */
export interface Judged {
  readonly serviceClass: ServiceClass
  readonly carry: Carry
}

export class Classifier {
  readonly #lan: readonly string[]
  #policy: ClassPolicy
  #route: NetlinkSocket | undefined
  #netfilter: NetlinkSocket | undefined

  /** `lan`: the interfaces that the home's hosts are behind. */
  constructor(policy: ClassPolicy, lan: readonly string[]) {
    this.#policy = policy
    this.#lan = lan
  }

  /** Judge by these rules from now on. */
  adopt(policy: ClassPolicy): void {
    this.#policy = policy
  }

  classOf(traffic: Traffic): ServiceClass {
    return classOf(this.#policy, traffic, this.#isNamed)
  }

  /** The same of a connection that has not begun, and how it is to be carried. */
  judge(traffic: Traffic): Judged {
    const rule = ruleOf(this.#policy, traffic, this.#isNamed)
    return { serviceClass: rule?.class ?? this.#policy.default, carry: rule?.carry ?? 'mptcp' }
  }

  readonly hardwareOf = (address: Uint8Array): HardwareAddress | undefined => {
    this.#route ??= new NetlinkSocket(Netlink.route)
    for (const name of this.#lan) {
      const link = readLink(this.#route, name)
      const hardware = link && readNeighbour(this.#route, link.index, address)
      if (hardware !== undefined) return hardwareText(hardware)
    }
    return undefined
  }

  readonly #isNamed = (set: string, address: Uint8Array): boolean => {
    this.#netfilter ??= new NetlinkSocket(Netlink.netfilter)
    return isInSet(this.#netfilter, NAMES_TABLE, nameSet(set, address), address)
  };

  [Symbol.dispose](): void {
    this.#route?.[Symbol.dispose]()
    this.#netfilter?.[Symbol.dispose]()
  }
}
