/**
 * What a tunnel wants to know of each IP packet that it carries: whose it is, and what its sender asks for.
 * Read in place, without a view, because it is read for every packet; ip.ts has the patient reader.
 *
 *     hash   of addresses, protocol and ports; of fragments without the ports, so that all of a datagram
 *            have the same; of what goes and what comes back the same, so that both ends count a flow alike
 */
import { readUint32 } from './tunnel.ts'

/** Into the caller's. */
export interface FlowFacts {
  /** 32 bits. */
  hash: number
  version: 4 | 6
  /** DSCP and ECN as they stand in the header: the byte that was the type of service. */
  trafficClass: number
}

/** False: no IP packet that is whole in its `bytes`. */
export function readFlow(memory: Uint8Array, at: number, bytes: number, facts: FlowFacts): boolean {
  switch (bytes > 0 ? memory[at]! >> 4 : 0) {
    case 4:
      return readFlow4(memory, at, bytes, facts)
    case 6:
      return readFlow6(memory, at, bytes, facts)
    default:
      return false
  }
}

function readFlow4(memory: Uint8Array, at: number, bytes: number, facts: FlowFacts): boolean {
  if (bytes < IPV4_HEADER_BYTES) return false
  const headerBytes = (memory[at]! & 0x0f) * 4
  if (headerBytes < IPV4_HEADER_BYTES || headerBytes > bytes) return false
  if (((memory[at + 2]! << 8) | memory[at + 3]!) > bytes) return false
  facts.version = 4
  facts.trafficClass = memory[at + 1]!
  const protocol = memory[at + 9]!
  let source = mix(protocol, readUint32(memory, at + 12))
  let destination = mix(protocol, readUint32(memory, at + 16))
  // More fragments, or an offset.
  const isFragment = (memory[at + 6]! & 0x3f) !== 0 || memory[at + 7] !== 0
  if (!isFragment && hasPorts(protocol) && headerBytes + 4 <= bytes) {
    const ports = readUint32(memory, at + headerBytes)
    source = mix(source, ports >>> 16)
    destination = mix(destination, ports & 0xffff)
  }
  facts.hash = finish(source + destination)
  return true
}

/** An extension header hides the ports: then all of the two hosts' packets with one are one flow. */
function readFlow6(memory: Uint8Array, at: number, bytes: number, facts: FlowFacts): boolean {
  if (bytes < IPV6_HEADER_BYTES) return false
  if (IPV6_HEADER_BYTES + ((memory[at + 4]! << 8) | memory[at + 5]!) > bytes) return false
  facts.version = 6
  facts.trafficClass = ((memory[at]! << 4) & 0xf0) | (memory[at + 1]! >> 4)
  const protocol = memory[at + 6]!
  let source = protocol
  let destination = protocol
  for (let i = 8; i < 24; i += 4) {
    source = mix(source, readUint32(memory, at + i))
    destination = mix(destination, readUint32(memory, at + i + 16))
  }
  if (hasPorts(protocol) && IPV6_HEADER_BYTES + 4 <= bytes) {
    const ports = readUint32(memory, at + IPV6_HEADER_BYTES)
    source = mix(source, ports >>> 16)
    destination = mix(destination, ports & 0xffff)
  }
  facts.hash = finish(source + destination)
  return true
}

/** TCP, UDP, DCCP, SCTP, UDP-Lite: ports first. */
function hasPorts(protocol: number): boolean {
  return (
    protocol === 17 || protocol === 6 || protocol === 132 || protocol === 33 || protocol === 136
  )
}

/** Austin Appleby's murmur3 (public domain), a word at a time. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
