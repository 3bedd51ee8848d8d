type Say = (event: string, ...fields: ReadonlyArray<Readonly<Record<string, unknown>>>) => void

/** A log of whatever list of events: tells `hear` what is said, at whatever level. */
export function paintedLog(
  hear: (event: string, fields: Readonly<Record<string, unknown>>) => void,
): { readonly [Level in 'debug' | 'error' | 'info' | 'warn']: Say } {
  const say: Say = (event, fields = {}) => hear(event, fields)
  return { debug: say, error: say, info: say, warn: say }
}
