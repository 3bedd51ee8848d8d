/**
 * Whether this subscriber may reach that server through us.
 */
import { type Destination, mayReach } from '../../shared/core/admission.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { isSpeedTest } from '../../shared/wire/speed-test.ts'
import { COUNT, type StreetRoom } from './room.ts'

/** What stands in the way, or undefined. */
//= https://www.rfc-editor.org/rfc/rfc8803#section-9.2
//# Hairpinned connections are
//# thus rejected by the Transport Converter by returning an Error TLV
//# set to "Not Authorized".
export function whyNot(
  { settings, roll, isOwn, configuredOwnerOf, count }: StreetRoom,
  subscriber: number,
  destination: Destination,
): string | undefined {
  // It leads nowhere, and everybody who is served may measure.
  if (isSpeedTest(destination)) return undefined
  const { address, port } = destination
  const own = roll.get(subscriber)?.acl ?? NO_ACL
  // By prefixes alone: one probe from a forged address must not close a server to everybody.
  const isHairpin =
    isOwn(address) || (settings.hairpin === 'refuse' && configuredOwnerOf(address) !== undefined)
  switch (mayReach([own, settings.acl], destination, isHairpin)) {
    case 'reach':
      return undefined
    case 'acl':
      return `it asks for ${formatAddress(address)} port ${port}, which acl.deny names`
    case 'hairpin':
      count[COUNT.hairpins]!++
      return `it asks for ${formatAddress(address)} port ${port}, which is this concentrator or a home`
  }
}

const NO_ACL = { allow: [], deny: [] } as const
