/**
 * Why a Convert message is answered with no (RFC 8803 section 6.2.8, table 2).
 *
 *     0 to  31   the message      128 to 191   by specification
 *    32 to  63   the client       192 to 255   private
 *    64 to  95   the converter
 *    96 to 127   the destination
 *
 * What an Error TLV says besides its code stands in convert-failure.ts.
 */
export const ConvertError = {
  unsupportedVersion: 0,
  malformedMessage: 1,
  unsupportedMessage: 2,
  missingCookie: 3,
  notAuthorized: 32,
  unsupportedTcpOption: 33,
  resourceExceeded: 64,
  networkFailure: 65,
  connectionReset: 96,
  destinationUnreachable: 97,
} as const
export type ConvertError = (typeof ConvertError)[keyof typeof ConvertError]
