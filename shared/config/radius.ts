/**
 * What the concentrator says to the operator's AAA over RADIUS, and what it obeys from there (ADR 0043).
 */
import { z } from 'zod'
import { hostAddress, prefix } from './address.ts'
import { list, port, wholeNumber } from './bounds.ts'
import { absolutePath } from './host.ts'
import { mustBeText } from './must.ts'

const SERVERS_MAX = 4
const CLIENTS_MAX = 16
const ADDRESSES_MAX = 8

export function radiusSection() {
  return z.strictObject({
    /** NAS-Identifier of all that we say. Default: store.name. */
    identifier: nasIdentifier().optional(),
    /** Sessions and their octets are told to servers. Default: to none. */
    accounting: z
      .strictObject({
        /** In the order in which they are asked: the next when one does not answer. */
        servers: list(
          z.strictObject({
            address: hostAddress(),
            /** Default 1813. */
            port: port().default(1_813),
            secretFile: secretFile(),
          }),
          1,
          SERVERS_MAX,
          'servers, each with address and secretFile',
        ),
        /** Seconds between what is told of a session while it lasts. Default 300. */
        interimS: wholeNumber(10, 86_400, 'seconds').default(300),
        /** Seconds until a question is asked again for the first time; each time twice as long. Default 2. */
        timeoutS: wholeNumber(1, 30, 'seconds').default(2),
      })
      .optional(),
    /** Clients may change the policy of a session, or end it. Default: none may. */
    changes: z
      .strictObject({
        /** UDP. Default 3799. */
        port: port().default(3_799),
        /** Own addresses to listen on. Default: all of both families. */
        addresses: list(hostAddress(), 0, ADDRESSES_MAX, 'addresses').default([]),
        /** What comes from elsewhere is not read. */
        clients: list(
          z.strictObject({ prefix: prefix(), secretFile: secretFile() }),
          1,
          CLIENTS_MAX,
          'clients, each with prefix and secretFile',
        ),
        /** Seconds that Event-Timestamp of a request may be from our clock. Default 300. */
        windowS: wholeNumber(1, 300, 'seconds').default(300),
      })
      .optional(),
  })
}

function nasIdentifier() {
  const error = mustBeText('a text of 1 to 253 visible ASCII characters')
  return z.string({ error }).regex(/^[!-~]{1,253}$/, { error })
}

/** One line: what both ends know. */
function secretFile() {
  return absolutePath('/etc/hybridge/radius-secret')
}
