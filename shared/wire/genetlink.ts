/**
 * Generic netlink: families are found by name, for their numbers change from boot to boot.
 *
 *   +---------------+---------------+-------------------------------+
 *   |    Command    |    Version    |             zero              |  then attributes
 *   +---------------+---------------+-------------------------------+
 *
 * (include/uapi/linux/genetlink.h)
 */
import {
  type Attribute,
  cString,
  decodeAttributes,
  encodeBody,
  nestedAttributes,
  number,
  text,
} from './netlink.ts'

/** A family of this boot: the type of its messages, and its multicast groups by name. */
export interface GenericFamily {
  readonly id: number
  readonly groups: ReadonlyMap<string, number>
}

/** The body of a message of a generic family. */
export function encodeGeneric(command: number, attributes: readonly Attribute[]): Uint8Array {
  return encodeBody(Uint8Array.of(command, VERSION, 0, 0), attributes)
}

/** The body of the request that asks for a family by its name; its message type is `CONTROL`. */
export function encodeFamilyQuery(name: string): Uint8Array {
  return encodeGeneric(GET_FAMILY, [[FAMILY_NAME, cString(name)]])
}

/** The answer to it; undefined when it is not one. */
export function decodeFamily(body: Uint8Array): GenericFamily | undefined {
  const attributes = decodeAttributes(body, GENERIC_BYTES)
  const id = number(attributes.get(FAMILY_ID))
  if (id === undefined) return undefined

  const groups = new Map<string, number>()
  for (const value of nestedAttributes(attributes, MULTICAST_GROUPS).values()) {
    const group = decodeAttributes(value)
    const name = text(group.get(GROUP_NAME))
    const groupId = number(group.get(GROUP_ID))
    if (name !== undefined && groupId !== undefined) groups.set(name, groupId)
  }
  return { id, groups }
}

/** Message type of the family that knows the families (GENL_ID_CTRL). */
export const CONTROL = 16
export const GENERIC_BYTES = 4

const VERSION = 1
const GET_FAMILY = 3
const FAMILY_ID = 1
const FAMILY_NAME = 2
const MULTICAST_GROUPS = 7
const GROUP_NAME = 1
const GROUP_ID = 2
