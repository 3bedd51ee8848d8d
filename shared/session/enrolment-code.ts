/**
 * A code with which a home comes to a credential (ADR 0046): 75 bits of chance, which nobody tries out against a
 * concentrator that counts, and a last character that tells a slip of the finger before anybody is asked.
 *
 *    K7QM-2XPD-9F3R-8ABC     Crockford's base 32: no I, L, O, U; either case
 */

/** `bytes`: ENROLMENT_CODE_BYTES of chance. */
export function enrolmentCode(bytes: Uint8Array): string {
  let symbols = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff
    bits += 8
    while (bits >= 5 && symbols.length < CHANCE_SYMBOLS) {
      bits -= 5
      symbols += SYMBOLS[(held >> bits) & 31]
    }
  }
  return shownCode(symbols + checkOf(symbols))
}

/** As it is shown, whatever way somebody has typed it; undefined where it cannot be one. */
export function readEnrolmentCode(text: string): string | undefined {
  const symbols = text.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0')
  if (!WHOLE.test(symbols)) return undefined
  const chance = symbols.slice(0, CHANCE_SYMBOLS)
  return symbols === chance + checkOf(chance) ? shownCode(symbols) : undefined
}

/** Weights are odd, so that any one wrong symbol changes it. */
function checkOf(symbols: string): string {
  let sum = 0
  for (let i = 0; i < symbols.length; i++) sum += (2 * i + 1) * SYMBOLS.indexOf(symbols[i]!)
  return SYMBOLS[sum & 31]!
}

function shownCode(symbols: string): string {
  return symbols.match(/.{4}/g)!.join('-')
}

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHANCE_SYMBOLS = 15
const WHOLE = /^[0-9A-HJKMNP-TV-Z]{16}$/
export const ENROLMENT_CODE_BYTES = 10
