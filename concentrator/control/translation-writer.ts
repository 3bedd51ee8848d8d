/**
 * The translation log put together: what the data threads tell of connections becomes lines with the subscribers' names.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { log } from '../../shared/daemon/log.ts'
import type { Translation } from '../data/translations.ts'
import type { Roster } from '../subscribers/roster.ts'
import { TranslationLog } from './translation-log.ts'

export interface TranslationWriter extends AsyncDisposable {
  write(translations: readonly Translation[]): void
}

/** Throws where the directory cannot be made. */
export function openTranslationLog(
  { translationLog }: Pick<ConcentratorConfig, 'translationLog'>,
  roster: Pick<Roster, 'idOf'>,
): TranslationWriter {
  if (translationLog === undefined) {
    return { write: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  const file = new TranslationLog(translationLog, Date.now, (why) =>
    log.warn('translation log', { why, help: 'lines are lost; connections go on' }),
  )
  const lineOf = translationLine((number) => roster.idOf(number))
  return {
    write: (translations) => file.write(translations.map(lineOf)),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}

/** A home that has just gone is called what it was called: its number is nobody else's for a while. */
export function translationLine(
  idOf: (number: number) => string | undefined,
): (translation: Translation) => string {
  const names = new Map<number, string>()
  return ({ event, atMs, subscriber, address, port, destination }) => {
    const name = idOf(subscriber) ?? names.get(subscriber)
    if (name !== undefined) names.set(subscriber, name)
    return JSON.stringify({
      at: new Date(atMs).toISOString(),
      event,
      subscriber: name,
      carrier: 'tcp',
      address,
      port,
      ...(destination && { destination: destination.address, destinationPort: destination.port }),
    })
  }
}
