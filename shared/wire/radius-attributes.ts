/**
 * The numbers of RADIUS that we say or hear, by the names of their RFCs, and our own of
 * deploy/radius/dictionary.hybridge.
 */

/** RFC 2865, 2866, 2869, 3162, 3576. */
export const Attribute = {
  userName: 1,
  nasIpAddress: 4,
  serviceType: 6,
  filterId: 11,
  replyMessage: 18,
  state: 24,
  vendorSpecific: 26,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctAuthentic: 45,
  acctSessionTime: 46,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  eventTimestamp: 55,
  nasPortType: 61,
  messageAuthenticator: 80,
  nasIpv6Address: 95,
  errorCause: 101,
} as const

/** Beside the codes of CoA and Disconnect (RFC 5176 section 3.5). */
export const ErrorCause = {
  unsupportedAttribute: 401,
  missingAttribute: 402,
  nasIdentificationMismatch: 403,
  invalidRequest: 404,
  unsupportedService: 405,
  invalidAttributeValue: 407,
  sessionContextNotFound: 503,
  resourcesUnavailable: 506,
} as const

export const AcctStatusType = {
  start: 1,
  stop: 2,
  interimUpdate: 3,
  accountingOn: 7,
  accountingOff: 8,
} as const

/** RFC 2866 section 5.10. */
export const TerminateCause = {
  lostCarrier: 2,
  adminReset: 6,
  adminReboot: 7,
  nasReboot: 11,
} as const

/** RFC 2866: authenticated by us. */
export const ACCT_AUTHENTIC_LOCAL = 2
/** RFC 2865. */
export const NAS_PORT_TYPE_VIRTUAL = 5

/** IANA's number for documentation (RFC 5612): an operator who has a number of his own puts it here. */
export const HYBRIDGE_VENDOR = 32_473

export const HybridgeAttribute = {
  dslInputOctets: 1,
  dslOutputOctets: 2,
  lteInputOctets: 3,
  lteOutputOctets: 4,
  plan: 5,
  policy: 6,
} as const
