/**
 * The control session on the street: the concentrator makes its key when it first starts, and the home is told
 * the pin as an operator would tell it: from the concentrator's log.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { type ConfigPatch, configPath, mergeConfig } from './daemons.ts'
import { logPath } from './processes.ts'

/** What makes a concentrator take sessions. */
export const CONTROL: ConfigPatch = { control: { port: 8_805 } }

/** The concentrator runs: let the home's configuration know its key. */
export function pinConcentrator(street: string): void {
  const [, pin] =
    /"pin":"(sha256[^"]+)"/.exec(readFileSync(logPath(street, 'concentrator'), 'utf8')) ?? []
  if (pin === undefined) throw new Error('Cannot pin the concentrator: its log tells no pin')
  const file = configPath(street, 'cpe')
  const config = parse(readFileSync(file, 'utf8')) as ConfigPatch
  const session = { concentrator: { session: { port: 8_805, pin } } }
  writeFileSync(file, stringify(mergeConfig(config, session)))
}
