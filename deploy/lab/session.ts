/**
 * The control session on the street: the concentrator makes its key when it first starts, and the home is told
 * the pin as an operator would tell it: from the concentrator's log.
 */
import { readFileSync } from 'node:fs'
import { type ConfigPatch, patchConfig } from './daemons.ts'
import { logPath } from './processes.ts'

/** What makes a concentrator take sessions. */
export const CONTROL: ConfigPatch = { control: { port: 8_805 } }

/** The concentrator runs: let the home's configuration know its key. */
export function pinConcentrator(street: string): void {
  const [, pin] =
    /"pin":"(sha256[^"]+)"/.exec(readFileSync(logPath(street, 'concentrator'), 'utf8')) ?? []
  if (pin === undefined) throw new Error('Cannot pin the concentrator: its log tells no pin')
  patchConfig(street, 'cpe', { concentrator: { session: { port: 8_805, pin } } })
}
