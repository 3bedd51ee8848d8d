/**
 * The first packet of a LAN connection, as far as the house must know it.
 */
import { knownAddress } from '../../shared/wire/address.ts'
import { readDscp, readIp, readTcp, readUint16 } from '../../shared/wire/ip.ts'

export interface Syn {
  readonly destination: { readonly address: Uint8Array; readonly port: number }
  /** The LAN host: 16 bytes. */
  readonly source: Uint8Array
  /** RFC 2474: 0 to 63. */
  readonly dscp: number
  /** The same host, for counting. */
  readonly host: string
  /** Both ends: the same for a SYN that is sent again, and `flowKey` of its connection. */
  readonly key: string
}

/** `undefined` for what is no TCP packet, or not the whole of its headers. */
export function readSyn(packet: Uint8Array): Syn | undefined {
  const ip = readIp(packet)
  const tcp = ip && readTcp(packet, ip)
  if (ip === undefined || tcp === undefined) return undefined
  const source = address16(packet, ip.sourceAt, ip.addressBytes)
  const address = address16(packet, ip.destinationAt, ip.addressBytes)
  const port = readUint16(packet, tcp.at + 2)
  const from = { address: source, port: readUint16(packet, tcp.at) }
  return {
    destination: { address, port },
    source,
    dscp: readDscp(packet, ip),
    host: Buffer.from(source).toString('latin1'),
    key: flowKey(from, { address, port }),
  }
}

interface End {
  readonly address: Uint8Array
  readonly port: number
}

export function flowKey(from: End, to: End): string {
  const bytes = Buffer.allocUnsafe(2 * END_BYTES)
  bytes.set(from.address)
  bytes.writeUint16BE(from.port, ADDRESS_BYTES)
  bytes.set(to.address, END_BYTES)
  bytes.writeUint16BE(to.port, END_BYTES + ADDRESS_BYTES)
  return bytes.toString('latin1')
}

/** A copy; IPv4 as ::ffff:a.b.c.d. */
function address16(packet: Uint8Array, at: number, bytes: number): Uint8Array {
  const address = Uint8Array.from(MAPPED)
  address.set(packet.subarray(at, at + bytes), ADDRESS_BYTES - bytes)
  return address
}

const MAPPED = knownAddress('::ffff:0.0.0.0')
const ADDRESS_BYTES = 16
const END_BYTES = ADDRESS_BYTES + 2
