/**
 * The translation log put together: what the data threads tell of connections, and connection tracking of the tunnel's flows,
 * becomes lines with the subscribers' names.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { Translation } from '../data/translations.ts'
import type { Roster } from '../subscribers/roster.ts'
import { log } from './log.ts'
import { TranslationLog } from './translation-log.ts'
import { followTunnelTranslations } from './tunnel-translations.ts'

export interface TranslationWriter extends AsyncDisposable {
  write(translations: readonly Translation[]): void
}

/** Rejects where the directory cannot be made. */
export async function openTranslationLog(
  config: Pick<ConcentratorConfig, 'translationLog' | 'tunnel'>,
  roster: Pick<Roster, 'idOf'>,
): Promise<TranslationWriter> {
  const { translationLog } = config
  if (translationLog === undefined) {
    return { write: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  const file = new TranslationLog(translationLog, Date.now, (why) =>
    log.warn('translations lost', { why }),
  )
  const lineOf = translationLine((number) => roster.idOf(number))
  const write = (translations: readonly Translation[]) => file.write(translations.map(lineOf))
  const tunnel = await followTunnelTranslations(config, write)
  return {
    write,
    async [Symbol.asyncDispose]() {
      await tunnel[Symbol.asyncDispose]()
      await file[Symbol.asyncDispose]()
    },
  }
}

/** A home that has just gone is called what it was called: its number is nobody else's for a while. */
export function translationLine(
  idOf: (number: number) => string | undefined,
): (translation: Translation) => string {
  const names = new Map<number, string>()
  return ({ event, atMs, subscriber, protocol, address, port, destination }) => {
    const name = idOf(subscriber) ?? names.get(subscriber)
    if (name !== undefined) names.set(subscriber, name)
    return JSON.stringify({
      at: new Date(atMs).toISOString(),
      event,
      subscriber: name,
      ...(protocol === undefined ? { carrier: 'tcp' } : { carrier: 'tunnel', protocol }),
      address,
      port,
      ...(destination && { destination: destination.address, destinationPort: destination.port }),
    })
  }
}
