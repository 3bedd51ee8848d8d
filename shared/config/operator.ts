/**
 * Where the concentrator keeps what operators change while it runs, and where it listens to them.
 */
import { z } from 'zod'
import { isIpv4, knownAddress } from '../wire/address.ts'
import { hostAddress } from './address.ts'
import { list, port, wholeNumber } from './bounds.ts'
import type { Contradiction } from './document.ts'
import { absolutePath } from './host.ts'
import { mustBeText } from './must.ts'
import { subscriberId } from './subscriber.ts'

export function storeSection() {
  return z
    .strictObject({
      /** This concentrator's name among those that share a store. Default concentrator-1. */
      name: subscriberId().default('concentrator-1'),
      /** SQLite's file. Default below; not used where `redis` is set. */
      file: absolutePath('/var/lib/hybridge/concentrator.db').default(
        '/var/lib/hybridge/concentrator.db',
      ),
      /** Where several concentrators share it, for example redis://192.0.2.20:6379/0. Default none. */
      redis: redisUrl().optional(),
      /**
       * What homes' keys in the store are sealed with (ADR 0045); made when missing. Those that share a store need
       * the same. Default: store.key beside `file`.
       */
      keyFile: absolutePath('/var/lib/hybridge/store.key').optional(),
      /**
       * Seconds for which a home of the store may open sessions by what was last known of it, while the store is away.
       * Default 86,400.
       */
      trustS: wholeNumber(0, 31_622_400, 'seconds').default(86_400),
    })
    .prefault({})
    .transform(({ keyFile, ...store }) => ({
      ...store,
      keyFile: keyFile ?? store.file.replace(/[^/]*$/, 'store.key'),
    }))
}

export function announceSection() {
  return z
    .strictObject({
      /** One of each family at most. Default: `listen.addresses`; where those are not said it is not announced. */
      addresses: list(hostAddress(), 0, ANNOUNCED_MAX, 'addresses').default([]),
      /** Homes go to the least that there is. Default 10. */
      priority: wholeNumber(0, 255).default(10),
      /** Of those with one priority, the part of the homes that it has. Default 10. */
      weight: wholeNumber(1, 255).default(10),
    })
    .prefault({})
}

export function apiSection() {
  return z
    .strictObject({
      /** Default 127.0.0.1. Any other than loopback needs `tls`. */
      address: hostAddress().default('127.0.0.1'),
      /** Default 8804. */
      port: port().default(8_804),
      /** PEM files. Default none. */
      tls: z.strictObject({ certificate: pemFile(), key: pemFile() }).optional(),
      /** Requests of one token; two seconds' worth may come at once. Default 1,000. */
      requestsPerS: wholeNumber(1, 10_000, 'each second').default(1_000),
      /** Wrong tokens from one source; two seconds' worth may come at once. Default 5. */
      wrongTokensPerS: wholeNumber(1, 1_000, 'each second').default(5),
    })
    .prefault({})
}

/** What each key alone cannot know. */
export function* apiContradictions(
  api: z.infer<ReturnType<typeof apiSection>>,
): Generator<Contradiction> {
  if (api.tls !== undefined || isLoopback(api.address)) return
  const message = `is ${api.address}, but api.tls is not set; tokens would cross the network in the clear`
  yield { path: ['api', 'address'], message }
}

function isLoopback(address: string): boolean {
  const bytes = knownAddress(address)
  if (isIpv4(bytes)) return bytes[12] === 127
  return bytes.every((byte, i) => byte === (i === 15 ? 1 : 0))
}

function pemFile() {
  return absolutePath('/etc/hybridge/api.pem')
}

function redisUrl() {
  const error = mustBeText(
    'a URL such as redis://192.0.2.20:6379/0, rediss:// or a socket /run/redis.sock',
  )
  return z
    .string({ error })
    .max(URL_CHARACTERS_MAX, { error })
    .regex(/^(?:rediss?:\/\/[^\s/]+(?:\/\d{1,3})?|\/\P{Cc}+)$/u, { error })
}

const URL_CHARACTERS_MAX = 200
const ANNOUNCED_MAX = 2
