/**
 * The class of what enters the tunnel, and so the manner in which it is carried (core/manner.ts): by the same rules
 * as connections. What a packet does not say any more, for the router has translated it to the tunnel's address,
 * connection tracking knows: who in the LAN has begun its flow. Asked for when a rule wants to know.
 */
import type { Policy } from '../../shared/config/policy.ts'
import type { HardwareAddress, Traffic } from '../../shared/core/class-rules.ts'
import { type Manner, mannerOfClass, UNSAID } from '../../shared/core/manner.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { originalSource } from '../../shared/linux/original-source.ts'
import { IpProtocol, readDscp, readIp, readUint16 } from '../../shared/wire/ip.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import { mapped } from '../../shared/wire/rtnetlink.ts'
import { Classifier } from './classifier.ts'

export class DatagramClasses {
  readonly #classifier: Classifier
  #classes: Policy['classes']
  /** Of the flows of late, by hash, so that two which share a slot of the session are asked about once each. */
  readonly #hashes = new Uint32Array(FLOWS_KNOWN)
  readonly #manners = new Uint8Array(FLOWS_KNOWN)
  #netfilter: NetlinkSocket | undefined

  /** `lan`: the interfaces that the home's hosts are behind. */
  constructor(classes: Policy['classes'], lan: readonly string[]) {
    this.#classes = classes
    this.#classifier = new Classifier(classes, lan)
  }

  /** Judge by these from now on, whatever was judged before. */
  adopt(classes: Policy['classes']): void {
    this.#classes = classes
    this.#classifier.adopt(classes)
    this.#manners.fill(UNSAID)
  }

  /** Of the flow of this hash, which the packet is of. */
  readonly mannerOf = (hash: number, packet: Uint8Array, at: number, bytes: number): Manner => {
    const cell = (hash >>> CELL_SHIFT) % FLOWS_KNOWN
    if (this.#manners[cell] === UNSAID || this.#hashes[cell] !== hash) {
      this.#hashes[cell] = hash
      this.#manners[cell] = this.#judge(packet.subarray(at, at + bytes))
    }
    return this.#manners[cell]!
  };

  [Symbol.dispose](): void {
    this.#classifier[Symbol.dispose]()
    this.#netfilter?.[Symbol.dispose]()
  }

  #judge(packet: Uint8Array): Manner {
    const traffic = readTraffic(packet, this.#sourceOf, this.#classifier.hardwareOf)
    const serviceClass =
      traffic === undefined ? this.#classes.default : this.#classifier.classOf(traffic)
    return mannerOfClass(serviceClass, this.#classes.schedulers)
  }

  readonly #sourceOf = (protocol: number, from: Endpoint, to: Endpoint) => {
    this.#netfilter ??= new NetlinkSocket(Netlink.netfilter)
    return originalSource(this.#netfilter, protocol, from, to)
  }
}

/** What the rules may ask about a packet; undefined for what is no IP. */
function readTraffic(
  packet: Uint8Array,
  sourceOf: (protocol: number, from: Endpoint, to: Endpoint) => Uint8Array | undefined,
  hardwareOf: (address: Uint8Array) => HardwareAddress | undefined,
): Traffic | undefined {
  const ip = readIp(packet)
  if (ip === undefined) return undefined
  const { protocol, sourceAt, destinationAt, addressBytes, payloadAt } = ip
  const hasPorts =
    (protocol === IpProtocol.udp || protocol === IpProtocol.tcp) &&
    !ip.isLaterFragment &&
    payloadAt + 4 <= ip.end
  const endpoint = (at: number, portAt: number): Endpoint | undefined => {
    const address = mapped(packet.slice(at, at + addressBytes))
    return address && { address, port: hasPorts ? readUint16(packet, portAt) : NO_PORT }
  }
  const from = endpoint(sourceAt, payloadAt)
  const destination = endpoint(destinationAt, payloadAt + 2)
  if (from === undefined || destination === undefined) return undefined
  const source = lazily(() => (hasPorts ? sourceOf(protocol, from, destination) : undefined))
  return {
    protocol: PROTOCOL_NAMES.get(protocol) ?? 'other',
    destination,
    dscp: readDscp(packet, ip),
    get source() {
      return source()
    },
    get hardware() {
      const address = source()
      return address && hardwareOf(address)
    },
  }
}

/** Made when it is first asked for. */
function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const PROTOCOL_NAMES: ReadonlyMap<number, 'tcp' | 'udp'> = new Map([
  [IpProtocol.tcp, 'tcp'],
  [IpProtocol.udp, 'udp'],
])
/** No rule can name it. */
const NO_PORT = 0
const FLOWS_KNOWN = 4_096
/** The low bits are the session's slot, which two of them may share. */
const CELL_SHIFT = 10
