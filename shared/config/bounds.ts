/**
 * Numbers and lists with both bounds: a schema here never says "positive", for everything has a limit.
 */
import { z } from 'zod'
import { mustBe } from './must.ts'

/** A whole number, both bounds included. `unit` is read aloud behind the bounds: `seconds`. */
export function wholeNumber(from: number, to: number, unit?: string): z.ZodNumber {
  const error = mustBe(
    `a whole number from ${from} to ${to}${unit === undefined ? '' : ` ${unit}`}`,
  )
  return z.int({ error }).min(from, { error }).max(to, { error })
}

/** A number with a point or without, both bounds included. */
export function numberBetween(from: number, to: number, unit: string): z.ZodNumber {
  const error = mustBe(`a number from ${from} to ${to} ${unit}`)
  return z.number({ error }).min(from, { error }).max(to, { error })
}

/** A part of something, both bounds included. */
export function share(from: number, to: number): z.ZodNumber {
  const error = mustBe(`a number from ${from} to ${to}`)
  return z.number({ error }).min(from, { error }).max(to, { error })
}

/** TCP and UDP port numbers; 0 is none. */
export function port(): z.ZodNumber {
  return wholeNumber(1, PORT_MAX)
}

/** `what` names the elements in the plural. */
export function list<T extends z.ZodType>(element: T, from: number, to: number, what: string) {
  const error = mustBe(`a list of ${from === to ? from : `${from} to ${to}`} ${what}`)
  return z.array(element, { error }).min(from, { error }).max(to, { error })
}

export const PORT_MAX = 65_535
