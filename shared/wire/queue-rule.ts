/**
 * nf_tables over nfnetlink: the one rule that `nft` cannot write. Where the kernel has no `queue` of its
 * own, xtables' NFQUEUE target does the same in a rule of nftables (CONFIG_NFT_COMPAT), and `nft` shows it
 * as `queue num N bypass`.
 *
 *   nfgenmsg: NFPROTO_INET, 0, 0
 *   NFTA_RULE_TABLE │ NFTA_RULE_CHAIN │ NFTA_RULE_EXPRESSIONS
 *                                        └ one element: "target"
 *                                           └ NFTA_TARGET_NAME "NFQUEUE" │ NFTA_TARGET_REV 3
 *                                             NFTA_TARGET_INFO: struct xt_NFQ_info_v3
 *
 * (include/uapi/linux/netfilter/nf_tables.h, nf_tables_compat.h, xt_NFQUEUE.h)
 */

import { cString, encodeBody, nest, u16, u32Be } from './netlink.ts'
import { NFTABLES } from './nf-tables.ts'

/**
 * The body of `NEW_RULE`: whatever comes through this chain of an `inet` table waits in that queue, and
 * passes while nobody listens there.
 */
export function encodeQueueRule(table: string, chain: string, queue: number): Uint8Array {
  // struct xt_NFQ_info_v3, which xtables aligns to 8 bytes.
  const info = Uint8Array.of(...u16(queue), ...u16(1), ...u16(NFQ_FLAG_BYPASS), 0, 0)
  const target = nest(NFTA_EXPR_DATA, [
    [NFTA_TARGET_NAME, cString('NFQUEUE')],
    [NFTA_TARGET_REV, u32Be(3)],
    [NFTA_TARGET_INFO, info],
  ])
  const expression = nest(NFTA_LIST_ELEM, [[NFTA_EXPR_NAME, cString('target')], target])
  return encodeBody(Uint8Array.of(NFPROTO_INET, 0, 0, 0), [
    [NFTA_RULE_TABLE, cString(table)],
    [NFTA_RULE_CHAIN, cString(chain)],
    nest(NFTA_RULE_EXPRESSIONS, [expression]),
  ])
}

export const NEW_RULE = (NFTABLES << 8) | 6

const NFPROTO_INET = 1
const NFTA_LIST_ELEM = 1
const NFTA_EXPR_NAME = 1
const NFTA_EXPR_DATA = 2
const NFTA_RULE_TABLE = 1
const NFTA_RULE_CHAIN = 2
const NFTA_RULE_EXPRESSIONS = 4
const NFTA_TARGET_NAME = 1
const NFTA_TARGET_REV = 2
const NFTA_TARGET_INFO = 3
const NFQ_FLAG_BYPASS = 1
