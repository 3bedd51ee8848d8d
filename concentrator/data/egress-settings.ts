/**
 * What the data threads need to know about the door out, computed once: whose address is which, how many
 * ports this host has, and which TCP options its kernel puts into a SYN.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { egressAddress } from '../../shared/core/egress-address.ts'
import { readSysctl } from '../../shared/linux/sysctl.ts'
import { isIpv4, knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { TcpOptionKind } from '../../shared/wire/tcp-option.ts'
import type { EgressChoice } from '../subscribers/roll.ts'
import type { EgressSettings } from './room.ts'

export function egressSettings({ egress }: Pick<ConcentratorConfig, 'egress'>): EgressSettings {
  const pool = egress.addresses.map(knownAddress)
  const ofKernel = kernelOptions()
  const { multipathTcp } = TcpOptionKind
  return {
    addresses: pool.map((address) => encodeSockaddr6(address, 0)),
    portsMax: localPorts(),
    portsTaken: new SharedArrayBuffer(4 * pool.length),
    multipath: egress.multipath,
    honoured: egress.multipath === 'never' ? ofKernel : [...ofKernel, multipathTcp],
    //= https://www.rfc-editor.org/rfc/rfc8803#section-7.5
    //# A Transport Converter that supports Multipath TCP conversion service
    //# MUST advertise the Multipath TCP option (Kind=30) in the Supported TCP
    //# Extensions TLV.
    announced: [...ofKernel, multipathTcp],
  }
}

/** A home, and the addresses that its operator has given it, if any. */
interface Leaving {
  readonly id: string
  readonly egress: { readonly ipv4?: string | undefined; readonly ipv6?: string | undefined }
}

/** Whose address is which: for each home one of either family that the pool has, by its place there. */
export function egressChooser(addresses: readonly string[]): (home: Leaving) => EgressChoice {
  const pool = addresses.map(knownAddress)
  const ipv4 = chooserAmong(pool, isIpv4)
  const ipv6 = chooserAmong(pool, (address) => !isIpv4(address))
  const given = (address: string | undefined) =>
    address !== undefined && addresses.includes(address) ? addresses.indexOf(address) : undefined
  return ({ id, egress }) => ({
    ipv4: given(egress.ipv4) ?? ipv4(id),
    ipv6: given(egress.ipv6) ?? ipv6(id),
  })
}

function chooserAmong(
  pool: readonly Uint8Array[],
  belongs: (address: Uint8Array) => boolean,
): (subscriber: string) => number | undefined {
  const family = pool.filter(belongs)
  const places = family.map((address) => pool.indexOf(address))
  return (subscriber) => {
    const chosen = egressAddress(subscriber, family)
    return chosen === undefined ? undefined : places[chosen]
  }
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
//# It MUST include in the SYN that it sends to the Server the options
//# listed in the TCP Options subfield and the TCP options that it would
//# have used according to its local policies.
//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
//# For the TCP options that are included in the TCP Options field
//# without an optional value, the Transport Converter MUST generate its
//# own value.
/** What every SYN of this kernel carries and a home may name: both families obey net.ipv4. */
function kernelOptions(): number[] {
  const { sackPermitted, timestamps } = TcpOptionKind
  const kinds: number[] = []
  if (readSysctl('net/ipv4/tcp_sack') === '1') kinds.push(sackPermitted)
  if (readSysctl('net/ipv4/tcp_timestamps') !== '0') kinds.push(timestamps)
  return kinds
}

function localPorts(): number {
  const [low = 0, high = 0] = (readSysctl('net/ipv4/ip_local_port_range') ?? LINUX_RANGE)
    .split(/\s+/)
    .map(Number)
  return high - low + 1
}

const LINUX_RANGE = '32768 60999'
