/**
 * ctnetlink: make connection tracking forget what went over a line that is dead.
 *
 *   +---------------+---------------+-------------------------------+
 *   |    Family     |  Version = 0  |        Resource = 0           |  struct nfgenmsg
 *   +---------------+---------------+-------------------------------+
 *   |   CTA_MARK, CTA_MARK_MASK: both in network byte order         |
 *   |   CTA_STATUS, CTA_STATUS_MASK: the same                       |
 *
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_common.h)
 */
import { encodeBody, u32Be } from './netlink.ts'

/**
 * The body of `CONNTRACK_DELETE`: all entries with `(mark & mask) === value`, both families at once.
 * A mask of 0 would mean every entry there is, so it is refused. `status`: only those that have all
 * these bits; a kernel before 5.18 does not look at it.
 */
export function encodeDeleteByMark(value: number, mask: number, status: number): Uint8Array {
  if (mask === 0) throw new RangeError('Cannot delete conntrack entries by a mark without a mask')
  return encodeBody(Uint8Array.of(AF_UNSPEC, NFNETLINK_V0, 0, 0), [
    [CTA_MARK, u32Be(value)],
    [CTA_MARK_MASK, u32Be(mask)],
    ...(status === 0 ? [] : wantedStatus(status)),
  ])
}

function wantedStatus(bits: number): Array<readonly [type: number, value: Uint8Array]> {
  return [
    [CTA_STATUS, u32Be(bits)],
    [CTA_STATUS_MASK, u32Be(bits)],
  ]
}

/** IPS_SRC_NAT: what began here leaves under another source address. */
export const TRANSLATED = 1 << 4

/** NFNL_SUBSYS_CTNETLINK in the high byte, IPCTNL_MSG_CT_DELETE in the low one. */
export const CONNTRACK_DELETE = (1 << 8) | 2

const AF_UNSPEC = 0
const NFNETLINK_V0 = 0
const CTA_STATUS = 3
const CTA_MARK = 8
const CTA_MARK_MASK = 21
const CTA_STATUS_MASK = 26
