/**
 * The control session between a home and its concentrator, as each of them writes it down (ADR 0036).
 */
import { z } from 'zod'
import { port, wholeNumber } from './bounds.ts'
import { mustBeText } from './must.ts'
import { PIN } from './reach.ts'

/** The home's. */
export function sessionSection() {
  return z
    .strictObject({
      /** The concentrator's control.port. */
      port: port(),
      /** Its key, as its log tells it: needs neither clock nor authority. */
      pin: pin().optional(),
      /** Or: the name in its certificate, which an authority that this machine trusts has signed. */
      certificateName: hostName().optional(),
    })
    .superRefine(({ pin, certificateName }, context) => {
      if ((pin === undefined) !== (certificateName === undefined)) return
      const message =
        pin === undefined
          ? 'is missing; say it, or certificateName: without either anybody could be the concentrator'
          : 'stands beside certificateName; keep one'
      context.addIssue({ code: 'custom', path: ['pin'], message })
    })
}

/** The concentrator's. */
export function controlSection() {
  return z
    .strictObject({
      /** TCP, on the addresses of `listen`. No default, as for Convert. */
      port: port(),
      /** PEM files. Default: a key of our own, made at the first start and kept in `stateDirectory`. */
      keyFile: absolutePath().optional(),
      certificateFile: absolutePath().optional(),
      /** Of a home that comes a second time: the newest or the oldest session stays. Default newest. */
      duplicates: z
        .enum(['newest', 'oldest'], { error: mustBeText('newest or oldest') })
        .default('newest'),
      /** Seconds between the reports of a home. Default 10. */
      reportS: wholeNumber(1, 3_600, 'seconds').default(10),
      /** Sessions at a time; further homes are told to come again. Default 10,000. */
      sessionsMax: wholeNumber(1, 100_000).default(10_000),
    })
    .superRefine(({ keyFile, certificateFile }, context) => {
      if ((keyFile === undefined) === (certificateFile === undefined)) return
      const missing = keyFile === undefined ? 'keyFile' : 'certificateFile'
      const other = keyFile === undefined ? 'certificateFile' : 'keyFile'
      context.addIssue({
        code: 'custom',
        path: [missing],
        message: `is missing beside ${other}; say both or neither`,
      })
    })
}

function pin() {
  const error = mustBeText(
    'sha256// and 44 characters of base64, as the concentrator says at start',
  )
  return z.string({ error }).regex(PIN, { error })
}

export function hostName() {
  const error = mustBeText('the name of a host')
  return z
    .string({ error })
    .max(253, { error })
    .regex(/^(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)*$/i, { error })
}

function absolutePath() {
  const error = mustBeText('an absolute path')
  return z
    .string({ error })
    .max(200, { error })
    .regex(/^\/\P{Cc}+$/u, { error })
}
