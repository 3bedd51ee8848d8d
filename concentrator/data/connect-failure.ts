/**
 * What a connect to a server that failed means in Convert's words, and whether it is worth another try.
 * (RFC 8803 section 6.2.8; ADR 0013)
 */
import { isSoft } from '../../shared/core/soft-error.ts'
import {
  EACCES,
  ECONNREFUSED,
  ECONNRESET,
  EMFILE,
  ENETUNREACH,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOPROTOOPT,
  EPERM,
  EPROTO,
} from '../../shared/linux/kernel.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import type { ConvertFailure } from '../../shared/wire/convert-failure.ts'
import type { IcmpError } from '../../shared/wire/extended-error.ts'

export interface FailedConnect {
  /** A positive errno; 0 when only the error queue spoke. */
  readonly errno: number
  /** What the error queue held: never anything on MPTCP. */
  readonly icmp: IcmpError | undefined
  readonly server: Uint8Array
}

export interface Verdict {
  readonly failure: ConvertFailure
  /** Another try may go better. */
  readonly soft: boolean
}

/** A connect that was under way, and that the network ended. */
export function judgeFailure({ errno, icmp, server }: FailedConnect): Verdict {
  if (icmp !== undefined) return { failure: unreachable(icmp.code), soft: isSoft(icmp) }
  switch (errno) {
    case ECONNREFUSED:
    case ECONNRESET:
      return { failure: { code: ConvertError.connectionReset }, soft: false }
    // From here on without the ICMP error itself, as MPTCP has it: the kernel's own table read backwards.
    case ENETUNREACH:
      return { failure: NETWORK_UNREACHABLE, soft: true }
    case EPROTO:
      return { failure: unreachable(ICMP_PARAMETER_PROBLEM_AT), soft: true }
    case ENOPROTOOPT:
      return { failure: unreachable(ICMP_PROTOCOL_UNREACHABLE), soft: false }
    case EACCES:
      return {
        failure: unreachable(isIpv4(server) ? ICMP_PROHIBITED : ICMP6_PROHIBITED),
        soft: false,
      }
    default:
      return { failure: hostUnreachable(server), soft: true }
  }
}

/** A connect that this host itself refused to begin; its `addressless` case is the caller's to tell. */
export function localFailure(errno: number, server: Uint8Array): ConvertFailure {
  switch (errno) {
    case ENETUNREACH:
      return NETWORK_UNREACHABLE
    case EACCES:
    case EPERM:
      return { code: ConvertError.notAuthorized }
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return MEMORY_EXHAUSTED
    default:
      return hostUnreachable(server)
  }
}

function unreachable(icmpCode: number): ConvertFailure {
  return { code: ConvertError.destinationUnreachable, icmpCode }
}

const MEMORY_WAIT_S = 30
const NETWORK_WAIT_S = 30
const ICMP_HOST_UNREACHABLE = 1
const ICMP6_ADDRESS_UNREACHABLE = 3
const ICMP_PROTOCOL_UNREACHABLE = 2
const ICMP_PROHIBITED = 13
const ICMP6_PROHIBITED = 1
const ICMP_PARAMETER_PROBLEM_AT = 0

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
//# The Transport Converter MUST send this error code when it experiences
//# forwarding issues to proxy a connection.
/** This host has lost its own way to the Internet: homes do better without it for a while. */
export const NETWORK_FAILURE: ConvertFailure = {
  code: ConvertError.networkFailure,
  waitS: NETWORK_WAIT_S,
}
/** A host that has no way, or no address of that family, to begin from. */
export const NETWORK_UNREACHABLE = unreachable(0)
/** Silence until the time is up. (Not Network Failure: that would end the home's use of us.) */
export function hostUnreachable(server: Uint8Array): ConvertFailure {
  return unreachable(isIpv4(server) ? ICMP_HOST_UNREACHABLE : ICMP6_ADDRESS_UNREACHABLE)
}

/** This host has no room for another connection. */
export const MEMORY_EXHAUSTED: ConvertFailure = {
  code: ConvertError.resourceExceeded,
  waitS: MEMORY_WAIT_S,
}
/** Every port of the address it would leave from is taken; connections end all the time. */
export const PORTS_EXHAUSTED: ConvertFailure = { code: ConvertError.resourceExceeded, waitS: 5 }
