/**
 * Where a daemon shows its numbers to Prometheus.
 */
import { z } from 'zod'
import { hostAddress } from './address.ts'
import { port } from './bounds.ts'
import { mustBe } from './must.ts'

/** GET /metrics over HTTP. Whoever reaches the address reads them: there are no secrets, but ids of homes. */
export function metricsKeys(defaultPort: number) {
  return {
    /** Default true. */
    enabled: z.boolean({ error: mustBe('true or false') }).default(true),
    /** Default 127.0.0.1: programs of this machine alone. */
    address: hostAddress().default('127.0.0.1'),
    port: port().default(defaultPort),
  }
}
