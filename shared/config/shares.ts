/**
 * How much of the concentrator one home may have, and how much the strangers of one address. Who has shown a
 * valid cookie counts for his home alone: where a carrier translates addresses, one stands for a quarter of
 * a town.
 */
import { z } from 'zod'
import { wholeNumber } from './bounds.ts'

export function perSubscriber() {
  return z
    .strictObject({
      /** Connections, warm ones and those that wait for their server included. Default 8,192. */
      openMax: wholeNumber(1, COUNT_MAX).default(8_192),
      /** Connections whose server has not answered yet. Default 512. */
      pendingMax: wholeNumber(1, COUNT_MAX).default(512),
      /** Warm connections: a home that lost its lines leaves some behind. Default 256. */
      pooledMax: wholeNumber(1, COUNT_MAX).default(256),
      /** Convert messages; two seconds' worth may come at once. Default 500. */
      requestsPerS: wholeNumber(1, RATE_MAX, 'each second').default(500),
      /** Error replies; beyond it the connection is closed without one. Default 100. */
      errorsPerS: wholeNumber(1, RATE_MAX, 'each second').default(100),
    })
    .prefault({})
}

export function perSource() {
  return z
    .strictObject({
      /** Connections that have shown no valid cookie. Default 512. */
      waitingMax: wholeNumber(1, COUNT_MAX).default(512),
      /** Convert messages without a valid cookie; beyond it the connection is closed. Default 4,000. */
      requestsPerS: wholeNumber(1, RATE_MAX, 'each second').default(4_000),
      /** Error replies to them; beyond it the connection is closed without one. Default 200. */
      errorsPerS: wholeNumber(1, RATE_MAX, 'each second').default(200),
    })
    .prefault({})
}

const COUNT_MAX = 1_000_000
/** What one bucket can count. */
const RATE_MAX = 10_000
