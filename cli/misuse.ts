/**
 * The command line says what cannot be done: one sentence for whoever typed it, and exit status 2.
 */
export class Misuse extends Error {
  override readonly name = 'Misuse'
}

export const EXIT_MISUSE = 2
